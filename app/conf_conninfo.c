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

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

struct redis_server conf_redis(const struct conf *conf)
{
	struct redis_server server = {
		.user = or_null(conf->redis_user),
		.password = or_null(conf->redis_password),
	};

	if (conf->redis_sentinels.n) {
		server.n_sentinels = conf->redis_sentinels.n;
		server.sentinels = conf->redis_sentinels.at;
		server.master = conf->redis_master_name;
		server.sentinel_password = or_null(conf->redis_sentinel_password);
	} else if (*conf->redis_socket) {
		server.socket = conf->redis_socket;
	} else {
		server.host = conf->redis_host;
		server.port = (int)conf->redis_port;
	}
	return server;
}
