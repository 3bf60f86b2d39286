/* Bounded text building, and the strict readers of text that came from outside.
 * Strings are NUL-terminated UTF-8; a NUL inside was refused where it entered. */
#ifndef LIB_TEXT_H
#define LIB_TEXT_H

#include <stdarg.h>

#include "lib/arena.h"

/* A buffer over the caller's memory. It never writes past `max`, always ends in a NUL,
 * and says so in `cut` when something did not fit. */
struct buf {
	char *at;
	size_t len, max;
	bool cut;
};

void buf_init(struct buf *buf, char *memory, size_t size); /* size >= 1 */
void buf_put(struct buf *buf, const char *bytes, size_t n);
void buf_puts(struct buf *buf, const char *text);
void buf_printf(struct buf *buf, const char *fmt, ...) PRINTF(2, 3);
void buf_vprintf(struct buf *buf, const char *fmt, va_list args) PRINTF(2, 0);
/* A JSON string with its quotes; what is not UTF-8 becomes U+FFFD; controls are escaped
 */
void buf_put_json(struct buf *buf, const char *text);

/* Bytes of the first character (RFC 3629: no overlong, no surrogate); 0: not UTF-8 */
size_t text_utf8_len(const char *bytes, size_t n) MUST_USE;
bool text_is_utf8(const char *bytes, size_t n) MUST_USE; /* a NUL is a character, too */
size_t text_code_points(const char *utf8) MUST_USE; /* of valid UTF-8 */
bool text_has_control(const char *text) MUST_USE; /* bytes < 0x20 or 0x7f */
bool text_is_uuid(const char *text) MUST_USE; /* RFC 9562, lower-case only */
bool text_starts(const char *text, const char *prefix) MUST_USE;
/* Every byte of a non-empty `text` is in `allowed` */
bool text_only(const char *text, const char *allowed) MUST_USE;
/* Whole text is a decimal within min..max; nothing else (no sign but '-', no space) */
bool text_number(const char *text, int64_t min, int64_t max, int64_t *out) MUST_USE;
char *text_integer(struct arena *arena, int64_t n) MUST_USE; /* decimal */
char *text_lower(struct arena *arena, const char *text) MUST_USE; /* A-Z only */
/* All of them, with `between` between two */
char *text_join(struct arena *arena, const char *const *words, size_t n,
		const char *between) MUST_USE;
char *text_trim(struct arena *arena, const char *text) MUST_USE; /* ASCII white space */

/* RFC 4648. Decoders are strict: canonical, no white space, exact padding (base64) or
 * none (base64url), hex in lower case. `*out` gets a NUL behind its last byte. */
char *text_put_hex(char *out, const void *bytes, size_t n); /* no NUL; returns its end */
char *text_hex(struct arena *arena, const void *bytes, size_t n) MUST_USE;
bool text_unhex(struct arena *arena, const char *text, uint8_t **out, size_t *n) MUST_USE;
char *base64url_encode(struct arena *arena, const void *bytes, size_t n) MUST_USE;
bool base64url_decode(struct arena *arena, const char *text, size_t len, uint8_t **out,
		      size_t *n) MUST_USE;
bool base64_decode(struct arena *arena, const char *text, size_t len, uint8_t **out,
		   size_t *n) MUST_USE;
char *base64_encode(struct arena *arena, const void *bytes, size_t n) MUST_USE;

/* application/x-www-form-urlencoded names and values, query strings too: '+' is a space,
 * %XX a byte. False: bad escape, NUL or invalid UTF-8. */
bool text_form_decode(struct arena *arena, const char *text, size_t len,
		      char **out) MUST_USE;

#endif
