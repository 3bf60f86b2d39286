#include "app/conf.h"
#include "lib/text.h"

/* PostgreSQL 15, 34.1.1.1: a value in single quotes, \ before ' and \. */
static void put_quoted(struct buf *out, const char *value)
{
	buf_puts(out, " password='");
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			buf_put(out, "\\", 1);
		buf_put(out, value, 1);
	}
	buf_put(out, "'", 1);
}

/* 34.1.1.2: a parameter of the URI, percent-encoded (RFC 3986 §2.1). */
static void put_parameter(struct buf *out, bool first, const char *value)
{
	buf_puts(out, first ? "?password=" : "&password=");
	for (; *value; value++)
		buf_printf(out, "%%%02X", (unsigned)(unsigned char)*value);
}

const char *conf_conninfo(struct arena *arena, const struct conf *conf, const char *base)
{
	const char *password = conf->database_password;
	size_t size = strlen(base) + 3 * strlen(password) + sizeof " password=''";
	struct buf out;

	if (!*password)
		return base;
	buf_init(&out, arena_alloc(arena, size), size);
	buf_puts(&out, base);
	if (text_starts(base, "postgresql://") || text_starts(base, "postgres://"))
		put_parameter(&out, !strchr(base, '?'), password);
	else
		put_quoted(&out, password);
	INVARIANT(!out.cut);
	return out.at;
}

struct redis_server conf_redis(const struct conf *conf)
{
	return (struct redis_server){
		.socket = *conf->redis_socket ? conf->redis_socket : NULL,
		.host = conf->redis_host,
		.port = (int)conf->redis_port,
		.user = *conf->redis_user ? conf->redis_user : NULL,
		.password = *conf->redis_password ? conf->redis_password : NULL,
	};
}
