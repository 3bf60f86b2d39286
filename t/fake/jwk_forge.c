#include "t/fake/jwk_forge.h"

#include "t/unit/unit.h"

#include "lib/jwk.h"
#include "lib/secret.h"
#include "lib/text.h"

struct arena *arena;
struct crypto_key *p256, *rsa;

static struct crypto_jwk ec, rs;

void forge_keys(void)
{
	arena = arena_new(256 << 20);
	p256 = crypto_key_generate(CRYPTO_P256);
	rsa = crypto_key_generate(CRYPTO_RSA);
	crypto_key_jwk(arena, p256, &ec);
	crypto_key_jwk(arena, rsa, &rs);
}

void forge_end(void)
{
	crypto_key_free(&p256);
	crypto_key_free(&rsa);
	arena_free(&arena);
}

const char *forge_number(size_t bits, uint8_t last)
{
	size_t n = (bits + 7) / 8;
	uint8_t *bytes = arena_alloc(arena, n);

	secret_random(bytes, n);
	bytes[0] = (uint8_t)(bytes[0] % (1 << (bits - 1) % 8) | 1 << (bits - 1) % 8);
	bytes[n - 1] = last;
	return base64url_encode(arena, bytes, n);
}

/* The text with one byte of what it stands for changed */
static const char *changed(const char *text)
{
	uint8_t *bytes;
	size_t n;

	ck_assert(base64url_decode(arena, text, strlen(text), &bytes, &n));
	bytes[n - 1] ^= 1;
	return base64url_encode(arena, bytes, n);
}

static const char *longer(const char *text, bool in_front)
{
	uint8_t *bytes, *more;
	size_t n;

	ck_assert(base64url_decode(arena, text, strlen(text), &bytes, &n));
	more = arena_alloc(arena, n + 1);
	memcpy(more + in_front, bytes, n);
	return base64url_encode(arena, more, n + 1);
}

static const char *meant(char letter)
{
	switch (letter) {
	case 'n':
		return rs.n;
	case 'x':
		return ec.x;
	case 'y':
		return ec.y;
	case 'w': /* not on the curve */
		return changed(ec.y);
	case 'l': /* a zero too many, behind and in front */
		return longer(ec.x, false);
	case 'f':
		return longer(ec.x, true);
	case 'z':
		return longer(rs.n, true);
	case 'o': /* more than the field has */
		return "__________________________________________8";
	case '0':
		return "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	case '5':
		return forge_number(512, 1);
	case '1':
		return forge_number(1024, 1);
	case '2':
		return forge_number(2047, 1);
	case '3':
		return forge_number(2048, 0xff);
	case '4':
		return forge_number(2048, 0xfe); /* even */
	case '8':
		return forge_number(8192, 1);
	case '9':
		return forge_number(8193, 1);
	default:
		ck_abort_msg("%c", letter);
	}
}

const char *forge_filled(const char *form)
{
	enum { SIZE = 300 * 1024 };
	struct buf buf;

	buf_init(&buf, arena_alloc(arena, SIZE), SIZE);
	for (; *form; form++) {
		if (*form == '$')
			buf_puts(&buf, meant(*++form));
		else
			buf_put(&buf, *form == '\'' ? "\"" : form, 1);
	}
	ck_assert(!buf.cut);
	return buf.at;
}

const char *forge_reduce(const char *bytes, size_t n, size_t *n_keys, const char **why)
{
	char *exact = unit_exact(bytes, n);
	const char *reduced = jwk_reduce(arena, exact, n, n_keys, why);

	free(exact);
	return reduced;
}
