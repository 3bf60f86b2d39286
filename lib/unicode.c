#include "lib/unicode.h"

#include <idn2.h>
#include <unicase.h>
#include <uninorm.h>

#include "lib/secret.h"
#include "lib/text.h"

enum {
	/* The most that NFC can make of one byte of UTF-8 (UAX 15 §9, table 9) */
	NFC_GROWTH = 3,
	/* As typed; octets of A-labels are fewer, but combining marks may be spelled out
	 */
	TYPED_MAX = 1024,
	DOMAIN_MAX = 253, /* RFC 1035 §2.3.4, without the dot of the root */
	LABEL_MAX = 63,
};

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

char *unicode_nfc(struct arena *arena, const char *utf8)
{
	size_t n = strlen(utf8), len, size;
	uint8_t *made, *room;
	char *text;

	if (is_ascii(utf8))
		return arena_dupn(arena, utf8, n);
	if (!text_is_utf8(utf8, n)) /* or libunistring makes U+FFFD of it */
		return NULL;
	len = size = n * NFC_GROWTH;
	room = arena_alloc(arena, size + 1);
	made = u8_normalize(UNINORM_NFC, (const uint8_t *)utf8, n, room, &len);
	if (!made)
		return NULL;
	if (made == room && len <= size) {
		room[len] = '\0';
		return (char *)room;
	}
	text = arena_dupn(arena, made, len); /* it took memory of its own */
	secret_wipe(made, len);
	free(made);
	return text;
}

char *unicode_fold(struct arena *arena, const char *utf8)
{
	size_t n = strlen(utf8), len = 0;
	uint8_t *made;
	char *text;

	if (!text_is_utf8(utf8, n))
		return NULL;
	made = u8_casefold((const uint8_t *)utf8, n, NULL, UNINORM_NFC, NULL, &len);
	if (!made)
		return NULL;
	text = arena_dupn(arena, made, len);
	free(made);
	return text;
}

/* RFC 1123 §2.1: letters, digits and hyphens, none of the latter at either end. */
static bool is_label(const char *label, size_t n)
{
	if (n == 0 || n > LABEL_MAX || label[0] == '-' || label[n - 1] == '-')
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = label[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return true;
}

/* The last label is not all digits: what it is then is an address (RFC 1123 §2.1). */
static bool is_domain(const char *domain)
{
	const char *label = domain;

	if (strlen(domain) > DOMAIN_MAX)
		return false;
	for (;;) {
		size_t n = strcspn(label, ".");

		if (!is_label(label, n))
			return false;
		if (!label[n])
			return label[strspn(label, "0123456789")] != '\0';
		label += n + 1;
	}
}

/* IDN2_USE_STD3_ASCII_RULES deletes what it does not allow ("a_b.de" gives "ab.de"), so
 * the ASCII part is judged here, before and after. */
static bool has_foreign_ascii(const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x80 && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '-' && c != '.')
			return true;
	}
	return false;
}

char *unicode_domain(struct arena *arena, const char *utf8)
{
	char *ascii = NULL, *domain = NULL;

	if (strnlen(utf8, TYPED_MAX + 1) > TYPED_MAX || has_foreign_ascii(utf8))
		return NULL;
	if (idn2_to_ascii_8z(utf8, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) !=
	    IDN2_OK)
		return NULL;
	if (is_domain(ascii))
		domain = arena_dup(arena, ascii);
	idn2_free(ascii);
	return domain;
}
