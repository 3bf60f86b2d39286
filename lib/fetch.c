#include "lib/fetch.h"

#include <strings.h>

#include <curl/curl.h>

#include "lib/clock.h"
#include "lib/fetch_address.h"
#include "lib/fetch_age.h"
#include "lib/secret.h"
#include "lib/text.h"

struct fetch {
	CURL *easy;
	/* of the request that runs */
	bool loopback, private;
	bool turned_away; /* from an address that it may not reach */
	const char *refused; /* what of the answer we did not take */
	bool head_ended; /* libcurl takes one that breaks off for whole */
	size_t head_len, body_len;
	char body[FETCH_BODY_MAX];
};

static const char TIME_OUT[] = "time out";
static const char NOT_HTTP[] = "the answer is not HTTP";
static const char TOO_LARGE[] = "the answer is too large";
static const char BROKE_OFF[] = "the answer broke off";
static const struct {
	CURLcode code;
	const char *why;
} TROUBLES[] = {
	{CURLE_UNSUPPORTED_PROTOCOL, NOT_HTTP}, /* or HTTP/0.9 */
	{CURLE_WEIRD_SERVER_REPLY, NOT_HTTP},
	{CURLE_COULDNT_RESOLVE_HOST, "the name was not found"},
	{CURLE_COULDNT_CONNECT, "the connection was refused"},
	{CURLE_OPERATION_TIMEDOUT, TIME_OUT},
	{CURLE_SSL_CONNECT_ERROR, "TLS failed"},
	{CURLE_PEER_FAILED_VERIFICATION, "the certificate was not accepted"},
	{CURLE_SSL_CACERT_BADFILE, "the system's certificates cannot be read"},
	{CURLE_FILESIZE_EXCEEDED, TOO_LARGE},
	{CURLE_OUT_OF_MEMORY, TOO_LARGE}, /* a header line of 100 KB */
	{CURLE_PARTIAL_FILE, BROKE_OFF},
	{CURLE_GOT_NOTHING, BROKE_OFF},
	{CURLE_RECV_ERROR, BROKE_OFF},
	{CURLE_SEND_ERROR, BROKE_OFF},
};

static const char *why_not(const struct fetch *fetch, CURLcode code)
{
	if (code == CURLE_WRITE_ERROR && fetch->refused)
		return fetch->refused;
	if (code == CURLE_COULDNT_CONNECT && fetch->turned_away)
		return "the address is not public";
	for (size_t i = 0; i < COUNT(TROUBLES); i++)
		if (TROUBLES[i].code == code)
			return TROUBLES[i].why;
	return "not answered";
}

struct fetch *fetch_new(void)
{
	struct fetch *fetch = calloc(1, sizeof *fetch);

	INVARIANT(fetch && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
	fetch->easy = curl_easy_init();
	INVARIANT(fetch->easy);
	return fetch;
}

void fetch_free(struct fetch **fetch)
{
	struct fetch *old = *fetch;

	if (!old)
		return;
	*fetch = NULL;
	curl_easy_cleanup(old->easy);
	curl_global_cleanup();
	free(old);
}

/* ---- what libcurl asks ---- */

static bool may_reach(const struct fetch *fetch, const struct sockaddr *address)
{
	switch (fetch_reach_of(address)) {
	case FETCH_PUBLIC:
		return true;
	case FETCH_LOOPBACK:
		return fetch->loopback;
	case FETCH_PRIVATE:
		return fetch->private;
	case FETCH_NEVER:
		return false;
	}
	return false;
}

static curl_socket_t open_socket(void *mine, curlsocktype purpose UNUSED,
				 struct curl_sockaddr *address)
{
	struct fetch *fetch = mine;

	if (!may_reach(fetch, &address->addr)) {
		fetch->turned_away = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC,
		      address->protocol);
}

/* Nothing else is decoded here or below: what is small when it arrives stays small. */
static bool is_plain(const char *line, size_t n)
{
	static const struct {
		const char *name, *value;
	} ONLY[] = {
		{"Transfer-Encoding:", "chunked"},
		{"Content-Encoding:", "identity"},
	};

	for (size_t i = 0; i < COUNT(ONLY); i++) {
		size_t len = strlen(ONLY[i].name);

		if (n < len || strncasecmp(line, ONLY[i].name, len) != 0)
			continue;
		for (line += len, n -= len; n && strchr(" \t", *line); line++)
			n--;
		while (n && strchr(" \t\r\n", line[n - 1]))
			n--;
		return n == strlen(ONLY[i].value) &&
		       strncasecmp(line, ONLY[i].value, n) == 0;
	}
	return true;
}

/* By line, of interim answers (RFC 9110 §15.2) and trailers too. Less than `n`: libcurl
 * gives up. */
static size_t take_head(char *line, size_t one UNUSED, size_t n, void *mine)
{
	struct fetch *fetch = mine;

	if (n && strchr("\r\n", *line))
		fetch->head_ended = true;
	else if (n >= 5 && memcmp(line, "HTTP/", 5) == 0)
		fetch->head_ended = false;
	fetch->head_len += n;
	if (fetch->head_len > FETCH_HEAD_MAX)
		fetch->refused = "the answer's head is too large";
	else if (!is_plain(line, n))
		fetch->refused = "the answer is encoded";
	return fetch->refused ? 0 : n;
}

static size_t take_body(char *bytes, size_t one UNUSED, size_t n, void *mine)
{
	struct fetch *fetch = mine;

	if (n > sizeof fetch->body - fetch->body_len) {
		fetch->refused = TOO_LARGE;
		return 0;
	}
	memcpy(fetch->body + fetch->body_len, bytes, n);
	fetch->body_len += n;
	return n;
}

/* ---- what it is told ---- */

#define SET(fetch, option, value)                                                        \
	INVARIANT(curl_easy_setopt((fetch)->easy, option, value) == CURLE_OK)

static void set_always(struct fetch *fetch)
{
	static const struct {
		CURLoption option;
		long value;
	} NUMBERS[] = {
		{CURLOPT_NOSIGNAL, 1},
		/* or a name server that is silent is waited for beyond all deadlines; the
		 * thread that asks it ends by itself */
		{CURLOPT_QUICK_EXIT, 1},
		{CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
		{CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
		{CURLOPT_SSL_VERIFYPEER, 1},
		{CURLOPT_SSL_VERIFYHOST, 2},
		{CURLOPT_FOLLOWLOCATION, 0},
		{CURLOPT_NETRC, CURL_NETRC_IGNORED},
		{CURLOPT_MAXFILESIZE, FETCH_BODY_MAX},
	};

	for (size_t i = 0; i < COUNT(NUMBERS); i++)
		SET(fetch, NUMBERS[i].option, NUMBERS[i].value);
	SET(fetch, CURLOPT_PROXY, ""); /* nor that of the environment */
	SET(fetch, CURLOPT_USERAGENT, "latchkey");
	SET(fetch, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(fetch, CURLOPT_OPENSOCKETDATA, fetch);
	SET(fetch, CURLOPT_HEADERFUNCTION, take_head);
	SET(fetch, CURLOPT_HEADERDATA, fetch);
	SET(fetch, CURLOPT_WRITEFUNCTION, take_body);
	SET(fetch, CURLOPT_WRITEDATA, fetch);
}

static void set_request(struct fetch *fetch, const struct fetch_request *request)
{
	const char *schemes = request->allow_http ? "https,http" : "https";

	fetch->loopback = request->allow_http;
	fetch->private = request->allow_private;
	fetch->turned_away = false;
	fetch->refused = NULL;
	fetch->head_ended = false;
	fetch->head_len = fetch->body_len = 0;
	SET(fetch, CURLOPT_URL, request->url);
	SET(fetch, CURLOPT_PROTOCOLS_STR, schemes);
	SET(fetch, CURLOPT_REDIR_PROTOCOLS_STR, schemes);
	/* A connection that is kept is not judged again. */
	if (request->allow_http || request->allow_private)
		SET(fetch, CURLOPT_FORBID_REUSE, 1L);
	if (!request->form)
		return;
	SET(fetch, CURLOPT_POSTFIELDSIZE, (long)strlen(request->form));
	SET(fetch, CURLOPT_POSTFIELDS, request->form);
	/* On one that the server had closed the request would be sent twice. */
	SET(fetch, CURLOPT_FRESH_CONNECT, 1L);
}

static void add_header(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	INVARIANT(longer);
	*list = longer;
}

static void free_headers(struct curl_slist **list)
{
	curl_slist_free_all(*list);
}

static struct curl_slist *headers_of(struct arena *arena,
				     const struct fetch_request *request)
{
	struct curl_slist *list = NULL;

	/* None at all would mean any (RFC 9110 §12.5.3) */
	add_header(&list, "Accept-Encoding: identity");
	add_header(&list, "Accept: application/json");
	if (request->authorization)
		add_header(&list, arena_printf(arena, "Authorization: %s",
					       request->authorization));
	return list;
}

static void free_url(CURLU **url)
{
	curl_url_cleanup(*url);
}

static void free_part(char **part)
{
	curl_free(*part);
}

static bool url_ok(const struct fetch_request *request)
{
	CLEANUP(free_url) CURLU *url = curl_url();
	CLEANUP(free_part) char *scheme = NULL;

	INVARIANT(url);
	if (strnlen(request->url, FETCH_URL_MAX + 1) > FETCH_URL_MAX ||
	    curl_url_set(url, CURLUPART_URL, request->url, CURLU_DISALLOW_USER) !=
		    CURLUE_OK ||
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
		return false;
	return strcmp(scheme, "https") == 0 ||
	       (request->allow_http && strcmp(scheme, "http") == 0);
}

static int64_t time_left(const struct fetch_request *request)
{
	int64_t left = FETCH_TOTAL_MS;

	if (request->deadline_ms)
		left = request->deadline_ms - clock_mono_ms();
	return left < FETCH_TOTAL_MS ? left : FETCH_TOTAL_MS;
}

static const char *refuse(const struct fetch_request *request, int64_t left)
{
	if (!url_ok(request))
		return "the URL is not accepted";
	if (request->authorization && text_has_control(request->authorization))
		return "the authorization has a control character";
	if (left <= 0) /* which libcurl would take for no limit */
		return TIME_OUT;
	return NULL;
}

/* ---- the answer ---- */

static int64_t max_age(CURL *easy)
{
	struct curl_header *header;
	int64_t age = FETCH_NO_AGE;

	for (size_t i = 0; curl_easy_header(easy, "Cache-Control", i, CURLH_HEADER, -1,
					    &header) == CURLHE_OK;
	     i++)
		age = fetch_age_less(age, fetch_age_of(header->value));
	return age;
}

static const char *read_answer(struct fetch *fetch, struct arena *arena,
			       struct fetch_answer *out)
{
	const char *type = NULL;
	long status = 0;

	INVARIANT(curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status) ==
			  CURLE_OK &&
		  curl_easy_getinfo(fetch->easy, CURLINFO_CONTENT_TYPE, &type) ==
			  CURLE_OK);
	if (status < 200 || status > 599)
		return NOT_HTTP;
	if (!fetch->head_ended)
		return BROKE_OFF;
	*out = (struct fetch_answer){
		.status = (int)status,
		.content_type = arena_dup(arena, type ? type : ""),
		.body = arena_dupn(arena, fetch->body, fetch->body_len),
		.n = fetch->body_len,
		.max_age_s = max_age(fetch->easy),
	};
	return NULL;
}

static const char *run(struct fetch *fetch, struct arena *arena,
		       const struct fetch_request *request, int64_t left,
		       struct fetch_answer *out)
{
	CLEANUP(free_headers) struct curl_slist *headers = headers_of(arena, request);
	CURLcode code;

	set_always(fetch);
	set_request(fetch, request);
	SET(fetch, CURLOPT_HTTPHEADER, headers);
	SET(fetch, CURLOPT_TIMEOUT_MS, (long)left);
	SET(fetch, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)(left < FETCH_CONNECT_MS ? left : FETCH_CONNECT_MS));
	code = curl_easy_perform(fetch->easy);
	return code == CURLE_OK ? read_answer(fetch, arena, out) : why_not(fetch, code);
}

bool fetch_run(struct fetch *fetch, struct arena *arena,
	       const struct fetch_request *request, struct fetch_answer *out,
	       const char **why)
{
	int64_t left = time_left(request);
	const char *trouble = refuse(request, left);

	if (!trouble) {
		trouble = run(fetch, arena, request, left, out);
		curl_easy_reset(fetch->easy); /* connections stay */
		secret_wipe(fetch->body, fetch->body_len);
	}
	if (trouble)
		*why = trouble;
	return !trouble;
}
