<?php
// What reached the application
$body = file_get_contents('php://input');
$seen = array_filter($_SERVER, fn($name) => preg_match('/LATCHKEY|AUTH|PROXY|^REMOTE_USER|ROLE/i', $name), ARRAY_FILTER_USE_KEY);
header('Content-Type: application/json');
echo json_encode([
	'method' => $_SERVER['REQUEST_METHOD'],
	'query' => $_SERVER['QUERY_STRING'],
	'seen' => $seen,
	'environment' => getenv('HTTP_PROXY'),
	'length' => strlen($body),
	'sha256' => hash('sha256', $body),
]);
