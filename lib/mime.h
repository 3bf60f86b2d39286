/* What text becomes in a mail message: RFC 5322, 2045 and 2047. The text given is valid
 * UTF-8 without control bytes other than, in a body, the line feed. */
#ifndef LIB_MIME_H
#define LIB_MIME_H

#include "lib/text.h"

/* Quoted-printable (RFC 2045 §6.7) with CRLF lines of at most 76 bytes. */
void mime_put_body(struct buf *buf, const char *text);
/* The value of an unstructured header: as it is, or in encoded words (RFC 2047 §2). */
void mime_put_text(struct arena *arena, struct buf *buf, const char *text);
/* A display name: quoted (RFC 5322 §3.2.4), or in encoded words. */
void mime_put_phrase(struct arena *arena, struct buf *buf, const char *text);
/* RFC 5322 §3.3, in UTC: Fri, 20 Nov 2026 08:11:03 +0000 */
void mime_put_date(struct buf *buf, int64_t real_ms);

#endif
