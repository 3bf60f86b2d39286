"""A client that sends exactly the bytes it is told to, from an address of its own."""

import base64
import http.client
import itertools
import json
import os
import random
import socket
import ssl
import threading
import time
import urllib.parse

BASE = "/api/v1"

_tls = ssl.create_default_context()
_tls.check_hostname = False
_tls.verify_mode = ssl.CERT_NONE

# Every client gets an address of 127/8 nobody else has, so no test meets the limits of
# another; the start is random for runs against the same stack.
_start = random.SystemRandom().randrange(1 << 22)
_count = itertools.count()


def new_address():
    n = (_start + next(_count)) % (1 << 22) + (1 << 16)
    return "127.%d.%d.%d" % (n >> 16, n >> 8 & 255, n & 255)


_ids = itertools.count()


def new_id():
    return "t%d-%d-%06d" % (os.getpid(), _start % 1000, next(_ids))


class Answer:
    def __init__(self, status, headers, body, ms, request_id=None):
        self.status, self.headers, self.body, self.ms = status, headers, body, ms
        self.sent_id = request_id

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def header(self, name):
        values = self.all(name)
        assert len(values) <= 1, f"{name} comes {len(values)} times: {values}"
        return values[0] if values else None

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json.get("code") if self.body[:1] == b"{" else None

    @property
    def id(self):
        return self.header("X-Request-Id")

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:600]!r}>"


def _bytes(text):
    return text if isinstance(text, bytes) else text.encode("utf-8")


class Client:
    def __init__(self, port, address=None, agent="latchkey-test/1"):
        self.port, self.address, self.agent = port, address or new_address(), agent

    def open(self, timeout=20, alpn=None, segment=None):
        """`segment`: bytes of TCP's segments, of which a few are kept unread (None: as the system has it)."""
        tcp = socket.socket()
        if segment:
            tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment)
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * segment)
        tcp.settimeout(timeout)
        tcp.bind((self.address, 0))
        tcp.connect(("127.0.0.1", self.port))
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        context = _tls
        if alpn:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.set_alpn_protocols(alpn)
        return context.wrap_socket(tcp, server_hostname="localhost")

    def build(self, method, path, *, json=None, form=None, body=None, headers=(),
              basic=None, bearer=None, base=BASE, request_id=None, type=None):
        lines = [("Host", f"127.0.0.1:{self.port}"), ("User-Agent", self.agent),
                 ("X-Request-Id", request_id or new_id()), ("Connection", "close")]
        if json is not None:
            body, type = _json(json), type or "application/json"
        if form is not None:
            body = urllib.parse.urlencode(form)
            type = type or "application/x-www-form-urlencoded"
        if basic is not None:
            text = basic if isinstance(basic, bytes) else ":".join(basic).encode()
            lines.append(("Authorization", b"Basic " + base64.b64encode(text)))
        if bearer is not None:
            lines.append(("Authorization", "Bearer " + bearer))
        if type is not None:
            lines.append(("Content-Type", type))
        body = b"" if body is None else _bytes(body)
        if body or method in ("POST", "PUT", "PATCH"):
            lines.append(("Content-Length", str(len(body))))
        given = {n.lower() for n, _ in headers}
        lines = [p for p in lines if p[0].lower() not in given] + list(headers)
        head = b"".join(_bytes(n) + b": " + _bytes(v) + b"\r\n" for n, v in lines if v is not None)
        start = _bytes(method) + b" " + _bytes(base) + _bytes(path) + b" HTTP/1.1\r\n"
        return start + head + b"\r\n" + body

    def send(self, method, path, *, sock=None, timeout=20, **what):
        request_id = what.setdefault("request_id", new_id())
        data = self.build(method, path, **what)
        return self.raw(data, method=method, sock=sock, timeout=timeout, request_id=request_id)

    def raw(self, data, *, method=None, sock=None, timeout=20, request_id=None):
        sock = sock or self.open(timeout)
        with sock:
            start = time.monotonic()
            try:
                sock.sendall(data)
            except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
                pass  # refused before the whole was read: the answer may be there
            answer = http.client.HTTPResponse(sock, method=method or data.split(b" ", 1)[0].decode("latin-1"))
            answer.begin()
            body = answer.read()
            ms = (time.monotonic() - start) * 1000
        return Answer(answer.status, answer.getheaders(), body, ms, request_id)

    def get(self, path, **what):
        return self.send("GET", path, **what)

    def post(self, path, json=None, **what):
        return self.send("POST", path, json=json, **what)

    def login(self, login, password, method="POST", **what):
        return self.send(method, "/login", basic=(login, password), **what)


def _json(value):
    return value if isinstance(value, (str, bytes)) else json.dumps(value)


def together(calls, timeout=60):
    """Sends at once: every call in a thread of its own, its connection up before the common
    barrier falls. A call is (client, positional arguments of send, named ones)."""
    calls = list(calls)
    barrier = threading.Barrier(len(calls))
    results = [None] * len(calls)

    def run(i, client, args, kw):
        try:
            sock = client.open(timeout)
            barrier.wait(timeout)
            results[i] = client.send(*args, sock=sock, timeout=timeout, **kw)
        except Exception as problem:  # handed to the caller, below
            barrier.abort()
            results[i] = problem

    threads = [threading.Thread(target=run, args=(i, c, a, k)) for i, (c, a, k) in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout)
    problems = [r for r in results if isinstance(r, Exception)]
    for problem in problems:
        if not isinstance(problem, threading.BrokenBarrierError):
            raise problem
    assert not problems, problems
    assert None not in results
    return results
