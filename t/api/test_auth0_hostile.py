"""[issuer NAME] whose keys come from a server that is broken or means harm: what was good
stays good, what is not there is refused, and nobody else feels it."""

import json
import statistics

import pytest

from lib import check, issuer as outside
from lib.issuer import JWKS, Issuer, make_key, public_jwk
from lib.machine import machine
from lib.stack import Stack
from lib.wait import wait_for

AUDIENCE = "https://api.example.org/"
FETCH_BYTES_MAX = 256 * 1024


@pytest.fixture(scope="module")
def issuer():
    issuer = Issuer()
    yield issuer
    issuer.stop()


@pytest.fixture(scope="module")
def lk(issuer):
    stack = Stack.start(f"[issuer auth0]\nissuer = {issuer.url}\naudience = {AUDIENCE}\nallow_http = yes\n")
    wait_for(lambda: known(stack), 10, "no keys")
    stack.other = machine(stack, "read:roles")
    yield stack
    stack.down()


def known(lk):
    (jwks,) = lk.sql("SELECT jwks FROM outside_issuers")[0]
    return [key["kid"] for key in json.loads(jwks)["keys"]] if jwks else None


def ask(lk, issuer, kid):
    """With a token by the key of that name."""
    token = issuer.token(kid, aud=AUDIENCE, sub="machine", scope="read:roles")
    return lk.client().get("/roles/", bearer=token)


def fetch(lk, issuer):
    """What somebody with an unknown key brings about; the times in ms that others needed
    until it was over, and what it ended with."""
    lk.sql("UPDATE outside_issuers SET wanted_at = NULL, asked_at = NULL")
    check.problem(ask(lk, issuer, "unknown"), 503, "keys_pending")
    others = []

    def over():
        answer = lk.other.send("GET", "/roles/")
        assert answer.status == 200, answer
        others.append(answer.ms)
        return lk.one("SELECT asked_at IS NOT NULL AND claimed_until IS NULL FROM outside_issuers")
    wait_for(over, 6, "the fetch does not end")
    return others, lk.one("SELECT last_error FROM outside_issuers")


@pytest.fixture
def behaving(lk, issuer):
    """It has been good until now, and will be."""
    keys = dict(issuer.keys)
    yield
    issuer.reset()
    issuer.keys = keys
    fetch(lk, issuer)
    assert known(lk) == list(keys)
    wait_for(lambda: ask(lk, issuer, "first").status == 200, 5, "it did not come back")


def keys_of(*pairs):
    return {"keys": [public_jwk(key, kid) for kid, key in pairs]}


def nested(depth):
    return b'{"keys":' + b"[" * depth + b"]" * depth + b"}"


WEAK = make_key("RS256", 1024)
ANSWERS = {
    "nothing": b"",
    "HTML": b"<html>sign in</html>",
    "no set": {"jwks": []},
    "no keys": {"keys": []},
    "null": {"keys": None},
    "weak keys": keys_of(("first", WEAK)),
    "keys of another kind": {"keys": [{"kty": "oct", "kid": "first", "k": "c2VjcmV0"}]},
    "a key off the curve": {"keys": [dict(public_jwk(make_key(), "first"), y="AAAA")]},
    "no names": keys_of((None, make_key()), (None, make_key())),
    "the same name twice": keys_of(("first", make_key()), ("first", make_key())),
    "10 000 keys": b'{"keys":[%s]}' % b",".join(
        b'{"kty":"EC","crv":"P-256","kid":"%d","x":"","y":""}' % i for i in range(10000)),
    "4 000 small keys": b'{"keys":[%s]}' % b",".join(b'{"kty":"EC","kid":"%d"}' % i for i in range(4000)),
    "deep": nested(100000),
    "cut": json.dumps(keys_of(("first", make_key()))).encode()[:-2],
    "an error": outside.status(500, b'{"keys":[]}'),
    "a redirect": outside.status(302, Location="/elsewhere"),
    "1 GB": outside.gigabyte,
    "a drip": outside.drip,
    "silence": outside.hang,
    "half": outside.broken_off,
    "no HTTP": outside.not_http,
}


@pytest.fixture
def hostile(issuer):
    """Sets what it answers; what it has misbehaved with is over by the end."""
    yield lambda what: issuer.answers.update({JWKS: ANSWERS[what]})
    issuer.reset()


@pytest.mark.parametrize("what", ANSWERS)
def test_the_last_good_keys_stay(lk, issuer, hostile, what):
    """Other requests come through at their usual pace while it is tried."""
    assert ask(lk, issuer, "first").status == 200
    hostile(what)
    issuer.sent, tried = 0, issuer.hits[JWKS]
    others, why = fetch(lk, issuer)
    assert why and issuer.hits[JWKS] == tried + 1
    assert known(lk) == ["first"]
    assert ask(lk, issuer, "first").status == 200
    wait_for(lambda: ask(lk, issuer, "unknown").status == 401, 10, "keys are pending that nobody fetches")
    assert issuer.hits[JWKS] == tried + 1
    assert statistics.median(others) < 250, sorted(others)
    assert issuer.sent < 64 * FETCH_BYTES_MAX  # what the kernel took before it was cut off


def test_good_keys_among_bad_ones(lk, issuer, behaving):
    """Each is judged by itself; of two with one name neither is taken."""
    issuer.keys.update(second=make_key("RS256"), weak=WEAK)
    twice, first = make_key(), issuer.keys["first"]
    issuer.answers[JWKS] = keys_of(("weak", WEAK), ("first", first), ("second", issuer.keys["second"]),
                                   ("twice", twice), ("twice", make_key()), (7, make_key()), ("x" * 300, make_key()))
    issuer.keys["twice"] = twice
    fetch(lk, issuer)
    assert known(lk) == ["first", "second"]
    for kid, status in (("first", 200), ("second", 200), ("weak", 401), ("twice", 401)):
        wait_for(lambda: ask(lk, issuer, kid).status == status, 6, f"{kid} is not {status}")


def test_a_key_that_was_withdrawn(lk, issuer, behaving):
    issuer.keys["second"] = make_key()
    fetch(lk, issuer)
    wait_for(lambda: ask(lk, issuer, "second").status == 200, 5)
    issuer.answers[JWKS] = keys_of(("first", issuer.keys["first"]))
    fetch(lk, issuer)
    wait_for(lambda: ask(lk, issuer, "second").status == 401, 6, "it is still good")
    assert ask(lk, issuer, "first").status == 200


def test_another_key_by_the_same_name(lk, issuer, behaving):
    """What the issuer publishes last is what counts."""
    old = issuer.token("first", aud=AUDIENCE, sub="machine", scope="read:roles")
    issuer.keys["first"] = make_key()
    fetch(lk, issuer)
    wait_for(lambda: lk.client().get("/roles/", bearer=old).status == 401, 5, "the old key is still good")
    wait_for(lambda: ask(lk, issuer, "first").status == 200, 5)
