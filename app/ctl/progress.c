#include "app/ctl/progress.h"

#include <unistd.h>

#include "lib/clock.h"

enum { BAR_COLUMNS = 30, BAR_MS = 100, LINE_MS = 5000 };

void progress_begin(struct progress *progress, const char *what, int64_t total)
{
	int64_t now = clock_mono_ms();

	*progress = (struct progress){.what = what,
				      .total = total,
				      .began = now,
				      .shown = now,
				      .terminal = isatty(STDERR_FILENO)};
}

static int64_t part_of(const struct progress *progress, int64_t whole)
{
	if (!progress->total || progress->done > progress->total)
		return progress->total ? whole : 0;
	return progress->done * whole / progress->total;
}

static void put_bar(const struct progress *progress, int64_t now)
{
	int full = (int)part_of(progress, BAR_COLUMNS);
	int64_t spent = now - progress->began, left = 0;

	if (progress->done > 0 && progress->done < progress->total)
		left = spent * (progress->total - progress->done) / progress->done;
	fprintf(stderr, "\r[%.*s%*s] %3d%%  %lld %s, %lld s left\033[K", full,
		"##############################", BAR_COLUMNS - full, "",
		(int)part_of(progress, 100), (long long)progress->count, progress->what,
		(long long)(left + 999) / 1000);
}

static void put(struct progress *progress, int64_t now)
{
	if (progress->terminal && progress->total)
		put_bar(progress, now);
	else if (progress->terminal)
		fprintf(stderr, "\r%lld %s\033[K", (long long)progress->count,
			progress->what);
	else
		fprintf(stderr, "%lld %s\n", (long long)progress->count, progress->what);
	progress->shown = now;
	progress->any = true;
}

void progress_step(struct progress *progress, int64_t done, int64_t count)
{
	int64_t now = clock_mono_ms();

	progress->done = done;
	progress->count = count;
	if (now - progress->shown >= (progress->terminal ? BAR_MS : LINE_MS))
		put(progress, now);
}

void progress_end(struct progress *progress)
{
	if (!progress->any)
		return;
	progress->done = progress->total;
	put(progress, clock_mono_ms());
	if (progress->terminal)
		fputs("\n", stderr);
	progress->any = false;
}
