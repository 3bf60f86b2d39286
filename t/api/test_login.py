"""POST and GET /login: Basic."""

import base64
import time

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib import check
from lib.stack import new_email, new_name
from lib.tokens import parts

ACCESS = {"iss", "aud", "sub", "jti", "sid", "client_id", "token_use", "iat", "nbf", "exp", "auth_time",
          "amr", "roles", "rev", "fresh"}
REFRESH = {"iss", "aud", "sub", "jti", "sid", "gen", "token_use", "iat", "nbf", "exp"}


def authorize(c, value, method="POST"):
    return c.send(method, "/login", headers=[("Authorization", value)])


def b64(data):
    return base64.b64encode(data if isinstance(data, bytes) else data.encode())


def refused(answer):
    check.problem(answer, 401, "invalid_credentials")
    assert answer.header("WWW-Authenticate") == check.BASIC


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("login", ["username", "email"])
def test_token_answer(lk, user, method, login):
    start = int(time.time())
    answer = user.client.login(getattr(user, login), user.password, method)
    assert answer.status == 200, answer
    check.private(answer, token=True)
    body = answer.json
    assert set(body) == {"access_token", "token_type", "expires_in", "refresh_token", "refresh_expires_in"}
    assert (body["token_type"], body["expires_in"], body["refresh_expires_in"]) == ("Bearer", 600, 30 * 86400)

    header, claims = parts(body["access_token"])
    assert header["alg"] == "ES256" and header["typ"] == "at+jwt" and set(header) == {"alg", "typ", "kid"}
    assert set(claims) == ACCESS
    assert claims["sub"] == user.id and claims["client_id"] == "latchkey" and claims["token_use"] == "access"
    assert claims["fresh"] is True and claims["exp"] - claims["iat"] == 600 and claims["amr"] == ["pwd"]
    assert start - 1 <= claims["auth_time"] <= claims["iat"] + 1 <= time.time() + 2
    assert claims["iss"] == lk.conf["web"]["public_url"]

    header, refresh = parts(body["refresh_token"])
    assert header["alg"] == "HS256" and header["typ"] == "JWT"
    assert set(refresh) == REFRESH and refresh["token_use"] == "refresh"
    assert refresh["sid"] == claims["sid"] and refresh["sub"] == user.id
    assert abs(refresh["exp"] - start - 90 * 86400) <= 2 and refresh["aud"] != claims["aud"]


def test_others_can_verify_the_access_token(lk, user):
    token = lk.login(user)["access_token"]
    document = user.client.get("/.well-known/jwks.json", base="").json
    key = jwt.PyJWKSet.from_dict(document)[parts(token)[0]["kid"]].key
    claims = jwt.decode(token, key, ["ES256"], audience=parts(token)[1]["aud"],
                        issuer=lk.conf["web"]["public_url"])
    assert claims["sub"] == user.id


def test_each_login_is_a_session(lk, user):
    agent = "Mozilla/5.0 (X11; Linux x86_64) test/\"<é>"
    client = lk.client(agent=agent)
    sids = {parts(lk.login(user, client)["refresh_token"])[1]["sid"] for _ in range(3)}
    assert len(sids) == 3
    rows = lk.sql("SELECT user_id::text, host(ip), user_agent, method, epoch, gen, ended_at FROM sessions "
                  "WHERE id = ANY(%s::uuid[])", list(sids))
    assert rows == [(user.id, client.address, agent, "basic",
                     lk.one("SELECT epoch FROM users WHERE id=%s", user.id), 1, None)] * 3


def test_login_history(lk, user):
    client = lk.client(agent="Mozilla/5.0 (iPhone; CPU iPhone OS 16_0 like Mac OS X) Mobile/15E148")
    assert client.login(user.username, user.password + "x").status == 401
    assert client.login(user.email, user.password).status == 200
    rows = lk.sql("SELECT success, method, host(ip), user_agent, device_type FROM login_history "
                  "WHERE user_id = %s ORDER BY created_at", user.id)
    assert rows == [(good, "basic", client.address, client.agent, "mobile") for good in (False, True)]


@pytest.mark.parametrize("change", [str.upper, str.lower, str.title])
def test_names_in_any_case(lk, change):
    user = lk.register(username=new_name("cAse"))
    assert user.client.login(change(user.username), user.password).status == 200
    assert user.client.login(change(user.email), user.password).status == 200


@pytest.mark.parametrize("scheme", [b"Basic ", b"basic ", b"BASIC ", b"bAsIc ", b"Basic  "])
def test_scheme_in_any_case(user, scheme):
    answer = authorize(user.client, scheme + b64(f"{user.username}:{user.password}"))
    assert answer.status == 200, answer


def test_only_the_first_colon_separates(lk, c):
    user = lk.register(c, password="co:lon:Quartz::91:")
    assert c.login(user.username, user.password).status == 200
    assert c.login(user.username, "co").status == 401


def test_long_password_at_login(lk, c):
    user = lk.register(c, password="я7" * 128)
    assert c.login(user.username, user.password).status == 200
    assert c.login(user.username, user.password[:-1]).status == 401
    assert c.login(user.username, user.password + "x").status == 401


def test_refusals_look_alike(lk, c, user):
    inactive, without = lk.register(), lk.register()
    lk.sql("UPDATE users SET active = false WHERE id = %s", inactive.id)
    lk.sql("UPDATE users SET password_hash = NULL WHERE id = %s", without.id)
    answers = [c.send("POST", "/login", basic=pair, request_id="same") for pair in (
        (user.username, "wrong-password"), (user.email, "wrong-password"), (new_name(), user.password),
        (new_email(), user.password),
        (inactive.username, inactive.password), (without.username, without.password), (without.email, ""))]
    for answer in answers:
        refused(answer)
    assert len({answer.body for answer in answers}) == 1


def test_without_credentials(c):
    for method in ("GET", "POST"):
        answer = c.send(method, "/login")
        problem = check.problem(answer, 401)
        assert problem["code"] in ("invalid_credentials", "token_missing")
        assert answer.header("WWW-Authenticate") == check.BASIC


def bad_basics(name, password):
    """Each is malformed though it carries the right name and password somewhere."""
    good = f"{name}:{password}".encode()
    coded = b64(good)
    while coded.endswith(b"="):  # so that the forms with padding and without differ as meant
        good += b"x"
        coded = b64(good)
    padded = b64(good + b"y")
    return {
        "no colon": b"Basic " + b64(name + password), "empty": b"Basic", "empty value": b"Basic ",
        "colon alone": b"Basic " + b64(":"),
        "no name": b"Basic " + b64(":" + password), "no password": b"Basic " + b64(name + ":"),
        "raw": b"Basic " + good,
        "unpadded": b"Basic " + padded.rstrip(b"="), "overpadded": b"Basic " + coded + b"=",
        "padding twice": b"Basic " + padded + b"=",
        "url alphabet": b"Basic " + b64(f"{name}:\u00ff\u00fe>>>???") .replace(b"+", b"-").replace(b"/",
            b"_"),
        "space inside": b"Basic " + coded[:8] + b" " + coded[8:], "mark": b"Basic !" + coded,
        "text after": b"Basic " + coded + b" x",
        "comma": b"Basic " + coded + b", Basic " + coded, "scheme alone twice": b"Basic Basic " + coded,
        "tab": b"Basic\t" + coded,
        "no space": b"Basic" + coded, "other scheme": b"Digest " + coded, "bearer": b"Bearer " + coded,
        "negotiate": b"Negotiate " + coded,
        "NUL in name": b"Basic " + b64(name[:2] + "\0" + name[2:] + ":" + password),
        "NUL after": b"Basic " + b64(good + b"\0"),
        "NUL cut": b"Basic " + b64(f"{name}:{password}\0x"),
        "newline": b"Basic " + b64(f"{name}\n:{password}"),
        "CR in password": b"Basic " + b64(f"{name}:{password}\r\n"),
        "DEL": b"Basic " + b64(f"{name}\x7f:{password}"),
        "bad UTF-8": b"Basic " + b64(name.encode() + b":\xff\xfe" + password.encode()),
        "overlong": b"Basic " + b64(name.encode() + b":\xc0\x80"),
        "surrogate": b"Basic " + b64(name.encode() + b":\xed\xa0\x80"),
        "latin-1": b"Basic " + b64(name.encode() + b":Z\xfcrich"),
        "too long": b"Basic " + b64(f"{name}:" + "x" * 1600),
        "7 kB": b"Basic " + b64(f"{name}:" + "x" * 5000),
        "long name": b"Basic " + b64("x" * 300 + ":" + password),
        "sql": b"Basic " + b64("' OR 1=1 --:" + password),
        "wildcards": b"Basic " + b64("%:" + password),
        "redis": b"Basic " + b64("x\r\nFLUSHALL\r\n:" + password),
        "quoted": b'Basic "' + coded + b'"', "non-canonical": b"Basic " + noncanonical(padded),
        "spaces": b"Basic " + b64(f" {name} :{password}"),
    }


def noncanonical(coded):
    """The padding's spare bits set."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    bare = coded.rstrip(b"=")
    return bare[:-1] + bytes([alphabet[alphabet.index(bare[-1]) + 1]]) + coded[len(bare):]


NAMES = sorted(bad_basics("n", "p"))


@pytest.mark.parametrize("name", NAMES)
def test_hostile_basic(lk, c, name):
    value = bad_basics(new_name(), "Quartz-fjord-91")[name]
    refused(authorize(c, value))


@pytest.mark.parametrize("form", ["space inside", "overpadded", "text after", "comma", "tab", "no space",
                                  "bearer", "other scheme",
                                  "NUL cut", "newline", "CR in password", "DEL", "mark", "raw", "quoted"])
def test_right_password_in_a_bad_form(user, form):
    refused(authorize(user.client, bad_basics(user.username, user.password)[form]))


def test_two_authorizations(user):
    good = ("Authorization", b"Basic " + b64(f"{user.username}:{user.password}"))
    bad = ("Authorization", b"Basic " + b64("x:y"))
    for pair in ([good, bad], [bad, good]):
        answer = user.client.send("POST", "/login", headers=pair)
        assert answer.status in (200, 400, 401) and (answer.status != 200 or pair[0] is good), answer


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.binary(max_size=400).map(lambda b: b"Basic " + base64.b64encode(b)),
                 st.binary(max_size=200).map(lambda b: b"Basic " + b.translate(None, b"\r\n\0"))))
def test_any_bytes(lk, value):
    answer = authorize(lk.client(), value)
    assert answer.status in (400, 401, 415, 422) and answer.ms < 2000, (value, answer)
