/* Answers of Redis: lib/redis.c, lib/redis_link.c, and hiredis, which reads them. The
 * input is all that a server ever sends on a connection. */
#include "lib/redis.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/breaker.h"
#include "t/fuzz/fuzz.h"

static const struct redis_script SCRIPT = {"fuzz", "return {}"};

static struct server {
	char dir[32], path[48];
	int fd;
	sem_t done;
	/* What it says to the next who comes */
	const uint8_t *bytes;
	size_t n;
} server = {.dir = "/tmp/latchkey-fuzz-XXXXXX"};

static void *answer_each(void *unused UNUSED)
{
	for (;;) {
		int fd = accept(server.fd, NULL, NULL);

		if (fd < 0)
			return NULL;
		(void)!send(fd, server.bytes, server.n, MSG_NOSIGNAL);
		shutdown(fd, SHUT_WR);
		(void)!recv(fd, (char[1]){0}, 1, 0); /* or our end would be a reset */
		close(fd);
		sem_post(&server.done);
	}
}

static void leave(void)
{
	unlink(server.path);
	rmdir(server.dir);
}

static void start(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	pthread_t thread;

	if (server.fd)
		return;
	INVARIANT(mkdtemp(server.dir) && signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	snprintf(server.path, sizeof server.path, "%s/s", server.dir);
	snprintf(at.sun_path, sizeof at.sun_path, "%s", server.path);
	server.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	INVARIANT(!bind(server.fd, (struct sockaddr *)&at, sizeof at));
	INVARIANT(!listen(server.fd, 16) && !atexit(leave));
	INVARIANT(!sem_init(&server.done, 0, 0));
	INVARIANT(!pthread_create(&thread, NULL, answer_each, NULL));
}

static void look_at(const struct redis_values *values)
{
	INVARIANT(values->n <= REDIS_VALUES_MAX);
	for (size_t i = 0; i < values->n; i++) {
		INVARIANT(!values->value[i] || strlen(values->value[i]) <= server.n + 20);
		INVARIANT(values->value[i] || redis_int(values, i) == 0);
	}
}

/* An answer that cannot be used is no answer, and leaves nothing behind. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena *arena = fuzz_arena();
	struct redis_values values = {.n = REDIS_VALUES_MAX + 1};
	struct breaker breaker = {0};
	struct redis *redis;
	enum rc rc;

	start();
	server.bytes = bytes;
	server.n = n;
	redis = redis_new(&(struct redis_server){.socket = server.path}, &breaker);
	rc = redis_eval(redis, &SCRIPT, arena, REDIS_TEXTS("lk:a"), REDIS_TEXTS("b"),
			&values);
	if (rc == RC_OK)
		look_at(&values);
	else
		INVARIANT(rc == RC_DOWN && values.n == REDIS_VALUES_MAX + 1);
	redis_free(&redis);
	while (sem_wait(&server.done))
		INVARIANT(errno == EINTR); /* libFuzzer looks at the clock */
	return 0;
}
