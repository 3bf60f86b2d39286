/* The settings as people read them: the sample file and the list of the manual page. */
#include "app/setting.h"
#include "lib/text.h"

enum { PAGE_MAX = 64 * 1024, PROSE_COLUMNS = 86 };

static const char *title(struct arena *arena, const struct setting_section *section)
{
	return section->size ? arena_printf(arena, "[%s NAME]", section->name)
			     : arena_printf(arena, "[%s]", section->name);
}

/* Of the first line of `prose`: up to the last space that has room, or all that is left
 */
static size_t line_len(const char *prose)
{
	size_t n = strlen(prose);

	if (n <= PROSE_COLUMNS)
		return n;
	n = PROSE_COLUMNS;
	while (n && prose[n] != ' ')
		n--;
	INVARIANT(n);
	return n;
}

/* Fills `out` with `prose` in lines of "# …". */
static void put_comment(struct buf *out, const char *prose)
{
	while (*prose) {
		size_t n = line_len(prose);

		buf_printf(out, "# %.*s\n", (int)n, prose);
		prose += n;
		prose += strspn(prose, " ");
	}
}

static const char *range(struct arena *arena, const struct setting *row)
{
	switch (row->kind) {
	case SETTING_NUMBER:
		return arena_printf(arena, "%lld to %lld", (long long)row->min,
				    (long long)row->max);
	case SETTING_FLAG:
	case SETTING_CHOICE:
		return row->choices;
	case SETTING_SECRET:
		return arena_printf(arena,
				    "a secret; or %s_file = PATH of a file that holds it",
				    row->key);
	case SETTING_WORDS:
		return "words separated by spaces";
	case SETTING_TEXT:
		return arena_printf(arena, "at most %lld bytes", (long long)row->max);
	}
	INVARIANT(false);
}

static void put_sample_row(struct arena *arena, struct buf *out,
			   const struct setting *row)
{
	const char *prose = row->prose;

	if (row->kind != SETTING_TEXT) /* its bound is far away */
		prose = arena_printf(arena, "%s (%s)", prose, range(arena, row));
	if (!row->initial)
		prose = arena_printf(arena, "%s Must be set.", prose);
	put_comment(out, prose);
	buf_printf(out, "#%s =", row->key);
	if (row->initial && *row->initial)
		buf_printf(out, " %s", row->initial);
	buf_puts(out, "\n\n");
}

static void put_manual_row(struct arena *arena, struct buf *out,
			   const struct setting *row)
{
	buf_printf(out, ".It Cm %s\n%s\n.Pq %s", row->key, row->prose, range(arena, row));
	if (!row->initial)
		buf_puts(out, "\nMust be set.");
	else if (*row->initial)
		buf_printf(out, "\nDefault:\n.Ql %s .", row->initial);
	buf_puts(out, "\n");
}

typedef void row_printer(struct arena *arena, struct buf *out, const struct setting *row);

static void put_rows(struct arena *arena, struct buf *out, const char *section,
		     row_printer *print)
{
	for (size_t i = 0; i < setting_n_rows; i++)
		if (!strcmp(setting_rows[i].section, section))
			print(arena, out, &setting_rows[i]);
}

char *conf_sample(struct arena *arena)
{
	struct buf out;

	buf_init(&out, arena_alloc(arena, PAGE_MAX), PAGE_MAX);
	buf_puts(
		&out,
		"# latchkey.conf: every setting with its default. See latchkey.conf(5).\n"
		"# Take the # away before a setting to change it; `latchkeyctl check` tells\n"
		"# whether the result is sound. Files conf.d/NAME.conf are laid over this one.\n\n");
	for (size_t i = 0; i < setting_n_sections; i++) {
		const struct setting_section *section = &setting_sections[i];

		put_comment(&out, section->prose);
		buf_printf(&out, "%s%s\n\n", section->size ? "#" : "",
			   title(arena, section));
		put_rows(arena, &out, section->name, put_sample_row);
	}
	INVARIANT(!out.cut);
	out.at[--out.len] = '\0'; /* the empty line at the end */
	return out.at;
}

char *conf_manual(struct arena *arena)
{
	struct buf out;

	buf_init(&out, arena_alloc(arena, PAGE_MAX), PAGE_MAX);
	for (size_t i = 0; i < setting_n_sections; i++) {
		const struct setting_section *section = &setting_sections[i];

		buf_printf(&out, ".Ss %s\n%s\n.Bl -tag -width Ds\n",
			   title(arena, section), section->prose);
		put_rows(arena, &out, section->name, put_manual_row);
		buf_puts(&out, ".El\n");
	}
	INVARIANT(!out.cut);
	return out.at;
}
