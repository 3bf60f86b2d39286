#include "lib/smtp_session.h"

#include <stdarg.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include <auth-client.h>
#include <libesmtp.h>

#include "lib/text.h"

struct talk {
	const struct smtp_letter *letter;
	smtp_message_t message;
	smtp_recipient_t recipient;
	const char *trouble; /* of the session, where libesmtp has no word for it */
	bool given, told;
	int out;
};

/* libesmtp looks for certificates and keys there; nothing of a home is ours */
static const char NO_HOME[] = "/nonexistent";

/* One line of printable ASCII, whatever it was */
static void put_printable(struct buf *buf, const char *text)
{
	size_t n = text ? strlen(text) : 0;

	while (n && strchr("\r\n ", text[n - 1]))
		n--;
	for (size_t i = 0; i < n; i++) {
		char c = text[i] == '\n' || text[i] == '\t' ? ' ' : text[i];

		if (c != '\r')
			buf_put(buf, c >= ' ' && c <= '~' ? &c : "?", 1);
	}
}

/* RFC 5321 §4.2.1; 0 (not seen) and 3xx (not the last word) leave it open */
static enum smtp_verdict judge(int code)
{
	static const int OF_AUTH[] = {530, 534, 535, 538}; /* RFC 4954 §6 */

	for (size_t i = 0; i < COUNT(OF_AUTH); i++)
		if (code == OF_AUTH[i])
			return SMTP_LATER;
	if (code / 100 == 5)
		return SMTP_NEVER;
	return code / 100 == 2 ? SMTP_SENT : SMTP_LATER;
}

static void put_status(struct buf *buf, const smtp_status_t *status)
{
	buf_printf(buf, "%d", status->code);
	if (status->enh_class)
		buf_printf(buf, " %d.%d.%d", status->enh_class, status->enh_subject,
			   status->enh_detail);
	buf_puts(buf, ": ");
	put_printable(buf, status->text);
}

static void put_silence(struct buf *buf, const char *trouble)
{
	char error[128] = "";

	if (!trouble)
		trouble = smtp_strerror(smtp_errno(), error, sizeof error);
	buf_puts(buf, "not answered (");
	put_printable(buf, trouble);
	buf_puts(buf, ")");
}

static void tell_status(const struct talk *talk, const char *what,
			const smtp_status_t *status, struct smtp_answer *answer)
{
	struct buf buf;

	answer->verdict = judge(status->code);
	buf_init(&buf, answer->why, sizeof answer->why);
	buf_printf(&buf, "%s ", what);
	if (status->code && status->code / 100 != 3)
		put_status(&buf, status);
	else
		put_silence(&buf, talk->trouble);
}

/* The recipient comes before the message: with all recipients refused the server answers
 * something about the message too. */
static void judge_all(const struct talk *talk, struct smtp_answer *answer)
{
	const smtp_status_t *from = smtp_reverse_path_status(talk->message);
	const smtp_status_t *to = smtp_recipient_status(talk->recipient);

	if (judge(from->code) != SMTP_SENT)
		tell_status(talk, from->code ? "sender" : "session", from, answer);
	else if (judge(to->code) != SMTP_SENT)
		tell_status(talk, "recipient", to, answer);
	else
		tell_status(talk, "message", smtp_message_transfer_status(talk->message),
			    answer);
}

static void tell(struct talk *talk)
{
	struct smtp_answer answer = {SMTP_LATER, "session not begun"};

	if (talk->told)
		return;
	talk->told = true;
	if (talk->recipient)
		judge_all(talk, &answer);
	if (write(talk->out, &answer, sizeof answer) != (ssize_t)sizeof answer)
		_exit(1);
}

/* libesmtp takes a certificate with a fault only when told to: on loopback, where nobody
 * else could have answered. */
static void take_certificate(struct talk *talk, int *take)
{
	*take = smtp_is_loopback(talk->letter->server->host);
	if (!*take)
		talk->trouble = "certificate not accepted";
}

/* Tells the answer as soon as there is one: what follows, up to the end of TLS, can hang
 * and changes nothing. */
static void on_event(smtp_session_t session UNUSED, int event, void *arg, ...)
{
	struct talk *talk = arg;
	va_list args;

	va_start(args, arg);
	switch (event) {
	case SMTP_EV_MAILSTATUS:
		if (judge(smtp_reverse_path_status(talk->message)->code) != SMTP_SENT)
			tell(talk);
		break;
	case SMTP_EV_RCPTSTATUS:
		if (judge(smtp_recipient_status(talk->recipient)->code) != SMTP_SENT)
			tell(talk);
		break;
	case SMTP_EV_MESSAGESENT:
		tell(talk);
		break;
	case SMTP_EV_EXTNA_STARTTLS:
		talk->trouble = "STARTTLS not offered";
		break;
	case SMTP_EV_INVALID_PEER_CERTIFICATE:
		(void)va_arg(args, long);
		take_certificate(talk, va_arg(args, int *));
		break;
	case SMTP_EV_NO_PEER_CERTIFICATE:
	case SMTP_EV_WRONG_PEER_CERTIFICATE:
		take_certificate(talk, va_arg(args, int *));
		break;
	default:
		break;
	}
	va_end(args);
}

struct credentials {
	char user[256], password[512], none[1];
};

static int credentials_give(auth_client_request_t request, char **result, int fields,
			    void *arg)
{
	struct credentials *mine = arg;

	for (int i = 0; i < fields; i++) {
		if (request[i].flags & AUTH_PASS)
			result[i] = mine->password;
		else
			result[i] =
				request[i].flags & AUTH_USER ? mine->user : mine->none;
	}
	return 1;
}

static bool set_auth(smtp_session_t session, const struct smtp_server *server)
{
	static struct credentials mine;
	auth_context_t context;
	struct buf buf;

	if (!server->user)
		return true;
	buf_init(&buf, mine.user, sizeof mine.user);
	buf_puts(&buf, server->user);
	INVARIANT(!buf.cut);
	buf_init(&buf, mine.password, sizeof mine.password);
	buf_puts(&buf, server->password ? server->password : "");
	INVARIANT(!buf.cut);
	auth_client_init();
	context = auth_create_context();
	return context && auth_set_mechanism_flags(context, AUTH_PLUGIN_PLAIN, 0) &&
	       auth_set_interact_cb(context, credentials_give, &mine) &&
	       smtp_auth_set_context(session, context);
}

/* TLS 1.2 and not 1.3: there a server's session tickets come after the handshake, and
 * libesmtp 1.1.0 takes them for the answer to a command that it has yet to send. */
static bool set_context(smtp_session_t session, bool verified)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	return context && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) &&
	       SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION) &&
	       (!verified || SSL_CTX_set_default_verify_paths(context)) &&
	       smtp_starttls_set_ctx(session, context);
}

static bool set_tls(smtp_session_t session, const struct smtp_server *server)
{
	static const enum starttls_option OPTIONS[] = {
		[SMTP_TLS_NEVER] = Starttls_DISABLED,
		[SMTP_TLS_WHEN_OFFERED] = Starttls_ENABLED,
		[SMTP_TLS_REQUIRED] = Starttls_REQUIRED,
	};
	bool loopback = smtp_is_loopback(server->host);
	enum starttls_option option =
		server->user && !loopback ? Starttls_REQUIRED : OPTIONS[server->tls];

	return (option == Starttls_DISABLED || set_context(session, !loopback)) &&
	       smtp_starttls_enable(session, option);
}

static bool set_timeouts(smtp_session_t session, int seconds)
{
	static const int STEPS[] = {Timeout_GREETING, Timeout_ENVELOPE, Timeout_DATA,
				    Timeout_TRANSFER, Timeout_DATA2};

	for (size_t i = 0; i < COUNT(STEPS); i++)
		if (!smtp_set_timeout(session,
				      STEPS[i] | Timeout_OVERRIDE_RFC2822_MINIMUM,
				      (long)seconds * 1000))
			return false;
	return true;
}

static bool set_server(smtp_session_t session, const struct smtp_server *server)
{
	char address[300];
	struct buf buf;

	buf_init(&buf, address, sizeof address);
	buf_printf(&buf, "%s:%d", server->host, server->port);
	return !buf.cut && smtp_set_server(session, address);
}

static const char *give_text(void **context UNUSED, int *length, void *arg)
{
	struct talk *talk = arg;

	if (length)
		*length = talk->given ? 0 : (int)strlen(talk->letter->text);
	talk->given = length; /* NULL asks to begin anew */
	return talk->letter->text;
}

/* The session is left to the end of the process. */
static void speak(struct talk *talk)
{
	const struct smtp_server *server = talk->letter->server;
	smtp_session_t session = smtp_create_session();

	talk->message = session ? smtp_add_message(session) : NULL;
	if (!talk->message)
		return;
	talk->recipient = smtp_add_recipient(talk->message, talk->letter->to);
	if (!talk->recipient ||
	    !smtp_set_reverse_path(talk->message, talk->letter->from) ||
	    !smtp_set_messagecb(talk->message, give_text, talk) ||
	    !smtp_set_eventcb(session, on_event, talk) || !set_server(session, server) ||
	    !set_timeouts(session, server->timeout_s) || !set_tls(session, server) ||
	    !set_auth(session, server))
		return;
	/* Its result only says that a conversation took place. */
	(void)smtp_start_session(session);
}

void smtp_session_run(const struct smtp_letter *letter, int out)
{
	struct talk talk = {.letter = letter, .out = out};

	if (setenv("HOME", NO_HOME, 1) == 0 && unsetenv("XDG_CONFIG_HOME") == 0)
		speak(&talk);
	tell(&talk);
}
