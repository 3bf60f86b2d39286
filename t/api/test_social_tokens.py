"""What a provider says of somebody, in an ID token: what is believed of it."""

import hashlib
import hmac
import json
import time

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lib import check
from lib.issuer import make_key, public_jwk
from lib.social import CLIENT_ID, SECRET, Browser, Idp, Person, me, query_of, section, tokens, wait_discovered
from lib.stack import Stack
from lib.tokens import b64, ecdsa_sign, parts


@pytest.fixture(scope="module")
def idp():
    idp = Idp()
    yield idp
    idp.stop()


@pytest.fixture(scope="module")
def other():
    idp = Idp()
    yield idp
    idp.stop()


@pytest.fixture(scope="module")
def lk(idp, other):
    stack = Stack.start(section("corp", "oidc", idp.url) + section("other", "oidc", other.url))
    try:
        wait_discovered(stack, "corp", "other")
        yield stack
    finally:
        stack.down()


@pytest.fixture
def browser(lk):
    return Browser(lk)


# claims that are changed, the token well signed; None: left out

CLAIMS = {
    "iss of another": {"iss": "https://evil.example/"}, "no iss": {"iss": None}, "iss in an array": {"iss": ["x"]},
    "aud of another": {"aud": "another"}, "no aud": {"aud": None}, "empty aud": {"aud": []}, "aud a number": {"aud": 1},
    "aud in upper case": {"aud": CLIENT_ID.upper()}, "aud among others without azp": {"aud": [CLIENT_ID, "x"]},
    "azp of another": {"azp": "another"}, "azp of another, aud ours": {"aud": [CLIENT_ID], "azp": "another"},
    "azp an array": {"azp": [CLIENT_ID]},
    "no nonce": {"nonce": None}, "another nonce": {"nonce": "A" * 43}, "empty nonce": {"nonce": ""},
    "nonce a number": {"nonce": 1}, "nonce in an array": {"nonce": ["x"]},
    "no exp": {"exp": None}, "exp text": {"exp": str(int(time.time()) + 300)}, "exp a fraction": {"exp": time.time() + 300.5},
    "no iat": {"iat": None}, "iat text": {"iat": "now"}, "nbf text": {"nbf": "x"},
    "no sub": {"sub": None}, "empty sub": {"sub": ""}, "sub a number": {"sub": 12}, "long sub": {"sub": "x" * 256},
    "sub with a control": {"sub": "a\tb"}, "sub in an array": {"sub": ["x"]}, "sub with a letter of ours": {"sub": "\u00e9"},
}


@pytest.mark.parametrize("change", CLAIMS)
def test_claims(lk, idp, browser, change):
    refused(lk, browser, idp, **CLAIMS[change])


@pytest.mark.parametrize("name, seconds", [("exp", -3600), ("exp", -90), ("nbf", 3600), ("iat", 3600)])
def test_times(lk, idp, browser, name, seconds):
    refused(lk, browser, idp, **{name: int(time.time()) + seconds})


def test_the_nonce_of_another_login(lk, idp, browser):
    refused(lk, browser, idp, nonce=query_of(Browser(lk).start("corp"))["nonce"])


def refused(lk, browser, idp, person=None, **what):
    person = person or Person()
    answer = browser.visit("corp", idp, person, **what)
    check.problem(answer, 502, "provider_error")
    assert lk.one("SELECT count(*) FROM social_accounts WHERE subject = %s", person.sub) == 0
    assert lk.one("SELECT count(*) FROM users WHERE email_key = %s", person.email) == 0


# tokens made otherwise: of the good one's header and claims, and the provider

def sign(key, data):
    if isinstance(key, rsa.RSAPrivateKey):
        return b64(key.sign(data.encode(), padding.PKCS1v15(), hashes.SHA256()))
    return b64(ecdsa_sign(key, data))


def hs256(key):
    def forge(idp, head, claims):
        data = b64(json.dumps(dict(head, alg="HS256"))) + "." + b64(json.dumps(claims))
        return data + "." + b64(hmac.new(key(idp), data.encode(), hashlib.sha256).digest())
    return forge


def signed(head=None, text=None, key=None):
    """With the header changed, the claims in other words, or by another's key."""
    def forge(idp, header, claims):
        claims = json.dumps(claims)
        data = b64(json.dumps({**header, **(head or {})})) + "." + b64(text(claims) if text else claims)
        return data + "." + sign(key or idp.keys["first"], data)
    return forge


def unsigned(alg):
    def forge(idp, head, claims):
        return b64(json.dumps(dict(head, alg=alg))) + "." + b64(json.dumps(claims)) + "."
    return forge


def changed(change):
    """The good one's text, changed."""
    good = signed()
    return lambda *of: change(good(*of))


STRANGER = make_key()
TOKENS = {
    "none": unsigned("none"), "None": unsigned("None"), "NONE": unsigned("NONE"), "no alg": unsigned(None),
    "ES256 without a signature": unsigned("ES256"),
    "HS256 by the client's secret": hs256(lambda idp: SECRET.encode()), "HS256 by nothing": hs256(lambda idp: b"\0"),
    "HS256 by the public key": hs256(lambda idp: idp.keys["first"].public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)),
    "HS256 by the JWK": hs256(lambda idp: json.dumps(public_jwk(idp.keys["first"], "first")).encode()),
    "another's key under its kid": signed(key=STRANGER),
    "an RSA key under its kid": signed({"alg": "RS256"}, key=make_key("RS256")),
    "another's key, embedded": signed({"jwk": public_jwk(STRANGER, "x"), "kid": "x"}, key=STRANGER),
    "jku": signed({"jku": "http://127.0.0.1:1/jwks"}), "x5u": signed({"x5u": "http://127.0.0.1:1/x"}),
    "x5c": signed({"x5c": ["MIIB"]}), "crit": signed({"crit": ["exp"]}), "b64": signed({"b64": False}),
    "zip": signed({"zip": "DEF"}), "alg es256": signed({"alg": "es256"}), "alg ES384": signed({"alg": "ES384"}),
    "alg RS256": signed({"alg": "RS256"}), "kid a number": signed({"kid": 1}), "kid a path": signed({"kid": "../first"}),
    "kid of nobody": signed({"kid": "of nobody"}),
    "an access token": signed({"typ": "at+jwt"}), "a logout token": signed({"typ": "logout+jwt"}),
    "typ a number": signed({"typ": 1}),
    "sub twice": signed(text=lambda text: text[:-1] + ', "sub": "victim"}'),
    "nonce twice": signed(text=lambda text: '{"nonce": "x", ' + text[1:]),
    "an array": signed(text=lambda text: f"[{text}]"), "cut": signed(text=lambda text: text[:-1]),
    "goes on": signed(text=lambda text: text + "{}"), "a NUL": signed(text=lambda text: text[:-1] + ', "x": "\\u0000"}'),
    "not UTF-8": signed(text=lambda text: text.encode()[:-1] + b', "x": "\xff"}'), "empty": changed(lambda token: ""),
    "one part": changed(lambda token: token.split(".")[0]), "four parts": changed(lambda token: token + ".x"),
    "a dot more": changed(lambda token: token + "."), "padding": changed(lambda token: token + "="),
    "a mark": changed(lambda token: token + "!"), "a space": changed(lambda token: " " + token),
    "another subject": changed(lambda token: ".".join([token.split(".")[0], b64(json.dumps(dict(
        parts(token)[1], sub="victim"))), token.split(".")[2]])),
    "of 17 kB": changed(lambda token: token + "A" * 17000),
    "a JWE": changed(lambda token: ".".join(token.split(".") + ["x", "y"])),
}


@pytest.mark.parametrize("way", TOKENS)
def test_tokens(lk, idp, browser, way):
    refused(lk, browser, idp, tamper=lambda token: TOKENS[way](idp, *parts(token)[:2]))


def test_the_forger_can_do_well(idp, browser):
    tokens(browser.visit("corp", idp, Person(), tamper=lambda token: signed()(idp, *parts(token)[:2])))


def test_signed_by_another_provider(lk, idp, other, browser):
    """Whoever runs one provider is nobody at another, whatever it says there."""
    by_other = signed(key=other.keys["first"])
    refused(lk, browser, idp, tamper=lambda token: by_other(idp, *parts(token)[:2]))
    refused(lk, browser, idp, iss=other.url, tamper=lambda token: by_other(idp, *parts(token)[:2]))


def test_the_same_subject_at_two_providers(lk, idp, other, browser):
    ann = Person()
    bob = Person(sub=ann.sub)
    first = me(browser.c, tokens(browser.visit("corp", idp, ann)))
    second = me(browser.c, tokens(browser.visit("other", other, bob)))
    assert first["id"] != second["id"]


def test_no_token_at_all(lk, idp, browser):
    refused(lk, browser, idp, tamper=lambda token: None)


# what is as good

@pytest.mark.parametrize("what", [
    {"aud": [CLIENT_ID]}, {"aud": [CLIENT_ID, "x"], "azp": CLIENT_ID}, {"azp": CLIENT_ID}, {"header": {"typ": None}},
    {"header": {"typ": "jwt"}}, {"exp": int(time.time()) + 86400}, {"nbf": 0}, {"picture": "https://x.example/" + "a" * 2000},
    {"sub": "x" * 255}, {"sub": "auth0|5f7c", "name": "\U0001f600"}, {"header": {"x": "y"}},
], ids="+".join)
def test_accepted(idp, browser, what):
    person = Person()
    if "sub" in what:
        person.sub = what.pop("sub")
    assert me(browser.c, tokens(browser.visit("corp", idp, person, **what)))["email"] == person.email


@pytest.mark.parametrize("iss, status", [(None, 200), ("own", 200), ("https://evil.example/", 502), ("", 502)])
def test_the_issuer_of_the_answer(idp, browser, iss, status):
    """RFC 9207"""
    begun = idp.callback(browser.start("corp"), Person())
    answer = browser.back("corp", dict(begun, **({"iss": idp.url if iss == "own" else iss} if iss is not None else {})))
    assert answer.status == status, answer
    if status != 200:
        check.problem(answer, 502, "provider_error")
