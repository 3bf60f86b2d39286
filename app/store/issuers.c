#include "app/store/issuers.h"

#include "app/store/row.h"
#include "lib/text.h"

#define SECONDS(value) "(" value ")::int * interval '1 s'"
/* Spread by a tenth, lest what began together stays together */
#define ABOUT(value) "(" value ") * (0.9 + 0.2 * random()) * interval '1 s'"

#define THIS " WHERE section = $1 AND issuer = $2"

static const struct pg_stmt READ = {
	"issuers_read",
	"SELECT metadata, jwks, version, " MS("fetched_at") ", " MS(
		"good_until") " FROM outside_issuers" THIS " AND good_until > now()"
			      " AND coalesce(octet_length(metadata), 0)"
			      " + coalesce(octet_length(jwks), 0) <= $3::int"};

/* May it be wished for, $3 seconds after the last wish? Is one of the last $4 seconds not
 * yet followed, a fetch under way, or did one end in the last $5 seconds? */
static const struct pg_stmt LOOK = {
	"issuers_look",
	"SELECT coalesce(wanted_at <= now() - " SECONDS(
		"$3") ", true),"
		      " coalesce(wanted_at > greatest(asked_at, now() - " SECONDS(
			      "$4") "), false)"
				    " OR coalesce(claimed_until > now(), false)"
				    " OR coalesce(fetched_at > now() - " SECONDS(
					    "$5") ", false) FROM outside_issuers" THIS};

static const struct pg_stmt WISH = {
	"issuers_wish", "UPDATE outside_issuers SET wanted_at = now()" THIS
			" AND coalesce(wanted_at <= now() - " SECONDS("$3") ", true)"};

/* A list of struct issuer_section as $1, $2, $3 */
#define THESE "unnest($1::text[], $2::text[], $3::text[])"

static const struct pg_stmt KEEP = {
	"issuers_keep",
	"WITH gone AS (DELETE FROM outside_issuers WHERE section <> ALL ($1::text[])"
	" AND coalesce(good_until <= now(), true))"
	" INSERT INTO outside_issuers AS o (section, issuer, jwks_url)"
	" SELECT section, issuer, jwks_url FROM " THESE " k (section, issuer, jwks_url)"
	" ON CONFLICT (section) DO UPDATE SET issuer = excluded.issuer,"
	" jwks_url = excluded.jwks_url, metadata = NULL, jwks = NULL, fetched_at = NULL,"
	" good_until = NULL, due_at = now(), claimed_until = NULL, wanted_at = NULL,"
	" asked_at = NULL, failures = 0, last_error = NULL"
	" WHERE (o.issuer, o.jwks_url) <> (excluded.issuer, excluded.jwks_url)"};

/* From when on a row may be claimed: it is due, or a wish is not yet followed and may be
 * (SECONDS($4) after the last), and nobody has it. greatest() and least() pass over
 * NULLs.
 */
#define FROM_WHEN                                                                        \
	"greatest(o.claimed_until, least(o.due_at,"                                      \
	" CASE WHEN o.wanted_at > coalesce(o.asked_at, '-infinity')"                     \
	" THEN greatest(o.wanted_at, o.asked_at + " SECONDS("$4") ") END))"
#define OF_THESE                                                                         \
	" FROM outside_issuers o JOIN " THESE                                            \
	" WITH ORDINALITY k (section, issuer, jwks_url, place)"                          \
	" USING (section, issuer, jwks_url)"

static const struct pg_stmt CLAIM = {
	"issuers_claim",
	"WITH next AS (SELECT o.section, k.place" OF_THESE " WHERE " FROM_WHEN " <= now()"
	" ORDER BY " FROM_WHEN " LIMIT 1 FOR UPDATE OF o SKIP LOCKED)"
	" UPDATE outside_issuers o SET claimed_until = now() + " SECONDS(
		"$5") ","
		      " asked_at = CASE WHEN wanted_at > coalesce(asked_at, '-infinity')"
		      " THEN now() ELSE asked_at END, failures = failures + 1,"
		      " due_at = now() + " ABOUT(
			      "least($7::int, $6::int * 2 ^ least(failures, 20))") " FROM next WHERE o.section = next.section"
										   " RETURNING next.place - 1, o.claimed_until::text, o.last_error"};

static const struct pg_stmt NEXT = {
	"issuers_next",
	"SELECT ceil(greatest(extract(epoch FROM min(" FROM_WHEN ") - now()), 0) * 1000)"
	"::bigint" OF_THESE " HAVING count(*) > 0"};

#define CLAIMED " WHERE section = $1 AND claimed_until = $2::timestamptz"

static const struct pg_stmt FETCHED = {
	"issuers_fetched",
	"UPDATE outside_issuers SET metadata = $3, jwks = $4,"
	" version = CASE WHEN (metadata, jwks) IS DISTINCT FROM ($3::text, $4::text)"
	" THEN nextval('outside_versions') ELSE version END,"
	" fetched_at = now(), good_until = now() + $6::int * interval '1 hour',"
	" due_at = now() + " ABOUT(
		"$5::int / 2.0") ","
				 " claimed_until = NULL, failures = 0, last_error = NULL" CLAIMED};

static const struct pg_stmt FAILED = {
	"issuers_failed",
	"UPDATE outside_issuers SET claimed_until = NULL, last_error = $3" CLAIMED};

enum rc issuers_read(struct context *c, const char *section, const char *issuer,
		     struct issuer_documents *out)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &READ, c->arena, &rows,
			    PG_VALUES(section, issuer,
				      text_integer(c->arena, ISSUERS_DOCUMENTS_MAX)));

	if (rc != RC_OK)
		return rc;
	*out = (struct issuer_documents){
		.section = section,
		.issuer = issuer,
		.metadata = pg_cell(&rows, 0, 0),
		.jwks = pg_cell(&rows, 0, 1),
		.version = pg_int(&rows, 0, 2),
		.fetched_at = pg_int(&rows, 0, 3),
		.good_until = pg_int(&rows, 0, 4),
	};
	return RC_OK;
}

/* The second statement only where the first says so: among many who are here at once one
 * changes the row, and the others, who find that it did, wished as well. */
enum rc issuers_wish(struct context *c, const char *section, const char *issuer,
		     bool *pending)
{
	const char *gap = text_integer(c->arena, ISSUERS_WISH_S);
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &LOOK, c->arena, &rows,
			    PG_VALUES(section, issuer, gap,
				      text_integer(c->arena, ISSUERS_PENDING_S),
				      text_integer(c->arena, ISSUERS_SETTLE_S)));
	bool may = rc == RC_OK && pg_bool(&rows, 0, 0);

	if (may)
		rc = pg_run(c->pg, &WISH, NULL, NULL, PG_VALUES(section, issuer, gap));
	if (rc == RC_OK || (rc == RC_NONE && may)) {
		*pending = may || pg_bool(&rows, 0, 1);
		return RC_OK;
	}
	return rc;
}

/* ---- for the refresher ---- */

struct columns {
	const char *section, *issuer, *jwks_url; /* text[] */
};

static struct columns columns_of(struct arena *arena,
				 const struct issuer_sections *sections)
{
	enum { COLUMNS = 3 };
	const char **at[COLUMNS];

	for (size_t i = 0; i < COLUMNS; i++)
		at[i] = arena_alloc(arena, (sections->n + 1) * sizeof *at[i]);
	for (size_t i = 0; i < sections->n; i++) {
		at[0][i] = sections->at[i].section;
		at[1][i] = sections->at[i].issuer;
		at[2][i] = sections->at[i].jwks_url;
	}
	return (struct columns){
		pg_from_words(arena, at[0], sections->n),
		pg_from_words(arena, at[1], sections->n),
		pg_from_words(arena, at[2], sections->n),
	};
}

enum rc issuers_keep(struct context *c, const struct issuer_sections *sections)
{
	struct columns these = columns_of(c->arena, sections);
	enum rc rc = pg_run(c->pg, &KEEP, NULL, NULL,
			    PG_VALUES(these.section, these.issuer, these.jwks_url));

	return rc == RC_NONE ? RC_OK : rc;
}

enum rc issuers_claim(struct context *c, const struct issuer_sections *sections,
		      struct issuer_claim *out)
{
	struct columns these = columns_of(c->arena, sections);
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &CLAIM, c->arena, &rows,
			    PG_VALUES(these.section, these.issuer, these.jwks_url,
				      text_integer(c->arena, ISSUERS_WISH_S),
				      text_integer(c->arena, ISSUERS_LEASE_S),
				      text_integer(c->arena, ISSUERS_RETRY_S),
				      text_integer(c->arena, ISSUERS_RETRY_MAX_S)));

	if (rc == RC_OK)
		*out = (struct issuer_claim){
			.section = sections->at[pg_int(&rows, 0, 0)].section,
			.which = (size_t)pg_int(&rows, 0, 0),
			.until = pg_cell(&rows, 0, 1),
			.last_error = pg_cell(&rows, 0, 2),
		};
	return rc;
}

enum rc issuers_next(struct context *c, const struct issuer_sections *sections,
		     int64_t *ms)
{
	struct columns these = columns_of(c->arena, sections);
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &NEXT, c->arena, &rows,
			    PG_VALUES(these.section, these.issuer, these.jwks_url,
				      text_integer(c->arena, ISSUERS_WISH_S)));

	if (rc == RC_OK)
		*ms = pg_int(&rows, 0, 0);
	return rc;
}

enum rc issuers_fetched(struct context *c, const struct issuer_claim *claim,
			const char *metadata, const char *jwks, int64_t ttl_s)
{
	return pg_run(c->pg, &FETCHED, NULL, NULL,
		      PG_VALUES(claim->section, claim->until, metadata, jwks,
				text_integer(c->arena, ttl_s),
				text_integer(c->arena, ISSUERS_GOOD_H)));
}

enum rc issuers_failed(struct context *c, const struct issuer_claim *claim,
		       const char *why)
{
	return pg_run(c->pg, &FAILED, NULL, NULL,
		      PG_VALUES(claim->section, claim->until, why));
}
