"""[issuer NAME]: access tokens of an outside issuer, as Auth0 is one, on the private API. The
issuers are oidc-provider (t/node/provider.js)."""

import hmac
import json
import random
import statistics
import time
import uuid

import pytest
from cryptography.hazmat.primitives import serialization

from lib import check
from lib.http import together
from lib.provider import Provider, machine, sign
from lib.stack import Stack, new_name
from lib.tokens import b64
from lib.wait import wait_for

AUDIENCE = "https://api.example.org/"
SCOPES = "read:roles create:roles delete:roles"


@pytest.fixture(scope="module")
def auth0():
    """RS256, tokens of type JWT, permissions."""
    resource = {"scope": SCOPES, "alg": "RS256", "permissions": ["validate:roles", "no scope"]}
    with Provider(clients=[machine()], resources={AUDIENCE: resource}, plain_jwt=True) as provider:
        yield provider


@pytest.fixture(scope="module")
def rfc9068():
    """ES256, tokens of type at+jwt."""
    resource = {"scope": SCOPES, "alg": "ES256"}
    with Provider(("ES256",), clients=[machine()], resources={AUDIENCE: resource}) as provider:
        provider.issued = provider.token(AUDIENCE, SCOPES)
        yield provider


@pytest.fixture(scope="module")
def lk(auth0, rfc9068):
    stack = Stack.start(f"""
[issuer auth0]
issuer = {auth0.url}
audience = {AUDIENCE}
algorithms = RS256
allow_http = yes

[issuer other]
issuer = {rfc9068.url}
audience = {AUDIENCE}
scopes = read:roles validate:roles
allow_http = yes
""")
    wait_for(lambda: stack.one("SELECT count(*) FROM outside_issuers WHERE jwks IS NOT NULL") == 2, 10, "no keys")
    yield stack
    stack.down()


@pytest.fixture
def token(auth0):
    return auth0.token(AUDIENCE, "read:roles")


def claims(auth0, **change):
    now = int(time.time())
    body = {"iss": auth0.url, "aud": AUDIENCE, "sub": "machine@clients", "azp": "machine", "iat": now, "exp": now + 600,
            "scope": "read:roles", **change}
    return {name: value for name, value in body.items() if value is not None}


def ask(lk, token):
    return lk.client().get("/roles/", bearer=token)


def good(lk, token):
    answer = ask(lk, token)
    assert answer.status == 200, answer
    return True


def refused(lk, token):
    answer = ask(lk, token)
    check.problem(answer, 401, "invalid_token")
    assert 'error="invalid_token"' in answer.header("WWW-Authenticate")


def long_ago(lk):
    """As if no key had been asked for in the last 30 s."""
    lk.sql("UPDATE outside_issuers SET wanted_at = NULL, asked_at = NULL")


def held_roles(lk, token, path="/users/{0}/roles/{0}"):
    return lk.client().send("HEAD", path.format(uuid.uuid4()), bearer=token).status


def test_scopes(lk, token):
    """From `scope` and `permissions`, and no others."""
    c, name = lk.client(), new_name()
    good(lk, token)
    assert held_roles(lk, token) == 404  # it may ask
    answer = c.post("/roles/", {"name": name}, bearer=token)
    check.problem(answer, 403, "insufficient_scope")
    assert lk.one("SELECT count(*) FROM roles WHERE name = %s", name) == 0


def test_only_permissions(lk, auth0):
    token = auth0.token(AUDIENCE)
    assert held_roles(lk, token) == 404
    assert ask(lk, token).status == 403


def test_what_it_does_is_written_down(lk, auth0):
    c, name = lk.client(), new_name()
    made = c.post("/roles/", {"name": name}, bearer=auth0.token(AUDIENCE, SCOPES))
    assert made.status == 201, made
    assert lk.one("SELECT actor FROM audit WHERE event = 'role_created' AND detail LIKE %s", f"%{name}%") == \
        "client:auth0:machine"
    assert c.send("DELETE", "/roles/" + made.json["id"], bearer=auth0.token(AUDIENCE, SCOPES)).status == 204


def test_verify(lk, token):
    answer = lk.client().get("/auth/verify?scope=read:roles&scope=validate:roles", bearer=token)
    assert answer.status == 204 and answer.header("X-Auth-Client-Id") == "auth0:machine"
    assert answer.header("X-Auth-Scope") == "read:roles validate:roles"
    assert lk.client().get("/auth/verify?scope=create:roles", bearer=token).status == 403


def test_a_scope_said_twice_is_there_once(lk, auth0):
    token = auth0.sign(claims(auth0, scope="read:roles a read:roles", permissions=["read:roles", "b", "a"]))
    assert lk.client().get("/auth/verify", bearer=token).header("X-Auth-Scope") == "read:roles a b"


def test_not_a_user(lk, token):
    assert lk.client().get("/users/me", bearer=token).status in (401, 403)


def test_another_form(lk, rfc9068):
    """ES256 and at+jwt; of its scopes only those that the settings let it give."""
    good(lk, rfc9068.issued)
    answer = lk.client().post("/roles/", {"name": new_name()}, bearer=rfc9068.issued)
    check.problem(answer, 403, "insufficient_scope")
    assert lk.client().get("/auth/verify", bearer=rfc9068.issued).header("X-Auth-Client-Id") == "other:machine"


def test_signed_by_hand(lk, auth0):
    """What the refusals below are changes of."""
    good(lk, auth0.sign(claims(auth0)))
    good(lk, auth0.sign(claims(auth0, aud=["https://elsewhere.example/", AUDIENCE])))


CHANGES = {
    "another audience": {"aud": "https://elsewhere.example/"},
    "other audiences": {"aud": [AUDIENCE + "x", AUDIENCE[:-1]]},
    "no audience": {"aud": None},
    "expired": {"exp": 1700000000},
    "no end": {"exp": None},
    "not yet": {"nbf": 4000000000},
    "an issuer that is not trusted": {"iss": "https://elsewhere.example"},
    "nearly the issuer": {"iss": "{}/"},
    "no issuer": {"iss": None},
    "nobody": {"sub": None, "azp": None},
    "an id that would split a header": {"azp": "a\r\nX-Auth-User-Id: b"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_refused(lk, auth0, change):
    changed = {name: value.format(auth0.url) if isinstance(value, str) else value
               for name, value in CHANGES[change].items()}
    refused(lk, auth0.sign(claims(auth0, **changed)))


def test_the_algorithm_is_the_settings(lk, auth0):
    """Its ES256 key is published, and signs well."""
    refused(lk, auth0.sign(claims(auth0), "ES256"))


def test_keys_of_others(lk, auth0, rfc9068):
    (kid, key, jwk), body = auth0.keys["RS256"], claims(auth0)
    refused(lk, Provider(("RS256",)).sign(body, kid=kid))
    for alg in ("ES256", "RS256"):
        refused(lk, sign(rfc9068.keys["ES256"][1], {"alg": alg, "kid": kid}, body))
        refused(lk, sign(rfc9068.keys["ES256"][1], {"alg": alg, "kid": rfc9068.keys["ES256"][0]},
                         dict(body, iss=rfc9068.url, aud="another")))
    for secret in ("secret", jwk["n"], key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)):
        data = b64(json.dumps({"alg": "HS256", "kid": kid})) + "." + b64(json.dumps(body))
        refused(lk, data + "." + b64(hmac.digest(secret if isinstance(secret, bytes) else secret.encode(),
                                                 data.encode(), "sha256")))


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}, {"alg": "RS384"}, {"alg": "PS256"}, {"alg": "rs256"},
                                    {"alg": None}, {"crit": ["exp"]}, {"b64": False}, {"zip": "DEF"}, {"jwk": {}},
                                    {"jku": "http://127.0.0.1/"}, {"typ": "secevent+jwt"}], ids=str)
def test_headers(lk, auth0, header):
    """With the right key and claims."""
    refused(lk, auth0.sign(claims(auth0), **header))


def test_a_new_key(lk, auth0):
    """The first who comes with it is asked to come again in a second."""
    long_ago(lk)
    old = auth0.token(AUDIENCE, "read:roles")
    good(lk, old)
    auth0.rotate()
    new, begin = auth0.token(AUDIENCE, "read:roles"), time.monotonic()
    first = ask(lk, new)
    check.problem(first, 503, "keys_pending")
    assert first.header("Retry-After") == "1"

    def known():
        answer = ask(lk, new)
        assert answer.status == 200 or answer.code == "keys_pending", answer
        return answer.status == 200
    wait_for(known, 5, "the new key is not known")
    assert time.monotonic() - begin < 3
    assert auth0.requests.count("GET /jwks") == 1
    wait_for(lambda: ask(lk, old).status == 401, 5, "the old key is still good")  # all workers look anew by then


def test_once_in_30_seconds(lk, auth0):
    long_ago(lk)
    auth0.rotate()
    wait_for(lambda: ask(lk, auth0.sign(claims(auth0))).status == 200, 5)
    auth0.rotate()
    new = auth0.token(AUDIENCE, "read:roles")
    wait_for(lambda: ask(lk, new).status == 401, 5, "keys are pending that nobody fetches")
    assert auth0.requests.count("GET /jwks") == 0
    lk.sql("UPDATE outside_issuers SET wanted_at = wanted_at - interval '31 s', asked_at = asked_at - interval '31 s'")
    check.problem(ask(lk, new), 503, "keys_pending")
    wait_for(lambda: ask(lk, new).status == 200, 5, "the new key is not known")
    assert auth0.requests.count("GET /jwks") == 1


@pytest.mark.parametrize("older", ["DELETE FROM outside_issuers WHERE section = 'issuer auth0'",
                                   "UPDATE outside_issuers SET issuer = 'https://before.example/'"
                                   " WHERE section = 'issuer auth0'"], ids=["no row", "another issuer"])
def test_outside_has_older_settings(lk, token, older):
    """As while `serve` has taken the new ones already: nobody can tell yet whether the token is good."""
    long_ago(lk)
    good(lk, token)
    lk.sql(older)

    def pending():
        answer = ask(lk, token)
        assert answer.status == 200 or (answer.code, answer.header("Retry-After")) == ("keys_pending", "1"), answer
        return answer.status == 503
    wait_for(pending, 10, "the keys are still known")
    lk.part("restart", "outside")
    wait_for(lambda: not pending(), 10, "the keys were not fetched")


def test_outage(lk, auth0):
    """The last good keys go on, in new processes too, for 24 hours."""
    long_ago(lk)
    token = auth0.token(AUDIENCE, "read:roles")
    good(lk, token)
    auth0.stop()
    lk.sql("UPDATE outside_issuers SET due_at = now()")
    for part in ("outside", "serve"):
        lk.part("restart", part)
    wait_for(lambda: lk.one("SELECT last_error FROM outside_issuers WHERE section = 'issuer auth0'"), 10,
             "it was not tried")
    for _ in range(20):
        good(lk, token)
    left = lk.one("SELECT extract(epoch FROM good_until - now())::float FROM outside_issuers"
                  " WHERE section = 'issuer auth0'")
    assert 23.9 * 3600 < left <= 24 * 3600
    unknown = auth0.sign(claims(auth0), kid="unknown")
    check.problem(ask(lk, unknown), 503, "keys_pending")
    wait_for(lambda: ask(lk, unknown).status == 401, 15, "keys are pending for ever")

    lk.sql("UPDATE outside_issuers SET good_until = now() WHERE section = 'issuer auth0'")
    wait_for(lambda: ask(lk, token).status != 200, 5, "keys are good for ever")
    auth0.start()
    long_ago(lk)
    wait_for(lambda: ask(lk, token).status == 200, 10, "it did not come back")


def test_documents_that_are_too_large_are_none(lk, auth0, token):
    """Whoever has the role of `latchkeyd outside` can write what it never would: no worker dies of it."""
    workers, begun = lk.workers(), len(lk.log.lines())
    (kept,) = lk.sql("SELECT metadata, version FROM outside_issuers WHERE section = 'issuer auth0'")
    lk.sql("UPDATE outside_issuers SET metadata = repeat('x', 20000000), version = nextval('outside_versions')"
           " WHERE section = 'issuer auth0'")
    answer = wait_for(lambda: (answer := ask(lk, token)).status != 200 and answer, 5, "they are taken")
    lk.sql("UPDATE outside_issuers SET metadata = %s, version = %s WHERE section = 'issuer auth0'", *kept)
    assert answer.code in ("invalid_token", "keys_pending"), answer
    wait_for(lambda: ask(lk, token).status == 200, 5, "it did not come back")
    assert lk.workers() == workers
    assert [line for line in lk.log.lines()[begun:] if line["level"] == "error"] == []


def test_many_keys_that_are_nowhere(lk, auth0, rfc9068):
    """At most one fetch, and nobody else feels it (t/bench/kids measures more)."""
    long_ago(lk)
    before = auth0.requests.count("GET /jwks")
    calls = [(lk.client(), ("GET", "/roles/"), {"bearer": auth0.sign(claims(auth0), kid=uuid.uuid4().hex)})
             for _ in range(450)]
    calls += [(lk.client(), ("GET", "/roles/"), {"bearer": rfc9068.issued}) for _ in range(50)]
    random.Random(1).shuffle(calls)
    others = []
    for at in range(0, len(calls), 50):
        for (_, _, what), answer in zip(calls[at:at + 50], together(calls[at:at + 50])):
            if what["bearer"] == rfc9068.issued:
                assert answer.status == 200, answer
                others.append(answer.ms)
            else:
                assert (answer.status, answer.code) in ((401, "invalid_token"), (503, "keys_pending")), answer
    assert auth0.requests.count("GET /jwks") - before <= 1
    assert statistics.median(others) < 1000
    wait_for(lambda: ask(lk, auth0.sign(claims(auth0), kid=uuid.uuid4().hex)).status == 401, 10,
             "keys are pending that nobody fetches")
