/* Files of accounts, CSV or JSON lines: app/ctl/table.c, app/ctl/csv.c,
 * app/ctl/import_row.c, app/ctl/when.c. */
#include <sys/mman.h>
#include <unistd.h>

#include "app/ctl/import_row.h"
#include "app/role_name.h"
#include "app/username.h"
#include "lib/foreign.h"
#include "t/fuzz/fuzz.h"

enum { RECORD_ARENA = 4 << 20, RECORDS_MAX = 64 };

static const int64_t NOW_MS = INT64_C(1800000000000);
static const struct conf CONF = {
	.passwords_memory_kib = 19456, .passwords_passes = 2, .passwords_lanes = 1};

static void look_at(struct arena *arena, const struct admin_import_row *row)
{
	const struct pwhash_cost cost = {19456, 2, 1};
	struct email again;

	INVARIANT(email_parse(arena, row->email.address, &again));
	INVARIANT(strcmp(again.key, row->email.key) == 0);
	INVARIANT(!row->id || text_is_uuid(row->id));
	INVARIANT(!row->username || username_valid(row->username));
	INVARIANT(row->created_at <= NOW_MS + 86400000);
	INVARIANT(!row->hash || foreign_known(row->hash) ||
		  pwhash_usable(&cost, row->hash));
	INVARIANT(row->n_roles <= TABLE_LIST_MAX);
	for (size_t i = 0; i < row->n_roles; i++)
		INVARIANT(role_name_valid(row->roles[i]));
}

static void read_all(struct table *table, struct arena *arena)
{
	struct table_value values[IMPORT_COLUMNS];
	struct admin_import_row row = {0};
	int64_t line = 0, before = 0;
	enum table_read read = TABLE_RECORD;

	for (int i = 0; read != TABLE_END && i < RECORDS_MAX; i++, before = line) {
		const char *why = NULL;

		arena_reset(arena);
		read = table_next(table, arena, values, &line, &why);
		INVARIANT(read != TABLE_BROKEN && (read == TABLE_BAD_RECORD) == !!why);
		if (read == TABLE_END)
			return;
		INVARIANT(line > before);
		if (read == TABLE_RECORD)
			why = import_row_read(arena, &CONF, NOW_MS, values, &row);
		if (!why)
			look_at(arena, &row);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct arena *record;
	struct arena *arena = fuzz_arena();
	int fd = memfd_create("import", MFD_CLOEXEC);
	CLEANUP(table_close) struct table *table = NULL;
	const char *why = NULL;

	if (!record)
		record = arena_new(RECORD_ARENA);
	INVARIANT(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	table = table_open(arena, arena_printf(arena, "/proc/self/fd/%d", fd),
			   import_columns, IMPORT_COLUMNS, &why);
	close(fd);
	INVARIANT((table != NULL) == (why == NULL));
	if (table)
		read_all(table, record);
	return 0;
}
