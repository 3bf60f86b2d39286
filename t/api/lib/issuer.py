"""An outside issuer on loopback: discovery and keys, counted, and every way of misbehaving."""

import collections
import contextlib
import http.server
import json
import threading
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.utils import base64url_decode, base64url_encode

DISCOVERY, JWKS = "/.well-known/openid-configuration", "/jwks"


def make_key(alg="ES256", bits=2048):
    if alg == "RS256":
        return rsa.generate_private_key(65537, bits)
    return ec.generate_private_key(ec.SECP256R1())


def as_jwk(key):
    """Of a public or private key, with the leading zeros (RFC 7518 §6.2.1.2) that PyJWT leaves out."""
    kind = RSAAlgorithm if isinstance(key, (rsa.RSAPrivateKey, rsa.RSAPublicKey)) else ECAlgorithm
    jwk = json.loads(kind.to_jwk(key))
    jwk.pop("key_ops", None)
    for name in {"x", "y", "d"} & set(jwk) if kind is ECAlgorithm else ():
        jwk[name] = base64url_encode(base64url_decode(jwk[name]).rjust(32, b"\0")).decode()
    return jwk


def public_jwk(key, kid, **more):
    return {**as_jwk(key.public_key()), "kid": kid, "use": "sig", **more}


class Issuer:
    """Runs from the start; stop() and start() keep the port. What is answered at a path is
    `answers[path]`: a document, bytes, or a function of the request's handler."""

    def __init__(self, max_age=600):
        self.port, self.max_age, self.wait = 0, max_age, 0
        self.keys = {"first": make_key()}
        self._lock = threading.Lock()
        self.forget()
        self.sent = 0  # bytes of endless answers
        self.ended = threading.Event()  # lets go of those who hang
        self._server = None
        self.start()
        self.answers = {}
        self.reset()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def reset(self):
        self.ended.set()
        self.ended = threading.Event()
        self.wait = 0
        self.answers = {DISCOVERY: self.discovery, JWKS: self.jwks}

    def forget(self):
        """Counts from here on; who was asked before and has not answered yet is not counted."""
        with self._lock:
            self.hits = collections.Counter()
            self.at_once = collections.Counter()  # the most requests there were at the same time
            self._now = collections.Counter()

    # what it says when it behaves

    def discovery(self, **more):
        base = self.url.rstrip("/")
        return {"issuer": self.url, "jwks_uri": base + JWKS, "authorization_endpoint": base + "/authorize",
                "token_endpoint": base + "/token", "response_types_supported": ["code"],
                "id_token_signing_alg_values_supported": ["ES256", "RS256"], **more}

    def jwks(self):
        return {"keys": [public_jwk(key, kid) for kid, key in self.keys.items()]}

    def token(self, kid, **claims):
        """Signed with the key of that name, or with one that is not published."""
        key = self.keys.get(kid) or make_key()
        now = int(time.time())
        return jwt.encode({"iss": self.url, "iat": now, "exp": now + 600, **claims}, key,
                          "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256", headers={"kid": kid})

    # the server

    def start(self):
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.ended.set()
        self.ended = threading.Event()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self):
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                with contextlib.suppress(ConnectionError):
                    issuer._answer(self)

            def log_message(self, *_):
                pass

        return Handler

    @contextlib.contextmanager
    def _counted(self, path):
        with self._lock:
            now = self._now
            self.hits[path] += 1
            now[path] += 1
            self.at_once[path] = max(self.at_once[path], now[path])
        try:
            yield
        finally:
            with self._lock:
                now[path] -= 1

    def _answer(self, handler):
        with self._counted(handler.path):
            answer = self.answers.get(handler.path, b"")
            if self.wait:
                self.ended.wait(self.wait)
            if callable(answer) and getattr(answer, "whole", False):
                answer(self, handler)
                return
            body = answer() if callable(answer) else answer
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        # counted no more: who has the whole answer may come again at once
        send(handler, 200, body, {"Cache-Control": f"public, max-age={self.max_age}"})


def send(handler, status, body=b"", headers=()):
    handler.send_response(status)
    for name, value in dict(headers).items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def whole(function):
    """Of an answer that sends all of it by itself."""
    function.whole = True
    return function


# how it misbehaves

def status(code, body=b"{}", **headers):
    return whole(lambda issuer, handler: send(handler, code, body, headers))


@whole
def hang(issuer, handler):
    issuer.ended.wait(60)


@whole
def drip(issuer, handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    while not issuer.ended.wait(0.1):
        handler.wfile.write(b" ")


@whole
def gigabyte(issuer, handler):
    handler.send_response(200)
    handler.end_headers()
    for _ in range(1 << 14):
        issuer.sent += handler.wfile.write(b" " * (1 << 16))


@whole
def broken_off(issuer, handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"keys":')


@whole
def not_http(issuer, handler):
    handler.wfile.write(b"220 mail.example ESMTP\r\n")
