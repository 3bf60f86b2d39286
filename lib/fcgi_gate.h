/* The strict gate before libfcgi: is a FastCGI 1.0 request there, whole and well formed?
 * libfcgi itself waits without end for the rest of a header, and has aborted, or written
 * past its memory, on lengths that do not fit (CVE-2025-23016). */
#ifndef LIB_FCGI_GATE_H
#define LIB_FCGI_GATE_H

#include "lib/base.h"

enum { FCGI_GATE_BYTES = 65536 };

enum fcgi_gate {
	FCGI_GATE_MORE, /* good so far */
	FCGI_GATE_WHOLE, /* also: a good head, and more body than FCGI_GATE_BYTES hold */
	FCGI_GATE_BAD,
};

/* Judges the first `n` bytes that a connection sent. Good is: one BEGIN_REQUEST of a
 * responder, PARAMS whose pairs fill their stream exactly, STDIN; all of one request, in
 * this order; no NUL in a name or value and no '=' in a name, which is where libfcgi
 * cuts. */
enum fcgi_gate fcgi_gate_judge(const uint8_t *bytes, size_t n) MUST_USE;

#endif
