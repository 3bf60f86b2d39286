#!/usr/bin/php
<?php
/* client.php register EMAIL USERNAME | login NAME | whoami | logout
 *
 * LATCHKEY_URL is the service; LATCHKEY_SESSION is where the session is kept. */
declare(strict_types=1);

define('API', (getenv('LATCHKEY_URL') ?: 'https://127.0.0.1:8443') . '/api/v1');
define('SESSION', getenv('LATCHKEY_SESSION') ?: 'session.json');
// Three of 3 seconds, a second apart: the last begins within the 10 for which a spent
// refresh token is good.
const TRIES = 3;
const REFRESH_SECONDS = 3;

/* A failure, as the service tells it (RFC 9457). */
class Problem extends Exception
{
	public function __construct(public readonly int $status, array $said)
	{
		$fields = array_map(fn ($e) => "\n  $e[field]: $e[message]", $said['errors'] ?? []);
		parent::__construct("$said[code]: $said[detail] (request $said[request_id])" . implode('', $fields));
	}
}

class NoAnswer extends Exception
{
}

class Answer
{
	public int $status = 0;
	public array $headers = [];

	public function __construct(array $lines, public readonly string $body)
	{
		foreach ($lines as $line) {
			if (preg_match('~^HTTP/\S+ (\d{3})~', $line, $found)) {
				$this->status = (int) $found[1];
				continue;
			}
			[$name, $value] = explode(':', $line, 2) + ['', ''];
			$this->headers[strtolower($name)] = trim($value);
		}
	}

	public function json(): array
	{
		return json_decode($this->body, true, flags: JSON_THROW_ON_ERROR);
	}
}

function request(string $method, string $path, array $headers, ?array $body, int $seconds): Answer
{
	if ($body !== null) {
		$headers[] = 'Content-Type: application/json';
	}
	$context = stream_context_create(['http' => [
		'method' => $method, 'header' => $headers, 'timeout' => $seconds, 'follow_location' => 0, 'ignore_errors' => true,
		'content' => $body === null ? '' : json_encode($body, JSON_THROW_ON_ERROR),
	]]);
	$said = @file_get_contents(API . $path, false, $context);
	if ($said === false) {
		throw new NoAnswer('No answer: ' . (error_get_last()['message'] ?? ''));
	}
	return new Answer($http_response_header, $said);
}

/* An answer that is a success. 503 means that nothing was done: the same once more. */
function call(string $method, string $path, array $headers = [], ?array $body = null, int $seconds = 15): Answer
{
	for ($try = 1; ; $try++) {
		$answer = request($method, $path, $headers, $body, $seconds);
		if ($answer->status !== 503 || $try === TRIES) {
			break;
		}
		sleep((int) ($answer->headers['retry-after'] ?? 1));
	}
	if ($answer->status >= 300) {
		throw new Problem($answer->status, $answer->json());
	}
	return $answer;
}

function ask(string $question): string
{
	fwrite(STDERR, "$question ");
	return rtrim((string) fgets(STDIN), "\n");
}

function bearer(string $token): array
{
	return ["Authorization: Bearer $token"];
}

/* ---- the session ---- */

/* Durably, and whole or not at all, for nobody else to read. */
function keep(array $tokens): void
{
	umask(077);
	$file = fopen(SESSION . '.new', 'w');
	fwrite($file, json_encode($tokens, JSON_THROW_ON_ERROR));
	fsync($file);
	fclose($file);
	rename(SESSION . '.new', SESSION);
}

function kept(): array
{
	if (!is_file(SESSION)) {
		throw new Exception('Not logged in.');
	}
	return json_decode(file_get_contents(SESSION), true, flags: JSON_THROW_ON_ERROR);
}

/* The next pair. An answer that was lost is asked for again, with the same token. */
function renew(string $token): array
{
	$body = ['grant_type' => 'refresh_token', 'refresh_token' => $token];
	for ($try = 1; ; $try++) {
		try {
			return call('POST', '/auth/refresh', [], $body, REFRESH_SECONDS)->json();
		} catch (Exception $problem) {
			$lost = !$problem instanceof Problem || in_array($problem->status, [502, 504]);
			if (!$lost || $try === TRIES) {
				throw $problem;
			}
			sleep(1);
		}
	}
}

/* Tokens in place of those with the access token that was refused. */
function refresh(string $refused): array
{
	$lock = fopen(SESSION . '.lock', 'w');
	flock($lock, LOCK_EX); // one at a time, until the end of this function
	$tokens = kept();
	if ($tokens['access_token'] !== $refused) {
		return $tokens; // somebody else was faster
	}
	try {
		$tokens = renew($tokens['refresh_token']);
	} catch (Problem $problem) {
		if ($problem->status === 401) {
			unlink(SESSION);
			throw new Exception('The session is over: log in again.');
		}
		throw $problem;
	}
	keep($tokens); // before they are used
	return $tokens;
}

/* With the session's access token; refreshes it once if it is refused. */
function send(string $method, string $path): Answer
{
	$token = kept()['access_token'];
	try {
		return call($method, $path, bearer($token));
	} catch (Problem $problem) {
		if ($problem->status !== 401) {
			throw $problem;
		}
	}
	return call($method, $path, bearer(refresh($token)['access_token']));
}

/* ---- the commands ---- */

function register(string $email, string $username): void
{
	call('POST', '/register', [], ['email' => $email]);
	$code = ask('The code in the letter:');
	$token = call('POST', '/register', [], ['email' => $email, 'registration_code' => $code])->json()['token'];
	$password = ask('A password:');
	$user = call('POST', '/register', [], ['token' => $token, 'username' => $username, 'password' => $password])->json();
	echo "registered $user[username]\n";
}

function login(string $name): void
{
	$password = ask('The password:');
	keep(call('POST', '/login', ['Authorization: Basic ' . base64_encode("$name:$password")])->json());
	echo "logged in\n";
}

function whoami(): void
{
	$headers = send('GET', '/auth/verify')->headers;
	echo "{$headers['x-auth-username']} {$headers['x-auth-roles']}\n";
}

function logout(): void
{
	send('POST', '/auth/logout');
	unlink(SESSION);
	echo "logged out\n";
}

$command = $argv[1] ?? '';
$counts = ['register' => 2, 'login' => 1, 'whoami' => 0, 'logout' => 0];
if (($counts[$command] ?? -1) !== $argc - 2) {
	fwrite(STDERR, "client.php register EMAIL USERNAME | login NAME | whoami | logout\n");
	exit(1);
}
try {
	$command(...array_slice($argv, 2));
} catch (Exception $problem) {
	fwrite(STDERR, $problem->getMessage() . "\n");
	exit(1);
}
