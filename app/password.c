#include "app/password.h"

#include "lib/strength.h"
#include "lib/text.h"
#include "lib/unicode.h"

char *password_normal(struct arena *arena, const char *typed)
{
	char *normal = unicode_nfc(arena, typed);

	return normal && strlen(normal) <= PASSWORD_BYTES_MAX ? normal : NULL;
}

static enum password_flaw judge_form(const char *password)
{
	size_t length = text_code_points(password);

	if (length < PASSWORD_MIN)
		return PASSWORD_TOO_SHORT;
	if (length > PASSWORD_MAX)
		return PASSWORD_TOO_LONG;
	return text_has_control(password) ? PASSWORD_HAS_CONTROL : PASSWORD_FINE;
}

enum password_flaw password_judge(struct arena *arena, const struct conf *conf,
				  const char *password, const char *email,
				  const char *username)
{
	enum password_flaw flaw = judge_form(password);
	const char *words[5] = {NULL};
	size_t n = 0;

	if (flaw != PASSWORD_FINE)
		return flaw;
	if (username)
		words[n++] = username;
	if (email) {
		words[n++] = email;
		words[n++] = arena_dupn(arena, email, strcspn(email, "@"));
	}
	words[n++] = conf->web_service_name;
	if (strength_score(password, words) < conf->passwords_min_score)
		return PASSWORD_TOO_WEAK;
	return PASSWORD_FINE;
}

struct pwhash_cost password_cost(const struct conf *conf)
{
	return (struct pwhash_cost){
		.memory_kib = (uint32_t)conf->passwords_memory_kib,
		.passes = (uint32_t)conf->passwords_passes,
		.lanes = (uint32_t)conf->passwords_lanes,
	};
}
