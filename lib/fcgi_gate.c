#include "lib/fcgi_gate.h"

#include "lib/secret.h"

/* FastCGI Specification 1.0, section 8 */
enum { VERSION_1 = 1, BEGIN_REQUEST = 1, PARAMS = 4, STDIN = 5, RESPONDER = 1 };
enum { HEADER_LEN = 8, BEGIN_LEN = 8, NAME_MAX_LEN = 127 };

struct record {
	uint8_t type;
	unsigned id;
	const uint8_t *content;
	size_t len;
};

struct cursor {
	const uint8_t *at, *end;
};

/* The pairs, joined: one may begin in one record and end in the next. */
struct params {
	uint8_t bytes[FCGI_GATE_BYTES];
	size_t len;
};

static unsigned two_bytes(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

/* Section 3.3. The padding may still be on its way only when the record is the last. */
static enum fcgi_gate next_record(struct cursor *in, struct record *out)
{
	size_t left = (size_t)(in->end - in->at), total;

	if (left && in->at[0] != VERSION_1)
		return FCGI_GATE_BAD;
	if (left < HEADER_LEN)
		return FCGI_GATE_MORE;
	*out = (struct record){.type = in->at[1],
			       .id = two_bytes(in->at + 2),
			       .content = in->at + HEADER_LEN,
			       .len = two_bytes(in->at + 4)};
	total = HEADER_LEN + out->len + in->at[6];
	if (left < total)
		return FCGI_GATE_MORE;
	in->at += total;
	return FCGI_GATE_WHOLE;
}

static enum fcgi_gate read_begin(struct cursor *in, unsigned *id)
{
	struct record record;
	enum fcgi_gate gate = next_record(in, &record);

	if (gate != FCGI_GATE_WHOLE)
		return gate;
	if (record.type != BEGIN_REQUEST || !record.id || record.len != BEGIN_LEN ||
	    two_bytes(record.content) != RESPONDER)
		return FCGI_GATE_BAD;
	*id = record.id;
	return FCGI_GATE_WHOLE;
}

/* Records of `type` up to the empty one that ends their stream; `params` may be NULL. */
static enum fcgi_gate read_stream(struct cursor *in, unsigned id, uint8_t type,
				  struct params *params)
{
	for (;;) {
		struct record record;
		enum fcgi_gate gate = next_record(in, &record);

		if (gate != FCGI_GATE_WHOLE)
			return gate;
		if (record.type != type || record.id != id)
			return FCGI_GATE_BAD;
		if (!record.len)
			return FCGI_GATE_WHOLE;
		if (!params)
			continue;
		memcpy(params->bytes + params->len, record.content, record.len);
		params->len += record.len;
	}
}

/* Section 3.4: one byte, or four with the highest bit set. */
static bool next_length(struct cursor *in, size_t *out)
{
	if (in->at == in->end)
		return false;
	if (*in->at <= NAME_MAX_LEN) {
		*out = *in->at++;
		return true;
	}
	if (in->end - in->at < 4)
		return false;
	*out = (size_t)(two_bytes(in->at) & 0x7fff) << 16 | two_bytes(in->at + 2);
	in->at += 4;
	return true;
}

static bool are_pairs(const struct params *params)
{
	struct cursor in = {params->bytes, params->bytes + params->len};
	size_t name, value;

	while (in.at < in.end) {
		if (!next_length(&in, &name) || !next_length(&in, &value))
			return false;
		if (!name || name + value > (size_t)(in.end - in.at))
			return false;
		if (memchr(in.at, '\0', name + value) || memchr(in.at, '=', name))
			return false;
		in.at += name + value;
	}
	return true;
}

/* `params` is empty before. */
static enum fcgi_gate judge(const uint8_t *bytes, size_t n, struct params *params)
{
	struct cursor in = {bytes, bytes + n};
	unsigned id = 0;
	enum fcgi_gate gate = read_begin(&in, &id);

	if (gate == FCGI_GATE_WHOLE)
		gate = read_stream(&in, id, PARAMS, params);
	if (gate == FCGI_GATE_MORE && n == FCGI_GATE_BYTES)
		return FCGI_GATE_BAD; /* no head is that long */
	if (gate != FCGI_GATE_WHOLE)
		return gate;
	if (!are_pairs(params))
		return FCGI_GATE_BAD;
	gate = read_stream(&in, id, STDIN, NULL);
	if (gate == FCGI_GATE_MORE && n == FCGI_GATE_BYTES)
		return FCGI_GATE_WHOLE;
	return gate;
}

enum fcgi_gate fcgi_gate_judge(const uint8_t *bytes, size_t n)
{
	static struct params params; /* too big for the stack; one thread */
	enum fcgi_gate gate;

	INVARIANT(n <= FCGI_GATE_BYTES);
	gate = judge(bytes, n, &params);
	secret_wipe(params.bytes, params.len);
	params.len = 0;
	return gate;
}
