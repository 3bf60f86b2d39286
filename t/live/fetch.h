/* lib/fetch.c against t/live/fetch_server.py, a server at its worst; where that is
 * allowed, in a network of our own. */
#ifndef T_LIVE_FETCH_H
#define T_LIVE_FETCH_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include "t/live/live.h"

#include "lib/fetch.h"
#include "lib/text.h"

enum { AT_ONCE_MS = 1000 };

static struct arena *arena;
static struct fetch *fetch;

/* ---- the server ---- */

static const char *folder; /* of its certificates */
static char ports[512] = "\n";
static pid_t server;
static int server_in;

/* So that the certificate's name has a public address, that authority is trusted, and no
 * request leaves this host. */
static const struct {
	const char *over, *text;
} FILES[] = {
	{"/etc/hosts", "127.0.0.1 localhost\n9.9.9.9 elsewhere.test another.test\n"},
	{"/etc/resolv.conf", "nameserver 127.0.0.1\n"},
	{"/etc/nsswitch.conf", "hosts: files dns\n"},
};
static const char AUTHORITIES[] = "/etc/ssl/certs/ca-certificates.crt";
static bool is_own_network;

static inline bool raise_loopback(void)
{
	struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	struct ifreq address = {.ifr_name = "lo:1"};
	struct sockaddr_in *at = (struct sockaddr_in *)&address.ifr_addr;
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool good;

	at->sin_family = AF_INET;
	good = inet_pton(AF_INET, "9.9.9.9", &at->sin_addr) == 1 &&
	       ioctl(any, SIOCSIFFLAGS, &up) == 0 &&
	       ioctl(any, SIOCSIFADDR, &address) == 0;
	close(any);
	return good;
}

/* False: that is not allowed here. */
static inline bool own_network(void)
{
	int user = geteuid() == 0 ? 0 : CLONE_NEWUSER;

	is_own_network = unshare(CLONE_NEWNS | CLONE_NEWNET | user) == 0 &&
			 mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0;
	if (is_own_network && !raise_loopback()) {
		perror("lo");
		exit(2);
	}
	return is_own_network;
}

static inline void put_over(const char *path, const char *file)
{
	ck_assert_msg(mount(file, path, "none", MS_BIND, NULL) == 0, "%s: %s", path,
		      strerror(errno));
}

static inline void put_files(void)
{
	for (size_t i = 0; i < COUNT(FILES); i++) {
		const char *copy =
			arena_printf(arena, "%s%s", folder, strrchr(FILES[i].over, '/'));
		FILE *file = fopen(copy, "w");

		ck_assert_ptr_nonnull(file);
		ck_assert_int_ge(fputs(FILES[i].text, file), 0);
		ck_assert_int_eq(fclose(file), 0);
		put_over(FILES[i].over, copy);
	}
	put_over(AUTHORITIES, arena_printf(arena, "%s/ca.pem", folder));
}

static inline void start_server(void)
{
	const char *address = is_own_network ? "0.0.0.0" : "127.0.0.1";
	const char *beside = live_env("LATCHKEY_TEST_SERVER");
	const char *program = arena_printf(arena, "%.*s/fetch_server.py",
					   (int)(strrchr(beside, '/') - beside), beside);
	int in[2], out[2];
	size_t n = 1;
	ssize_t got;

	ck_assert(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
	server = live_fork();
	if (server == 0) {
		if (dup2(in[0], 0) == 0 && dup2(out[1], 1) == 1)
			execl(program, program, folder, address, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	server_in = in[1];
	while (!strstr(ports, "\n\n") &&
	       (got = read(out[0], ports + n, sizeof ports - 1 - n)) > 0)
		n += (size_t)got;
	close(out[0]);
	ck_assert_ptr_nonnull(strstr(ports, "\n\n"));
}

static inline const char *port(const char *of)
{
	const char *key = arena_printf(arena, "\n%s=", of), *at = strstr(ports, key);

	ck_assert_msg(at, "%s", of);
	at += strlen(key);
	return arena_dupn(arena, at, strcspn(at, "\n"));
}

static inline const char *http(const char *path)
{
	return arena_printf(arena, "http://127.0.0.1:%s%s", port("HTTP"), path);
}

static inline void begin(void)
{
	arena = arena_new(64 << 20);
	folder = mkdtemp(
		arena_printf(arena, "%s/fetch.XXXXXX", live_env("LATCHKEY_TEST_DIR")));
	ck_assert_ptr_nonnull(folder);
	start_server();
	if (is_own_network)
		put_files();
	fetch = fetch_new();
}

static inline void end(void)
{
	int status;

	close(server_in);
	ck_assert_int_eq(waitpid(server, &status, 0), server);
	fetch_free(&fetch);
	ck_assert_ptr_null(fetch);
	fetch_free(&fetch);
	arena_free(&arena);
}

/* ---- one request ---- */

struct outcome {
	bool ok;
	int status;
	char why[64];
	int64_t ms;
};

static inline struct outcome outcome_of(struct fetch *with,
					const struct fetch_request *request)
{
	struct fetch_answer answer = {.status = -1};
	int64_t began = clock_mono_ms();
	struct outcome outcome = {0};
	const char *why = "";
	struct buf buf;

	outcome.ok = fetch_run(with, arena, request, &answer, &why);
	outcome.ms = clock_mono_ms() - began;
	outcome.status = answer.status;
	ck_assert(outcome.ok || !answer.body); /* untouched on failure */
	buf_init(&buf, outcome.why, sizeof outcome.why);
	buf_puts(&buf, why);
	return outcome;
}

static inline struct fetch_answer good(const struct fetch_request *request)
{
	struct fetch_answer answer;
	const char *why = "";

	ck_assert_msg(fetch_run(fetch, arena, request, &answer, &why), "%s: %s",
		      request->url, why);
	ck_assert_int_eq(answer.body[answer.n], '\0');
	return answer;
}

static inline struct fetch_answer get(const char *path)
{
	return good(&(struct fetch_request){.url = http(path), .allow_http = true});
}

/* How often the server was asked for that path, or "connections" */
static inline int64_t hits(const char *what)
{
	const char *key = arena_printf(arena, "\"%s\": ", what);
	const char *at = strstr(get("/hits").body, key);

	return at ? strtol(at + strlen(key), NULL, 10) : 0;
}

#endif
