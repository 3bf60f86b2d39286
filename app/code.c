#include "app/code.h"

#include "lib/crypto.h"
#include "lib/secret.h"
#include "lib/text.h"

/* Crockford's alphabet: no I, L, O and U */
static const char DIGITS[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

enum { DIGIT_BITS = 5, CODE_BYTES = CODE_LEN * DIGIT_BITS / 8 };

static void put_field(struct buf *buf, const char *text, size_t max)
{
	size_t n = strlen(text);

	INVARIANT(n <= max);
	buf_put(buf, text, n);
}

static void encode(const uint8_t bytes[CODE_BYTES], char out[CODE_SIZE])
{
	uint64_t bits = 0;

	for (size_t i = 0; i < CODE_BYTES; i++)
		bits = bits << 8 | bytes[i];
	for (size_t i = CODE_LEN; i-- > 0; bits >>= DIGIT_BITS)
		out[i] = DIGITS[bits & 31];
	out[CODE_LEN] = '\0';
}

void code_derive(const struct jwt_key *key, const char *purpose, const char *email_key,
		 const char *nonce, char out[CODE_SIZE])
{
	char memory[CODE_PURPOSE_MAX + CODE_EMAIL_KEY_MAX + CODE_NONCE_MAX + 3];
	uint8_t mac[CRYPTO_SHA256_LEN];
	struct buf buf;

	buf_init(&buf, memory, sizeof memory);
	put_field(&buf, purpose, CODE_PURPOSE_MAX);
	buf_put(&buf, "", 1);
	put_field(&buf, email_key, CODE_EMAIL_KEY_MAX);
	buf_put(&buf, "", 1);
	put_field(&buf, nonce, CODE_NONCE_MAX);
	INVARIANT(!buf.cut);
	crypto_hmac_sha256(key->secret, key->secret_len, buf.at, buf.len, mac);
	encode(mac, out);
	secret_wipe(mac, sizeof mac);
}

/* '\0': no digit of a code */
static char digit(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'O')
		return '0';
	if (c == 'I' || c == 'L')
		return '1';
	return c && strchr(DIGITS, c) ? c : '\0';
}

bool code_read(const char *typed, char out[CODE_SIZE])
{
	char code[CODE_SIZE] = "";
	size_t n = 0;

	for (; *typed; typed++) {
		if (strchr(" \t\r\n-", *typed))
			continue;
		if (n == CODE_LEN || !digit(*typed))
			return false;
		code[n++] = digit(*typed);
	}
	if (n != CODE_LEN)
		return false;
	memcpy(out, code, CODE_SIZE);
	secret_wipe(code, sizeof code);
	return true;
}

void code_pretty(const char code[CODE_SIZE], char out[CODE_PRETTY_SIZE])
{
	struct buf buf;

	buf_init(&buf, out, CODE_PRETTY_SIZE);
	buf_printf(&buf, "%.4s-%s", code, code + CODE_LEN / 2);
}
