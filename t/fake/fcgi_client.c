#include "t/fake/fcgi_client.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BEGIN_REQUEST = 1, END_REQUEST = 3, PARAMS = 4, STDIN = 5, STDOUT = 6 };

void fcgi_put(struct fcgi_bytes *out, uint8_t type, const void *content, size_t n)
{
	const uint8_t header[8] = {1, type, 0, 1, (uint8_t)(n >> 8), (uint8_t)n, 0, 0};

	INVARIANT(n <= 0xffff && out->n + sizeof header + n <= sizeof out->at);
	memcpy(out->at + out->n, header, sizeof header);
	if (n)
		memcpy(out->at + out->n + sizeof header, content, n);
	out->n += sizeof header + n;
}

void fcgi_put_begin(struct fcgi_bytes *out)
{
	static const uint8_t responder[8] = {0, 1};

	fcgi_put(out, BEGIN_REQUEST, responder, sizeof responder);
}

void fcgi_put_param(struct fcgi_bytes *params, const char *name, const char *value)
{
	size_t name_len = strlen(name), value_len = strlen(value);
	const uint8_t lengths[] = {(uint8_t)name_len, 0x80, (uint8_t)(value_len >> 16),
				   (uint8_t)(value_len >> 8), (uint8_t)value_len};

	memcpy(params->at + params->n, lengths, sizeof lengths);
	memcpy(params->at + params->n + sizeof lengths, name, name_len);
	memcpy(params->at + params->n + sizeof lengths + name_len, value, value_len);
	params->n += sizeof lengths + name_len + value_len;
}

void fcgi_put_request(struct fcgi_bytes *out, const char *uri, const void *body, size_t n)
{
	static struct fcgi_bytes params;
	char length[24];

	params.n = 0;
	snprintf(length, sizeof length, "%zu", n);
	fcgi_put_param(&params, "REQUEST_METHOD", n ? "POST" : "GET");
	fcgi_put_param(&params, "REQUEST_URI", uri);
	fcgi_put_param(&params, "CONTENT_LENGTH", length);
	fcgi_put_begin(out);
	fcgi_put(out, PARAMS, params.at, params.n);
	fcgi_put(out, PARAMS, NULL, 0);
	for (size_t sent = 0, some; sent < n; sent += some) {
		some = n - sent < 32768 ? n - sent : 32768;
		fcgi_put(out, STDIN, (const uint8_t *)body + sent, some);
	}
	fcgi_put(out, STDIN, NULL, 0);
}

int fcgi_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	if (!connect(fd, (const struct sockaddr *)&address, sizeof address))
		return fd;
	close(fd);
	return -1;
}

void fcgi_send(int fd, const void *bytes, size_t n)
{
	const uint8_t *at = bytes;

	while (n) {
		ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		at += sent;
		n -= (size_t)sent;
	}
}

static bool read_all(int fd, void *to, size_t n)
{
	for (uint8_t *at = to; n;) {
		ssize_t got = read(fd, at, n);

		if (got <= 0)
			return false;
		at += got;
		n -= (size_t)got;
	}
	return true;
}

bool fcgi_receive(int fd, char *out, size_t size)
{
	static char content[65536 + 256];
	uint8_t header[8];
	size_t len = 0;

	*out = '\0';
	while (read_all(fd, header, sizeof header)) {
		size_t n = (size_t)header[4] << 8 | header[5];

		if (!read_all(fd, content, n + header[6]))
			return false;
		if (header[1] == END_REQUEST)
			return true;
		if (header[1] != STDOUT)
			continue;
		INVARIANT(len + n < size);
		memcpy(out + len, content, n);
		len += n;
		out[len] = '\0';
	}
	return false;
}

bool fcgi_ask(const char *path, const char *uri, char *out, size_t size)
{
	static struct fcgi_bytes request;
	int fd = fcgi_connect(path);
	bool whole;

	if (fd < 0)
		return false;
	request.n = 0;
	fcgi_put_request(&request, uri, NULL, 0);
	fcgi_send(fd, request.at, request.n);
	whole = fcgi_receive(fd, out, size);
	close(fd);
	return whole;
}
