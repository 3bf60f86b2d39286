"""An OpenID provider, t/node/provider.js, as a process of a test's own: an issuer of machine
tokens as Auth0 is, or one that people log in at."""

import json
import os
import queue
import subprocess
import threading
import uuid

import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from lib.issuer import as_jwk, make_key
from lib.stack import ROOT, free_port
from lib.tokens import b64, ecdsa_sign

START_SECONDS = 30


class Provider:
    """`settings` are those of provider.js but port and jwks. It runs from start() to stop();
    its keys stay over that, until rotate()."""

    def __init__(self, algs=("RS256", "ES256"), **settings):
        self.port, self.algs, self.settings = free_port(), algs, settings
        self.url = f"http://127.0.0.1:{self.port}"
        self._process = None
        self._make_keys()

    def _make_keys(self):
        self.keys = {}  # alg: (kid, private key, private JWK)
        for alg in self.algs:
            key, kid = make_key(alg), f"{alg.lower()}-{uuid.uuid4().hex[:12]}"
            self.keys[alg] = kid, key, dict(as_jwk(key), kid=kid, alg=alg, use="sig")

    def start(self):
        what = dict(self.settings, port=self.port, jwks={"keys": [jwk for _, _, jwk in self.keys.values()]})
        self.requests = []  # "METHOD PATH" of each since the start
        self._process = subprocess.Popen(["node", os.path.join(ROOT, "t/node/provider.js")], text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        ready = queue.Queue()
        threading.Thread(target=self._read, args=(self._process.stdout, ready), daemon=True).start()
        try:
            assert ready.get(timeout=START_SECONDS), "the provider ended at its start"
        except BaseException:
            self.stop()
            raise
        return self

    def _read(self, lines, ready):
        for line in lines:
            if line.startswith("ready "):
                ready.put(True)
            elif line.split(" ")[0].isupper():
                self.requests.append(line.strip())
        ready.put(False)

    def stop(self):
        if self._process:
            self._process.stdin.close()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    def rotate(self):
        """The same with other keys."""
        self.stop()
        self._make_keys()
        return self.start()

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def token(self, audience, scope="", client=("machine", "secret")):
        """A machine's access token, by the grant of client_credentials."""
        answer = requests.post(self.url + "/token", auth=client, timeout=10, data={
            "grant_type": "client_credentials", "resource": audience, **({"scope": scope} if scope else {})})
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def sign(self, claims, by="RS256", /, **header):
        """Any claims and header, with its key of the algorithm `by`."""
        kid, key, _ = self.keys[by]
        return sign(key, {"alg": by, "typ": "JWT", "kid": kid, **header}, claims)

    def log_in(self, url, sub, client=None):
        """Goes from an authorization URL to the redirect to the application, as a browser
        does: its Location. `sub` None: the user says no."""
        browser = client or requests.Session()
        page = browser.get(url, timeout=10)
        form = {"login": sub, "action": "login"} if sub else {"action": "deny"}
        answer = browser.post(page.url, data=form, timeout=10, allow_redirects=False)
        while answer.is_redirect and answer.headers["Location"].startswith(self.url + "/"):
            answer = browser.get(answer.headers["Location"], timeout=10, allow_redirects=False)
        assert answer.is_redirect, answer.text
        return answer.headers["Location"]


def sign(key, header, claims):
    """With a private key of its own kind's algorithm, whatever the header says."""
    data = b64(json.dumps(header)) + "." + b64(json.dumps(claims))
    if isinstance(key, rsa.RSAPrivateKey):
        return data + "." + b64(key.sign(data.encode(), padding.PKCS1v15(), hashes.SHA256()))
    return data + "." + b64(ecdsa_sign(key, data))


def machine(client_id="machine", client_secret="secret"):
    """A row of `clients` for client_credentials."""
    return {"client_id": client_id, "client_secret": client_secret, "grant_types": ["client_credentials"],
            "redirect_uris": [], "response_types": []}


def application(client_id, client_secret, *redirect_uris):
    """A row of `clients` for logins."""
    return {"client_id": client_id, "client_secret": client_secret, "grant_types": ["authorization_code"],
            "redirect_uris": redirect_uris, "response_types": ["code"]}
