"""Logins by a provider: a provider that can lie in every way, and browsers that go there."""

import base64
import hashlib
import json
import re
import time
import urllib.parse
import uuid

from lib.http import BASE
from lib.issuer import Issuer, send, whole
from lib.provider import sign
from lib.stack import new_email
from lib.tokens import b64
from lib.wait import wait_for

CLIENT_ID, SECRET = "the application", "its secret: %&+/"
COOKIE = "__Host-lk-"


def section(name, type, url="", **more):
    """[provider NAME]; `more` goes over what a test has by default."""
    lines = {"type": type, "issuer": url, "client_id": CLIENT_ID, "client_secret": SECRET, "allow_http": "yes", **more}
    return f"[provider {name}]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items() if value)


def oauth2(name, type, idp, **more):
    """[provider NAME] without discovery."""
    base = idp.url.rstrip("/")
    return section(name, type, authorize_url=base + "/authorize", token_url=base + "/token",
                   userinfo_url=base + "/info?format=json", **more)


def wait_discovered(lk, *names):
    """Until logins can begin there."""
    for name in names:
        wait_for(lambda name=name: lk.client().get(f"/social/login/{name}").status == 302, 15,
                 f"{name} was not discovered")


def query_of(url):
    """The parameters of an address, each once."""
    pairs = urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query, keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs), url
    return dict(pairs)


class Person:
    """Somebody with an account at a provider."""

    def __init__(self, email=None, verified=True, sub=None):
        self.sub, self.email, self.verified = sub or "sub-" + uuid.uuid4().hex, email or new_email(), verified

    @property
    def claims(self):
        return {"sub": self.sub, "email": self.email, "email_verified": self.verified}


class Idp(Issuer):
    """An OpenID provider where everybody has logged in and said yes: code() is what it gives
    for an authorization URL. Its user info is that of an OAuth 2.0 service like Yandex."""

    def __init__(self):
        self.codes = {}
        self.asked = []  # the forms that came to the token endpoint
        super().__init__()

    def reset(self):
        super().reset()
        self.answers["/token"] = redeem
        self.answers["/info?format=json"] = user_info("OAuth", said_by_yandex)

    def _handler(self):
        handler = super()._handler()
        handler.do_POST = handler.do_GET
        return handler

    def code(self, url, person, by="first", header=None, tamper=None, **claims):
        """For a person who comes with an authorization URL: the code. `claims` change the ID
        token (None: left out), `by` names the key, `tamper` makes another text of it."""
        asked = query_of(url)
        now = int(time.time())
        content = {"iss": self.url, "aud": asked["client_id"], "iat": now, "exp": now + 300,
                   **({"nonce": asked["nonce"]} if "nonce" in asked else {}), **person.claims, **claims}
        key = self.keys[by] if isinstance(by, str) else by
        head = {"alg": "ES256", "typ": "JWT", "kid": by if isinstance(by, str) else "first", **(header or {})}
        token = sign(key, {k: v for k, v in head.items() if v is not None},
                     {k: v for k, v in content.items() if v is not None})
        code = "code-" + uuid.uuid4().hex
        self.codes[code] = dict(asked, id_token=tamper(token) if tamper else token, person=person)
        return code

    def granted(self, access, grant):
        return {"access_token": access, "token_type": "bearer", "expires_in": 60, "id_token": grant["id_token"]}

    def callback(self, url, person, **what):
        """The query of the way back."""
        return {"code": self.code(url, person, **what), "state": query_of(url)["state"]}


def _body(handler):
    length = int(handler.headers.get("Content-Length") or 0)
    return dict(urllib.parse.parse_qsl(handler.rfile.read(length).decode(), strict_parsing=True))


def _knows_secret(handler, form):
    """RFC 6749 §2.3.1: by Basic, each form-encoded, or in the body."""
    if "client_secret" in form:
        return (form["client_id"], form["client_secret"]) == (CLIENT_ID, SECRET)
    pair = base64.b64decode((handler.headers.get("Authorization") or "").removeprefix("Basic ")).decode()
    return tuple(urllib.parse.unquote_plus(part) for part in pair.partition(":")[::2]) == (CLIENT_ID, SECRET)


@whole
def redeem(idp, handler):
    """The token endpoint, as strict as the RFCs."""
    form = _body(handler)
    idp.asked.append(form)
    grant = idp.codes.pop(form.get("code"), None)
    challenge = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
    if not _knows_secret(handler, form):
        send(handler, 401, b'{"error":"invalid_client"}')
    elif not grant or grant["redirect_uri"] != form.get("redirect_uri") or grant["code_challenge"] != challenge:
        send(handler, 400, b'{"error":"invalid_grant"}')
    else:
        access = "access-" + uuid.uuid4().hex
        idp.codes[access] = grant
        send(handler, 200, json.dumps(idp.granted(access, grant)).encode(), {"Content-Type": "application/json"})


def said_by_yandex(person):
    """The example of https://yandex.com/dev/id/doc/en/user-information, with the person's own."""
    return {"first_name": "Иван", "last_name": "Иванов", "display_name": "ivan", "real_name": "Иван Иванов",
            "emails": [person.email, "other-test@yandex.ru"], "default_email": person.email,
            "default_phone": {"id": 12345678, "number": "+79037659418"}, "default_avatar_id": "131652443",
            "is_avatar_empty": False, "birthday": "1987-03-12", "id": person.sub, "login": "ivan",
            "client_id": "4760187d81bc4b7799476b42b5103713", "sex": "male",
            "psuid": "1.AAceCw.tbHgw5DtJ9_zeqPrk-Ba2w.qPWSRC5v2t2IaksPJgnge"}


def user_info(scheme, document):
    """An answer of the user info: `document` of the person whose token comes in that scheme."""
    @whole
    def answer(idp, handler):
        said, _, token = (handler.headers.get("Authorization") or "").partition(" ")
        if said != scheme or token not in idp.codes:
            send(handler, 401)
        else:
            send(handler, 200, json.dumps(document(idp.codes[token]["person"])).encode(),
                 {"Content-Type": "application/json; charset=utf-8"})
    return answer


class Browser:
    """Keeps cookies, as a browser does."""

    def __init__(self, lk, client=None):
        self.lk, self.c, self.cookies = lk, client or lk.client(), {}

    def request(self, method, path, **what):
        headers = list(what.pop("headers", ()))
        if self.cookies and not any(name == "Cookie" for name, _ in headers):
            headers.append(("Cookie", "; ".join(f"{n}={v}" for n, v in self.cookies.items())))
        return method, path, dict(what, headers=headers)

    def send(self, method, path, **what):
        method, path, what = self.request(method, path, **what)
        answer = self.c.send(method, path, **what)
        for line in answer.all("Set-Cookie"):
            self.take(line)
        return answer

    def take(self, line):
        name, _, value = line.split(";")[0].partition("=")
        if "Max-Age=0" in line.split("; "):
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value

    def start(self, provider, **query):
        """GET /social/login/PROVIDER: where it sends the browser."""
        answer = self.send("GET", f"/social/login/{provider}" + ("?" + urllib.parse.urlencode(query) if query else ""))
        assert answer.status == 302, answer
        return answer.header("Location")

    def back(self, provider, query, **what):
        """The callback, with the query of the provider."""
        return self.send("GET", f"/social/auth/{provider}?" + urllib.parse.urlencode(query), **what)

    def follow(self, url, **what):
        """The same, with its whole address."""
        base = self.lk.env["URL"] + BASE
        assert url.startswith(base + "/social/auth/"), url
        return self.send("GET", url[len(base):], **what)

    def visit(self, provider, idp, person, query=(), **what):
        """A login from the beginning to the end."""
        return self.back(provider, idp.callback(self.start(provider, **dict(query)), person, **what))


def state_cookie(state):
    return COOKIE + state[:8]


def tokens(answer):
    assert answer.status == 200, answer
    assert set(answer.json) == {"access_token", "token_type", "expires_in", "refresh_token", "refresh_expires_in"}
    return answer.json


def me(client, pair):
    answer = client.get("/users/me", bearer=pair["access_token"])
    assert answer.status == 200, answer
    return answer.json


def linked(client, pair):
    """GET /users/me/social-accounts/, all of it."""
    answer = client.get("/users/me/social-accounts/?per_page=100", bearer=pair["access_token"])
    assert answer.status == 200, answer
    for item in answer.json["items"]:
        assert set(item) == {"id", "provider", "subject", "email", "created_at"}, item
        assert re.fullmatch(r"[0-9a-f-]{36}", item["id"])
    return answer.json["items"]


def link(browser, provider, idp, person, pair, **what):
    """Links the person's account to the user of the tokens; the callback's answer."""
    started = browser.send("POST", f"/social/login/{provider}", bearer=pair["access_token"])
    assert started.status == 200, started
    return browser.back(provider, idp.callback(started.json["authorization_url"], person, **what))
