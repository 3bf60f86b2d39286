/* What a supervisor starts and loads, reduced to what its tests need: a worker that does
 *as REQUEST_URI says, a refresher that only is there, and keys that are one file.
 *
 *	/ok		answers its pid
 *	/sleep		answers after 300 ms
 *	/stuck		never answers
 *	/crash		aborts
 *
 * A file `crash` in the key directory makes every new worker fail at once, a file `bad`
 * makes the keys unusable, and `manifest` holds what keys_changed() compares. */
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/keys.h"
#include "app/refresher.h"
#include "app/worker.h"
#include "lib/clock.h"
#include "lib/fcgi.h"
#include "lib/process.h"

struct keys {
	char manifest[300];
	struct timespec time;
};

static bool has_file(const char *dir, const char *name)
{
	char path[300];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static struct timespec manifest_time(const struct keys *keys)
{
	struct stat is = {0};

	(void)stat(keys->manifest, &is);
	return is.st_mtim;
}

struct keys *keys_load(const char *dir, unsigned needed, char *why, size_t why_size)
{
	struct keys *keys;

	(void)needed;
	if (has_file(dir, "bad")) {
		snprintf(why, why_size, "bad keys");
		return NULL;
	}
	keys = calloc(1, sizeof *keys);
	snprintf(keys->manifest, sizeof keys->manifest, "%s/manifest", dir);
	keys->time = manifest_time(keys);
	return keys;
}

void keys_free(struct keys **keys)
{
	free(*keys);
	*keys = NULL;
}

bool keys_changed(const struct keys *keys)
{
	struct timespec now = manifest_time(keys);

	return memcmp(&now, &keys->time, sizeof now) != 0;
}

static bool answer(struct fcgi *io, const struct worker *worker)
{
	const char *uri = fcgi_param(io, "REQUEST_URI");
	char text[200];

	if (!strcmp(uri, "/crash"))
		abort();
	while (!strcmp(uri, "/stuck"))
		pause();
	if (!strcmp(uri, "/sleep"))
		poll(NULL, 0, 300);
	snprintf(
		text, sizeof text,
		"Status: 200\r\nContent-Type: text/plain\r\n\r\npid=%d name=%s keys=%d\n",
		getpid(), worker->conf->web_service_name,
		(int)worker->board->keys_version);
	return fcgi_write(io, text, strlen(text));
}

int worker_run(const struct worker *worker)
{
	static const int ends[] = {SIGTERM};
	struct slot *slot = &worker->board->slots[worker->slot];
	int64_t most = worker->conf->server_worker_requests;
	sigset_t wake, blocked;
	struct fcgi *io;

	if (has_file(worker->conf->tokens_key_dir, "crash"))
		return 3;
	io = fcgi_new(worker->listen_fd);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &wake);
	process_catch(ends, COUNT(ends));
	while (!process_got_term && (!most || (int64_t)slot->requests < most)) {
		if (!fcgi_accept(io, &wake, 1000))
			continue;
		slot->busy_since = clock_mono_ms();
		(void)answer(io, worker);
		slot->requests++;
		slot->busy_since = 0;
	}
	fcgi_free(&io);
	return 0;
}

int refresher_run(const struct worker *worker)
{
	static const int ends[] = {SIGTERM};

	INVARIANT(worker->listen_fd < 0);
	process_catch(ends, COUNT(ends));
	while (!process_got_term)
		poll(NULL, 0, 1000);
	return 0;
}
