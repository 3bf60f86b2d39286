"""Providers of social login that answer as they should, or in any other way: what becomes of
the login, of other logins, and what `latchkeyctl provider check` says."""

import concurrent.futures
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse

import pytest

from lib import check, issuer as ways
from lib.ctl import answer as ctl_answer, command, text
from lib.http import together
from lib.issuer import make_key, send, status, whole
from lib.log import Log
from lib.social import (SECRET, Browser, Idp, Person, linked, oauth2, query_of, said_by_yandex, section, tokens,
                        user_info, wait_discovered)
from lib.stack import Stack, free_port
from lib.wait import wait_for

NAMES = ("yandex", "plain", "corp", "hung", "dead")
TOKEN, INFO = "/token", "/info?format=json"
CALL_S = 3
BEARER = user_info("Bearer", lambda person: {"key": int(person.sub), "mail": person.email, "sure": person.verified})


@pytest.fixture(scope="module")
def idps():
    found = {name: Idp() for name in NAMES}
    for name, idp in found.items():
        idp.info = user_info("OAuth", said_by_yandex) if name == "yandex" else BEARER
        behave(idp)
    yield found
    for idp in found.values():
        with contextlib.suppress(OSError):
            idp.stop()


@pytest.fixture(scope="module")
def lk(idps):
    fields = {"subject_field": "key", "email_field": "mail", "email_verified_field": "sure", "email_verified": "claim"}
    stack = Stack.start(
        oauth2("yandex", "yandex", idps["yandex"], email_verified="yes") +
        oauth2("plain", "oauth2", idps["plain"], **fields) + section("corp", "oidc", idps["corp"].url) +
        oauth2("hung", "oauth2", idps["hung"], **fields) + oauth2("dead", "oauth2", idps["dead"], **fields))
    stack.outside = Log(stack.path("log", "outside.log"))
    try:
        wait_discovered(stack, "corp")
        yield stack
    finally:
        stack.down()


@pytest.fixture(autouse=True)
def behaving(idps):
    yield
    for idp in idps.values():
        behave(idp)


def behave(idp):
    idp.reset()
    idp.answers[INFO] = idp.info


def person():
    return Person(sub=str(time.time_ns() // 1000))  # a number that JSON holds


def visit(lk, idps, name, who=None):
    """A login from the beginning to the end."""
    return Browser(lk).visit(name, idps[name], who or person())


def failures(lk, answer):
    """What was logged of this request's provider."""
    return [line for line in lk.outside.lines()
            if line["event"] == "provider_failed" and line.get("request_id") == answer.id]


# well

@pytest.mark.parametrize("name", ["yandex", "plain", "corp"])
def test_a_login(lk, idps, name):
    who = person()
    pair = tokens(visit(lk, idps, name, who))
    (account,) = linked(lk.client(), pair)
    assert (account["provider"], account["subject"], account["email"]) == (name, who.sub, who.email)
    again = tokens(visit(lk, idps, name, who))
    assert linked(lk.client(), again) == [account]


def test_the_secret_is_where_each_wants_it(lk, idps):
    for name, in_body in (("yandex", True), ("plain", False), ("corp", False)):
        tokens(visit(lk, idps, name))
        form = idps[name].asked[-1]
        assert ("client_secret" in form) == ("client_id" in form) == in_body, form
        assert form["redirect_uri"] == f"{lk.env['URL']}/api/v1/social/auth/{name}"


def test_a_key_just_published(lk, idps):
    idp = idps["corp"]
    browser = Browser(lk)
    url = browser.start("corp")
    idp.keys["second"] = make_key()
    start = time.monotonic()
    tokens(browser.back("corp", idp.callback(url, person(), by="second")))
    assert time.monotonic() - start < CALL_S
    assert idp.hits[ways.JWKS] >= 2


# badly

@whole
def to_itself(idp, handler):
    send(handler, 302, b'{"access_token":"x","token_type":"bearer"}', {"Location": idp.url + "redirected"})


@whole
def slow_head(idp, handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not idp.ended.wait(0.1):
        handler.wfile.write(b"X: y\r\n")


HOSTILE = {
    "hang": ways.hang, "drip": ways.drip, "slow head": slow_head, "gigabyte": ways.gigabyte, "broken off": ways.broken_off,
    "not HTTP": ways.not_http, "redirect": to_itself, "500": status(500, b"{}"), "401": status(401, b'{"error":"no"}'),
    "400": status(400, b'{"error":"invalid_grant"}'), "204": status(204, b""), "empty": status(200, b""),
    "html": status(200, b"<!doctype html><title>Sign in</title>"), "array": status(200, b"[]"), "nothing in it": status(200),
    "deep": status(200, b'{"a":' + b"[" * 100000 + b"]" * 100000 + b"}"), "not UTF-8": status(200, b'{"a":"\xff"}'),
    "many": status(200, b"{" + b",".join(b'"%d":1' % i for i in range(20000)) + b"}"),
    "dense": status(200, b'{"a":[' + b"0," * 131000 + b"0]}"),
    "XML": status(200, b"<user><id>1</id></user>"),
}


@pytest.mark.parametrize("way", HOSTILE)
@pytest.mark.parametrize("path", [TOKEN, INFO])
def test_hostile(lk, idps, path, way):
    idp = idps["plain"]
    idp.answers[path] = HOSTILE[way]
    start = time.monotonic()
    answer = visit(lk, idps, "plain")
    assert time.monotonic() - start < CALL_S + 1
    check.problem(answer, 502, "provider_error")
    (line,) = wait_for(lambda: failures(lk, answer), 2)
    assert (line["provider"], line["level"]) == ("plain", "warn") and line["why"]
    assert line["at"] in (("token endpoint",) if path == TOKEN else ("user info", "subject")), line
    assert idp.hits["/redirected"] == 0
    assert idp.sent < 8 << 20
    behave(idp)
    tokens(visit(lk, idps, "plain"))  # it is well again, and so are we


def test_a_code_that_is_wrong(lk, idps):
    """However many come, the provider is not taken for dead."""
    for _ in range(5):
        browser = Browser(lk)
        state = query_of(browser.start("plain"))["state"]
        answer = browser.back("plain", {"code": "made up", "state": state})
        check.problem(answer, 502, "provider_error")
        (line,) = wait_for(lambda: failures(lk, answer), 2)
        assert (line["status"], line["error"]) == ("400", "invalid_grant")
    tokens(visit(lk, idps, "plain"))


# what others notice of it

def visitors(lk, idps, name, n):
    """n browsers about to come back from there, with what they bring."""
    browsers = [Browser(lk) for _ in range(n)]
    return [(browser, idps[name].callback(browser.start(name), person())) for browser in browsers]


def come_back(name, pairs):
    """All at once: their answers."""
    def call(browser, query):
        method, path, what = browser.request("GET", f"/social/auth/{name}?" + urllib.parse.urlencode(query))
        return browser.c, (method, path), what
    return together([call(*pair) for pair in pairs])


@pytest.fixture
def aside():
    """To run what takes a while beside the test: aside(function, ...).result()"""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        yield pool.submit


def test_one_that_hangs_slows_nobody(lk, idps, user, aside):
    hung, n = idps["hung"], 9
    pairs = visitors(lk, idps, "hung", n)
    hung.answers[TOKEN] = ways.hang
    crowd = aside(come_back, "hung", pairs)
    wait_for(lambda: hung.hits[TOKEN] == 2, 5, "two are not with it")
    took = []
    while sum(took) < 1.5:
        before = time.monotonic()
        for name in ("yandex", "corp"):
            tokens(visit(lk, idps, name))
        lk.login(user)
        took.append(time.monotonic() - before)
    assert max(took) < 1, took
    answers = crowd.result()
    assert sorted(answer.status for answer in answers) == [502] * 2 + [503] * (n - 2)
    assert hung.at_once[TOKEN] == 2
    took = sorted(answer.ms for answer in answers if answer.status == 503)
    assert took[n - 5] < 500 and 1000 <= took[n - 4] <= took[n - 3] < 2000, took  # but for two, refused at once
    busy = next(i for i, answer in enumerate(answers) if answer.status == 503)
    check.problem(answers[busy], 503, "overloaded")
    assert int(answers[busy].header("Retry-After")) > 0
    behave(hung)
    browser, query = pairs[busy]
    tokens(browser.back("hung", query))  # nothing was spent: it comes again


def test_four_at_once_take_turns_at_a_slow_one(lk, idps):
    slow = idps["plain"]
    pairs = visitors(lk, idps, "plain", 4)
    slow.at_once.clear()
    slow.wait = 0.15
    for answer in come_back("plain", pairs):
        tokens(answer)
    assert slow.at_once[TOKEN] <= 2


def test_who_is_killed_makes_room(lk, idps, aside):
    hung = idps["hung"]
    first, later = visitors(lk, idps, "hung", 2), visitors(lk, idps, "hung", 2)
    hung.answers[TOKEN] = ways.hang
    hung.hits[TOKEN] = 0
    crowd = aside(come_back, "hung", first)
    wait_for(lambda: hung.hits[TOKEN] == 2, 5, "two are not with it")
    old = lk.workers("outs", "outside")
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    assert [answer.status for answer in crowd.result()] == [502, 502]
    wait_for(lambda: len(lk.workers("outs", "outside") - old) == 6, 10, "there are no new ones")
    behave(hung)
    for answer in come_back("hung", later):
        tokens(answer)


def test_one_that_is_dead_is_left_alone(lk, idps):
    dead = idps["dead"]
    tokens(visit(lk, idps, "dead"))
    pairs = visitors(lk, idps, "dead", 4)
    dead.stop()
    for browser, query in pairs[:3]:
        answer = browser.back("dead", query)
        check.problem(answer, 502, "provider_error")
        assert wait_for(lambda: failures(lk, answer), 2)[0]["why"] == "the connection was refused"
    shut = time.monotonic()
    dead.start()
    dead.hits[TOKEN] = 0
    answer = pairs[3][0].back("dead", pairs[3][1])
    check.problem(answer, 502, "provider_error")
    (line,) = wait_for(lambda: failures(lk, answer), 2)
    assert "failed too often" in line["why"] and dead.hits[TOKEN] == 0 and answer.ms < 500
    assert [line["ms"] for line in lk.outside.lines() if line["event"] == "provider_left_alone"
            and line["provider"] == "dead"] == ["5000"]
    tokens(visit(lk, idps, "yandex"))
    wait_for(lambda: visit(lk, idps, "dead").status == 200, 12, "it is still left alone", every=0.5)
    assert time.monotonic() - shut > 4.5
    for answer in come_back("dead", visitors(lk, idps, "dead", 2)):
        tokens(answer)


# latchkeyctl provider check

def findings(said):
    return {row["name"]: row for row in said["checks"]}


def test_check_openid(lk, idps):
    code, said, errors = ctl_answer(lk, "provider", "check", "corp")
    base = idps["corp"].url.rstrip("/")
    found = findings(said)
    assert (said["issuer"], said["token_url"], said["jwks_url"]) == (idps["corp"].url, base + TOKEN, base + "/jwks")
    assert said["callback_url"] == lk.env["URL"] + "/api/v1/social/auth/corp"
    assert (said["scope"], said["email_verified"], said["client_id"]) == ("openid email", "claim", "the application")
    assert said["keys"] == [{"kid": kid, "alg": "ES256"} for kid in idps["corp"].keys]
    assert set(found) == {"client_secret", "discovery", "scope", "algorithms", "authentication", "authorize_url", "token_url"}
    assert code == 0 and all(row["ok"] for row in found.values()), (found, errors)
    assert SECRET not in str(said)
    shown = text(lk, "provider", "check", "corp")
    assert "WRONG" not in shown and said["callback_url"] in shown and base + TOKEN in shown


def test_check_oauth2(lk, idps):
    code, said, _ = ctl_answer(lk, "provider", "check", "yandex")
    assert code == 0 and said["keys"] == [] and said["jwks_url"] is None
    assert (said["issuer"], said["scope"], said["email_verified"]) == ("https://login.yandex.ru", "login:email", "yes")
    assert set(findings(said)) == {"client_secret", "authorize_url", "token_url", "userinfo_url"}


@pytest.fixture
def elsewhere(lk, tmp_path):
    """latchkeyctl with these sections alone."""
    def ask(conf, name="x"):
        path = tmp_path / "latchkey.conf"
        path.write_text(conf)
        path.chmod(0o600)
        done = subprocess.run([command(lk)[0], "--config", path, "--json", "provider", "check", name],
                              capture_output=True, text=True, timeout=60)
        return done.returncode, json.loads(done.stdout or "{}"), done.stderr
    return ask


def wrong(said):
    return {name: row["detail"] for name, row in findings(said).items() if not row["ok"]}


def test_check_finds_what_is_wrong(idps, elsewhere):
    idp = idps["corp"]
    good = section("x", "oidc", idp.url)
    assert "no [provider y]; those there are: x" in elsewhere(good, "y")[2]

    code, said, errors = elsewhere(section("x", "oidc", idp.url.rstrip("/")))
    assert code == 1 and "of another issuer" in wrong(said)["discovery"] and "put right" in errors

    idp.answers[ways.DISCOVERY] = idp.discovery(token_endpoint_auth_methods_supported=["private_key_jwt"])
    assert "neither client_secret_basic nor" in wrong(elsewhere(good)[1])["authentication"]
    idp.reset()

    assert "what algorithms allows" in wrong(elsewhere(good + "algorithms = RS256\n")[1])["algorithms"]
    assert "no openid" in wrong(elsewhere(good + "scope = email openidx\n")[1])["scope"]

    nowhere = f"http://127.0.0.1:{free_port()}/"
    assert "connection was refused" in wrong(elsewhere(section("x", "oidc", nowhere))[1])["discovery"]
    said = elsewhere(good + f"token_url = {nowhere}t\n")[1]
    assert said["token_url"] == nowhere + "t"
    assert set(wrong(said)) == {"token_url"} and "connection was refused" in wrong(said)["token_url"]

    idp.answers[ways.JWKS] = {"keys": []}
    assert set(wrong(elsewhere(good)[1])) == {"discovery"}


def test_check_without_the_secret(lk, idps):
    """By somebody who may not read it."""
    directory = tempfile.mkdtemp(dir="/tmp")
    try:
        os.chmod(directory, 0o755)
        tool = shutil.copy(command(lk)[0], directory)
        files = {"conf": section("x", "oidc", idps["corp"].url, client_secret="", client_secret_file=directory + "/secret"),
                 "secret": SECRET}
        for name, content in files.items():
            with open(os.path.join(directory, name), "w") as file:
                file.write(content)
        os.chmod(directory + "/conf", 0o644)
        os.chmod(directory + "/secret", 0o000)
        done = subprocess.run([tool, "--config", directory + "/conf", "--json", "provider", "check", "x"], text=True,
                              capture_output=True, timeout=60, **({"user": "nobody"} if os.geteuid() == 0 else {}))
        assert done.returncode == 0, done.stderr
        assert "cannot be read by this user" in findings(json.loads(done.stdout))["client_secret"]["detail"]
    finally:
        shutil.rmtree(directory)


# last: nothing of it is anywhere

def test_no_secret_was_logged(lk, idps):
    for name in ("yandex", "plain", "corp"):
        tokens(visit(lk, idps, name))
    secrets = {SECRET, "its%20secret"}
    for idp in idps.values():
        for form in idp.asked:
            secrets |= {form.get(name, "") for name in ("code", "code_verifier")}
        secrets |= {code for code in idp.codes} | {grant["id_token"] for grant in idp.codes.values()}
    secrets -= {"", "made up"}
    assert len(secrets) > 12
    for name in os.listdir(lk.path("log")):
        with open(lk.path("log", name), errors="replace") as file:
            logged = file.read()
        for secret in secrets:
            assert secret not in logged, (name, secret)
