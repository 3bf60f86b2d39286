#!/usr/bin/python3 -Wignore
"""A server of somebody else's, at its worst. Prints its ports as KEY=VALUE, one a line, an
empty line, and runs until its standard input ends. DIR gets the certificates.
    fetch_server.py DIR ADDRESS"""

import datetime
import gzip
import itertools
import json
import pathlib
import re
import socket
import ssl
import struct
import sys
import threading
import time
import zlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BODY_MAX = 256 * 1024
TLS_HANDSHAKE = b"\x16"  # RFC 8446 §5.1
hits = {}  # by path


def head(*lines, status="200 OK"):
    return "\r\n".join((f"HTTP/1.1 {status}", *lines, "", "")).encode("latin-1")


def sized(body, *lines, status="200 OK"):
    return head(f"Content-Length: {len(body)}", *lines, status=status) + body


def endless(first, piece, wait=0.0):
    """Sends until nobody listens any more."""
    def answer(sock, _):
        sock.sendall(first)
        for i in itertools.count():
            sock.sendall(piece(i) if callable(piece) else piece)
            if wait:
                time.sleep(wait)
    return answer


def stall(sock, _):
    sock.recv(1)


def then_stall(first):
    def answer(sock, request):
        sock.sendall(first)
        stall(sock, request)
    return answer


def reset(sock, _):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def echo(sock, request):
    sock.sendall(sized(request, "Content-Type: text/plain; charset=utf-8", "Set-Cookie: a=b; Path=/"))


def tell_hits(sock, _):
    sock.sendall(sized(json.dumps(hits).encode()))


def deflated(levels):
    """Zeros, so often compressed that each byte stands for many."""
    text = bytes(1 << 20)
    for _ in range(levels):
        text = gzip.compress(text * 8)
    return text


CHUNKED = "Transfer-Encoding: chunked"
ANSWERS = {
    "/ok": sized(b"{}", "Content-Type: application/json", "Cache-Control: public, max-age=600"),
    "/400": sized(b"", status="400 Bad Request"),
    "/404": sized(b"no", status="404 Not Found"),
    "/500": sized(b"", status="500 Oh"),
    "/204": head(status="204 No Content"),
    "/304": head(status="304 Not Modified"),
    "/401": sized(b"", 'WWW-Authenticate: Basic realm="x"', status="401 Unauthorized"),
    "/no-length": head() + b"until the end",
    "/chunked": head(CHUNKED) + b"3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nX-Trailer: 1\r\n\r\n",
    "/nul": sized(b"a\0b"),
    "/interim": head(status="103 Early Hints") + head(status="100 Continue") + sized(b"x"),
    "/age/twice": sized(b"", "Cache-Control: max-age=600", "Cache-Control: no-store"),
    "/age/none": sized(b"", "Content-Type: a/b"),
    "/302": sized(b"", "Location: /elsewhere", status="302 Found"),
    "/307": sized(b"", "Location: /elsewhere", status="307 Temporary Redirect"),
    "/302/file": sized(b"", "Location: file:///etc/passwd", status="302 Found"),
    "/refresh": sized(b"x", "Refresh: 0; url=/elsewhere"),
    "/full": sized(bytes(BODY_MAX)),
    # too much
    "/huge/said": sized(bytes(BODY_MAX + 1)),
    "/huge/only-said": then_stall(head("Content-Length: 1099511627776")),
    "/huge/unsaid": endless(head(), bytes(65536)),
    "/huge/chunked": endless(head(CHUNKED), b"10000\r\n" + bytes(65536) + b"\r\n"),
    "/huge/chunk-size": endless(head(CHUNKED) + b"7fffffffffffffff\r\n", bytes(65536)),
    "/huge/headers": endless(b"HTTP/1.1 200 OK\r\n", lambda i: b"X-%d: y\r\n" % i),
    "/huge/header": endless(b"HTTP/1.1 200 OK\r\nX: ", bytes([120]) * 1024),
    "/huge/fold": endless(b"HTTP/1.1 200 OK\r\nX: y\r\n", b" z\r\n"),
    "/huge/interim": endless(b"", head(status="100 Continue")),
    "/huge/trailers": endless(head(CHUNKED) + b"1\r\na\r\n0\r\n", lambda i: b"X-%d: y\r\n" % i),
    "/huge/status": endless(b"HTTP/1.1 200 ", b"O" * 1024),
    # encoded
    "/gzip": sized(deflated(1), "Content-Encoding: gzip"),
    "/gzip/not": sized(b"{}", "Content-Encoding:\tgzip "),
    "/gzip/transfer": sized(deflated(3), "Transfer-Encoding: gzip"),
    "/gzip/transfer/chunked": head("transfer-encoding: gzip, chunked") + b"0\r\n\r\n",
    "/gzip/transfer/twice": head(CHUNKED, "Transfer-Encoding:gzip") + b"0\r\n\r\n",
    "/gzip/transfer/folded": head("Transfer-Encoding: chunked,", " gzip") + b"0\r\n\r\n",
    "/gzip/transfer/below": head("Transfer-Encoding:", " gzip") + b"0\r\n\r\n",
    "/deflate": sized(zlib.compress(bytes(1 << 20)), "Content-Encoding: deflate"),
    "/br": sized(b"x", "Content-Encoding: br"),
    # not what it says
    "/short": head("Content-Length: 100") + b"not so much",
    "/long": head("Content-Length: 2") + b"more than that",
    "/chunked/cut": head(CHUNKED) + b"5\r\nab",
    "/chunked/bad": head(CHUNKED) + b"zz\r\nab\r\n0\r\n\r\n",
    "/length/negative": head("Content-Length: -1") + b"x",
    "/length/word": head("Content-Length: many") + b"x",
    "/close": b"",
    "/close/half": b"HTTP/1.1 2",
    "/close/head": b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n",
    "/reset": reset,
    "/garbage": bytes(range(256)) * 4,
    "/ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
    "/http/0.9": b"<p>hello",
    "/http/3": b"HTTP/3.7 200 OK\r\nContent-Length: 1\r\n\r\nx",
    "/status/0": head(status="000 No"),
    "/status/99": head(status="99 No"),
    "/status/101": head("Upgrade: x", "Connection: upgrade", status="101 Switching"),
    "/status/600": sized(b"", status="600 No"),
    "/status/999": sized(b"", status="999 No"),
    "/status/word": head(status="good"),
    "/header/nul": head("X: a\0b", "Content-Length: 0"),
    # slow
    "/stall": stall,
    "/stall/line": then_stall(b"HTTP/1.1 200 OK\r\n"),
    "/stall/body": then_stall(head("Content-Length: 10") + b"x"),
    "/drip/head": endless(b"HTTP/1.1 200 OK\r\nX: ", b"x", 0.05),
    "/drip/body": endless(head("Content-Length: 1000"), b"x", 0.05),
    "/drip/chunks": endless(head(CHUNKED), b"1\r\nx\r\n", 0.05),
    "/drip/interim": endless(b"", head(status="100 Continue"), 0.1),
    "/slow/extension": endless(head(CHUNKED) + b"1;", b"x" * 1024, 0.01),
    "/echo": echo,
    "/hits": tell_hits,
}


def read_request(sock):
    request = b""
    while b"\r\n\r\n" not in request and request[:1] != TLS_HANDSHAKE:
        if not (more := sock.recv(65536)):
            return None
        request += more
    fields, _, body = request.partition(b"\r\n\r\n")
    for line in fields.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            while len(body) < int(value) and (more := sock.recv(65536)):
                request, body = request + more, body + more
    return request


def converse(sock):
    """One answer a connection, but /ok and /echo leave it open for more."""
    while request := read_request(sock):
        line = re.match(rb"[A-Z]+ (\S+) ", request)
        path = line[1].decode("latin-1") if line else "/400"
        hits[path] = hits.get(path, 0) + 1
        answer = ANSWERS.get(path, ANSWERS["/404"])
        if callable(answer):
            answer(sock, request)
        else:
            sock.sendall(answer)
        if path not in ("/ok", "/echo"):
            return


def serve(context, sock):
    hits["connections"] = hits.get("connections", 0) + 1
    try:
        with context.wrap_socket(sock, server_side=True) if context else sock as talk:
            converse(talk)
    except OSError:
        pass


def listen(context=None):
    server = socket.create_server((sys.argv[2], 0), backlog=64)

    def run():
        while True:
            sock, _ = server.accept()
            threading.Thread(target=serve, args=(context, sock), daemon=True).start()
    threading.Thread(target=run, daemon=True).start()
    return server.getsockname()[1]


def accept_nothing(kept):
    """Connections are made, and nobody is there."""
    server = socket.create_server(("127.0.0.1", 0), backlog=64)
    kept.append(server)
    return server.getsockname()[1]


def answer_no_syn(kept):
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen(0)
    kept.append(server)
    for _ in range(8):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(server.getsockname())
        kept.append(client)
    return server.getsockname()[1]


class Certificates:
    """An authority that the test may trust, and what it signed."""

    def __init__(self, folder):
        self.folder = folder
        self.ca_key = ec.generate_private_key(ec.SECP256R1())
        self.ca = self.make("the test's", self.ca_key.public_key(), authority=True)
        (folder / "ca.pem").write_bytes(self.ca.public_bytes(serialization.Encoding.PEM))

    def make(self, name, key, *, authority=False, days=1, alone=None):
        now = datetime.datetime.utcnow()
        who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (x509.CertificateBuilder().subject_name(who).public_key(key)
                   .issuer_name(who if authority or alone else self.ca.subject)
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(now - datetime.timedelta(days=30))
                   .not_valid_after(now + datetime.timedelta(days=days))
                   .add_extension(x509.BasicConstraints(authority, None), True))
        if not authority:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
        return builder.sign(alone or self.ca_key, hashes.SHA256())

    def context(self, name, *, own=False, days=1, versions=()):
        key = ec.generate_private_key(ec.SECP256R1())
        made = self.make(name, key.public_key(), days=days, alone=key if own else None)
        path = self.folder / f"{len(list(self.folder.iterdir()))}.pem"
        path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        if versions:
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            context.minimum_version, context.maximum_version = versions
        return context


def main():
    made = Certificates(pathlib.Path(sys.argv[1]))
    kept = []
    ports = {
        "HTTP": listen(),
        "TLS": listen(made.context("elsewhere.test")),
        "TLS_OTHER_NAME": listen(made.context("example.org")),
        "TLS_EXPIRED": listen(made.context("elsewhere.test", days=-1)),
        "TLS_OF_ITS_OWN": listen(made.context("elsewhere.test", own=True)),
        "TLS_OLD": listen(made.context("elsewhere.test", versions=(ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1))),
        "SILENT": accept_nothing(kept),
        "BLACKHOLE": answer_no_syn(kept),
    }
    print("".join(f"{key}={port}\n" for key, port in ports.items()), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
