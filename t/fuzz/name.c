/* Whatever names somebody: app/email.c, app/username.c, app/role_name.c, app/code.c,
 * scopes of app/client_secret.c, and lib/unicode.c below them. */
#include "app/client_secret.h"
#include "app/code.h"
#include "app/email.h"
#include "app/password.h"
#include "app/role_name.h"
#include "app/username.h"
#include "lib/unicode.h"
#include "t/fuzz/fuzz.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

/* RFC 1123 §2.1, RFC 5891: labels of 1 to 63 letters, digits and inner hyphens */
static void is_domain(const char *domain)
{
	INVARIANT(strlen(domain) <= 253 && text_only(domain, LOWER DIGIT "-."));
	for (;;) {
		size_t n = strcspn(domain, ".");

		INVARIANT(n >= 1 && n <= 63 && domain[0] != '-' && domain[n - 1] != '-');
		if (!domain[n])
			break;
		domain += n + 1;
	}
	INVARIANT(!text_only(domain, DIGIT));
}

/* RFC 5322 §3.2.3, dot-atom */
static void is_local(const char *local, size_t n)
{
	INVARIANT(n >= 1 && n <= EMAIL_LOCAL_MAX && local[0] != '.' &&
		  local[n - 1] != '.');
	for (size_t i = 0; i < n; i++) {
		INVARIANT(strchr(UPPER LOWER DIGIT "!#$%&'*+-/=?^_`{|}~.", local[i]));
		INVARIANT(local[i] != '.' || local[i + 1] != '.');
	}
}

static void email(struct arena *arena, const char *typed)
{
	struct email first, second;
	const char *at;

	if (!email_parse(arena, typed, &first))
		return;
	at = strrchr(first.address, '@');
	INVARIANT(at && strlen(first.address) <= EMAIL_MAX);
	is_local(first.address, (size_t)(at - first.address));
	is_domain(at + 1);
	INVARIANT(strchr(at + 1, '.'));
	INVARIANT(strcmp(first.key, text_lower(arena, first.address)) == 0);
	/* What is written to is what would be parsed: one account, one address */
	INVARIANT(email_parse(arena, first.address, &second));
	INVARIANT(strcmp(first.address, second.address) == 0);
	INVARIANT(email_parse(arena, first.key, &second));
	INVARIANT(strcmp(first.key, second.key) == 0);
}

static void names(struct arena *arena, const char *typed)
{
	if (username_valid(typed)) {
		const char *key = username_key(arena, typed);

		INVARIANT(strlen(typed) >= USERNAME_MIN && strlen(typed) <= USERNAME_MAX);
		INVARIANT(text_only(typed, UPPER LOWER DIGIT "._-"));
		INVARIANT(username_valid(key) && strcasecmp(key, typed) == 0);
		INVARIANT(strcmp(username_key(arena, key), key) == 0);
	}
	if (role_name_valid(typed)) {
		const char *key = role_name_key(arena, typed);

		INVARIANT(strlen(typed) >= 1 && strlen(typed) <= ROLE_NAME_MAX);
		INVARIANT(text_only(typed, UPPER LOWER DIGIT "._:-"));
		INVARIANT(role_name_valid(key) && strcasecmp(key, typed) == 0);
	}
}

static void code(const char *typed)
{
	char first[CODE_SIZE], second[CODE_SIZE], pretty[CODE_PRETTY_SIZE];

	if (!code_read(typed, first))
		return;
	INVARIANT(strlen(first) == CODE_LEN &&
		  text_only(first, DIGIT "ABCDEFGHJKMNPQRSTVWXYZ"));
	code_pretty(first, pretty);
	INVARIANT(code_read(pretty, second) && strcmp(first, second) == 0);
}

static void scopes(struct arena *arena, const char *typed)
{
	const char *const *list, *const *again;
	size_t n, n_again;

	if (!client_scopes_parse(arena, typed, &list, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		INVARIANT(client_scope_valid(list[i]) && !strpbrk(list[i], " \"\\"));
		for (size_t k = 0; k < i; k++)
			INVARIANT(strcmp(list[i], list[k]) != 0);
	}
	INVARIANT(client_scopes_parse(arena, text_join(arena, list, n, " "), &again,
				      &n_again));
	INVARIANT(n == n_again);
}

/* Whoever normalises what was normalised changes nothing. */
static void unicode(struct arena *arena, const char *typed)
{
	const char *nfc = unicode_nfc(arena, typed), *fold = unicode_fold(arena, typed);
	const char *domain = unicode_domain(arena, typed);
	const char *password = password_normal(arena, typed);

	INVARIANT((nfc != NULL) == text_is_utf8(typed, strlen(typed)));
	if (nfc)
		INVARIANT(text_is_utf8(nfc, strlen(nfc)) &&
			  fuzz_same(unicode_nfc(arena, nfc), nfc));
	if (fold)
		INVARIANT(nfc && fuzz_same(unicode_nfc(arena, fold), fold) &&
			  fuzz_same(unicode_fold(arena, nfc), fold));
	if (password)
		INVARIANT(fuzz_same(password, nfc) &&
			  strlen(password) <= PASSWORD_BYTES_MAX);
	if (domain) {
		is_domain(domain);
		INVARIANT(fuzz_same(unicode_domain(arena, domain), domain));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena *arena = fuzz_arena();
	const char *typed = fuzz_text(arena, bytes, n);

	email(arena, typed);
	names(arena, typed);
	code(typed);
	scopes(arena, typed);
	unicode(arena, typed);
	return 0;
}
