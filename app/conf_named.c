/* Sections that repeat: [issuer NAME] and [provider NAME]. */
#include "app/conf_file.h"
#include "lib/text.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz0123456789"

enum { NAME_MAX_BYTES = 32 };

void conf_named_init(struct arena *arena, struct conf *conf,
		     const struct setting_section *section)
{
	const void *list = arena_alloc(arena, SETTING_SAME_MAX * section->size);

	memcpy((char *)conf + section->list, &list, sizeof list);
}

static bool is_name(const char *name)
{
	return strchr(LETTERS, *name) && strlen(name) <= NAME_MAX_BYTES &&
	       text_only(name, LETTERS "_-");
}

static void *find(char *list, size_t n, size_t size, const char *name)
{
	for (; n; n--, list += size)
		if (!strcmp(*(const char **)(void *)list, name))
			return list;
	return NULL;
}

static void fill(struct arena *arena, void *entry, const struct setting_section *section,
		 const char *name)
{
	name = arena_dup(arena, name);
	memcpy(entry, &name, sizeof name);
	setting_put_defaults(arena, entry, section);
}

void *conf_named_enter(struct arena *arena, struct conf *conf,
		       const struct setting_section *section, const char *name,
		       const char **why)
{
	size_t *n = (void *)((char *)conf + section->count);
	char *list;
	void *entry;

	*why = "a NAME is 1 to 32 of a-z, 0-9, _ and -, the first a letter or digit";
	if (!is_name(name))
		return NULL;
	memcpy(&list, (char *)conf + section->list, sizeof list);
	entry = find(list, *n, section->size, name);
	if (entry)
		return entry;
	if (*n == SETTING_SAME_MAX) {
		*why = arena_printf(arena, "there may be %d of these", SETTING_SAME_MAX);
		return NULL;
	}
	entry = list + section->size * (*n)++;
	fill(arena, entry, section, name);
	return entry;
}
