"""`latchkeyd outside`: what outside issuers publish comes into PostgreSQL, whatever they do,
once for all who read it there."""

import contextlib
import datetime
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import psycopg2.extras
import pytest

from lib import issuer as ways
from lib.issuer import DISCOVERY, JWKS, Issuer, make_key, public_jwk
from lib.log import Log
from lib.stack import Stack
from lib.wait import wait_for

GAP_S, LEASE_S = 30, 10  # between two wishes that are followed; of a fetch under way
TEST, OTHER, CORP = "issuer test", "issuer other", "provider corp"


def section(name, url, **more):
    lines = {"issuer": url, "audience": "x", "allow_http": "yes", **more}
    return f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items() if value)


@pytest.fixture(scope="module")
def issuers():
    all = {name: Issuer() for name in (TEST, OTHER, CORP)}
    yield all
    for issuer in all.values():
        issuer.stop()


@pytest.fixture(scope="module")
def lk(issuers, tmp_path_factory):
    secret = tmp_path_factory.mktemp("secret") / "secret"
    secret.touch(0o600)
    secret.write_text("a client's secret")
    stack = Stack.start(
        section(TEST, issuers[TEST].url) + section(OTHER, issuers[OTHER].url) +
        section(CORP, issuers[CORP].url, audience="", type="oidc", client_id="x", client_secret_file=secret))
    stack.outside = Log(stack.path("log", "outside.log"))
    yield stack
    stack.down()


@pytest.fixture
def test(lk, issuers):
    """The issuer, behaving, its row without a past."""
    issuer = issuers[TEST]
    settle(lk, TEST)
    issuer.reset()
    fetch(lk, TEST)
    lk.sql("UPDATE outside_issuers SET asked_at = NULL, wanted_at = NULL")
    issuer.forget()
    yield issuer
    issuer.reset()


def row(lk, name=TEST):
    lk.sql("SELECT 1")  # connects
    with lk._pg.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
        cursor.execute("SELECT *, now() AS now FROM outside_issuers WHERE section = %s", (name,))
        return cursor.fetchone()


def settle(lk, name=TEST, seconds=10):
    """Until nobody is fetching it."""
    return wait_for(lambda: (at := row(lk, name)) and not at["claimed_until"] and at, seconds,
                    f"{name} is still being fetched")


def make_due(lk, name=TEST):
    lk.sql("UPDATE outside_issuers SET due_at = now() WHERE section = %s", name)
    lk.sql("NOTIFY outside")


def fetch(lk, name=TEST, seconds=10):
    """Makes it due: the row after that was done, well or not."""
    before = row(lk, name)
    make_due(lk, name)
    return wait_for(lambda: (at := row(lk, name))["due_at"] > at["now"] and not at["claimed_until"] and
                    (at["fetched_at"] != before["fetched_at"] or at["failures"] != before["failures"]) and at,
                    seconds, f"{name} is not fetched")


def wish(lk, name=TEST):
    """As a worker says that a key is missing."""
    fast = lk.connect("FAST")
    with contextlib.closing(fast), fast.cursor() as cursor:
        cursor.execute("UPDATE outside_issuers SET wanted_at = now() WHERE section = %s", (name,))


def jwks_of(at):
    return {key["kid"]: key for key in json.loads(at["jwks"])["keys"]}


def said(lk, event, name=TEST):
    return [line for line in lk.outside.lines() if line["event"] == event and line.get("section") == name]


def moment(line):
    return datetime.datetime.fromisoformat(line["time"].replace("Z", "+00:00"))


def refresher(lk):
    """The one; after a reload the old one may still be ending."""
    (pid,) = wait_for(lambda: len(all := lk.workers("refr", "outside")) == 1 and all, 5, "there is not one refresher")
    return pid


# what is fetched

def test_documents_appear_at_once(lk, issuers):
    ready = next(line for line in lk.outside.lines() if line["event"] == "ready")
    assert ready["outside_workers"] == "6" and ready["refreshers"] == "1"
    for name, issuer in issuers.items():
        at = settle(lk, name)
        assert at["issuer"] == issuer.url and at["jwks_url"] == "" and at["failures"] == 0
        assert set(jwks_of(at)) == {"first"} and at["version"] > 0
        assert 86300 < (at["good_until"] - at["now"]).total_seconds() <= 86400
        assert 265 < (at["due_at"] - at["fetched_at"]).total_seconds() < 335  # 300 ± 10 %
        (line,) = said(lk, "outside_fetched", name)
        assert line["keys"] == "1" and line["ttl_s"] == "600"
        assert (moment(line) - moment(ready)).total_seconds() < 1
        assert issuer.hits == {DISCOVERY: 1, JWKS: 1}


def test_what_is_kept_of_them(lk, test):
    at = row(lk)
    base = test.url.rstrip("/")
    assert json.loads(at["metadata"]) == {
        "issuer": test.url, "jwks_uri": base + JWKS, "authorization_endpoint": base + "/authorize",
        "token_endpoint": base + "/token", "id_token_signing_alg_values_supported": ["ES256", "RS256"]}
    key = jwks_of(at)["first"]
    want = public_jwk(test.keys["first"], "first")
    assert (key["x"], key["y"], key["kty"], key["alg"]) == (want["x"], want["y"], "EC", "ES256")


def test_of_a_set_only_what_is_good(lk, test):
    keys = [public_jwk(make_key(), "good"), public_jwk(make_key("RS256"), "rsa"),
            public_jwk(make_key("RS256", 1024), "weak"), public_jwk(make_key(), "twin"), public_jwk(make_key(), "twin"),
            {"kty": "oct", "kid": "secret", "k": "AAAA"}, {**public_jwk(make_key(), "enc"), "use": "enc"}]
    test.answers[JWKS] = {"keys": keys}
    before = row(lk)["version"]
    at = fetch(lk)
    assert set(jwks_of(at)) == {"good", "rsa"} and at["version"] != before
    assert fetch(lk)["version"] == at["version"]  # the same as before


@pytest.mark.parametrize("max_age, low, high", [(0, 134, 166), (86400 * 7, 38870, 47530)])
def test_the_life_of_documents_has_limits(lk, test, max_age, low, high):
    test.max_age = max_age
    try:
        at = fetch(lk)
        assert low < (at["due_at"] - at["fetched_at"]).total_seconds() < high
    finally:
        test.max_age = 600


def test_a_provider_needs_its_endpoints(lk, issuers):
    issuer = issuers[CORP]
    assert "token_endpoint" in json.loads(settle(lk, CORP)["metadata"])
    issuer.answers[DISCOVERY] = {k: v for k, v in issuer.discovery().items() if k != "token_endpoint"}
    assert fetch(lk, CORP)["last_error"] == "token_endpoint: missing"
    issuer.reset()
    assert fetch(lk, CORP)["last_error"] is None


# wishes

def test_a_wish_is_followed_once(lk, test, issuers):
    test.keys["second"] = make_key()
    wish(lk)
    at = wait_for(lambda: "second" in jwks_of(at := row(lk)) and at, 1, "the key did not come")
    assert at["asked_at"] >= at["wanted_at"]
    assert test.hits == {DISCOVERY: 1, JWKS: 1}


def test_wishes_have_a_gap(lk, test, issuers):
    """Whoever wishes how often: one fetch in 30 s."""
    other = settle(lk, OTHER)
    wish(lk)
    asked = wait_for(lambda: row(lk)["asked_at"], 2)
    settle(lk)
    for _ in range(20):
        wish(lk)
    wish(lk, OTHER)
    wait_for(lambda: row(lk, OTHER)["fetched_at"] != other["fetched_at"], 2, "the other issuer waits, too")
    assert test.hits[JWKS] == 1 and row(lk)["asked_at"] == asked
    lk.sql("UPDATE outside_issuers SET asked_at = asked_at - %s * interval '1 s'", GAP_S - 2)
    lk.sql("NOTIFY outside")
    wait_for(lambda: row(lk)["asked_at"] > asked, 3, "the wish is forgotten")
    settle(lk)
    assert test.hits[JWKS] == 2


def test_a_wish_while_it_is_fetched_is_followed_afterwards(lk, test):
    """What is under way may have begun before the key was there."""
    test.wait = 0.5
    make_due(lk)
    wait_for(lambda: test.hits[DISCOVERY] == 1, 2)
    test.keys["late"] = make_key()
    wish(lk)
    wait_for(lambda: test.hits[JWKS] == 2, 5, "the wish is forgotten")
    assert test.at_once[DISCOVERY] == 1
    test.wait = 0
    assert "late" in jwks_of(settle(lk))


# misbehaviour

def spread(n):
    return {"keys": [{"kty": "EC"}] * n}


def another(**more):
    return lambda issuer: issuer.discovery(**more)


HOSTILE = {
    "status": (JWKS, ways.status(500), "keys: status 500"),
    "created": (JWKS, ways.status(201, json.dumps({"keys": [public_jwk(make_key(), "x")]}).encode()), "keys: status 201"),
    "redirect": (DISCOVERY, ways.status(302, Location=JWKS), "discovery: status 302"),
    "hang": (DISCOVERY, ways.hang, "discovery: time out"),
    "drip": (JWKS, ways.drip, "keys: time out"),
    "gigabyte": (JWKS, ways.gigabyte, "keys: the answer is too large"),
    "broken off": (JWKS, ways.broken_off, "keys: the answer broke off"),
    "not HTTP": (DISCOVERY, ways.not_http, "discovery: the answer is not HTTP"),
    "empty": (JWKS, b"", "keys: not a JWK Set"),
    "garbage": (JWKS, bytes(range(256)) * 100, "keys: not a JWK Set"),
    "page": (DISCOVERY, b"<!doctype html><title>Sign in</title>", "discovery: not a JSON object"),
    "deep": (JWKS, b'{"keys":' + b"[" * 100000, "keys: not a JWK Set"),
    "no keys": (JWKS, {"keys": []}, "keys: no usable key"),
    "10000 keys": (JWKS, spread(10000), "keys: too many keys"),
    "257 keys": (JWKS, spread(257), "keys: too many keys"),
    "256 bad keys": (JWKS, spread(256), "keys: no usable key"),
    "weak": (JWKS, {"keys": [public_jwk(make_key("RS256", 1024), "x")]}, "keys: no usable key"),
    "twins": (JWKS, {"keys": [public_jwk(make_key(), "x"), public_jwk(make_key(), "x")]}, "keys: no usable key"),
    "another issuer": (DISCOVERY, another(issuer="https://a.example"), "discovery: of another issuer"),
    "no slash": (DISCOVERY, lambda issuer: {**issuer.discovery(), "issuer": issuer.url[:-1]},
                 "discovery: of another issuer"),
    "no jwks_uri": (DISCOVERY, another(jwks_uri=None), "jwks_uri: missing"),
    "a file": (DISCOVERY, another(jwks_uri="file:///etc/passwd"), "jwks_uri: not an address to use"),
    "a user": (DISCOVERY, another(jwks_uri="https://a:b@127.0.0.1/"), "jwks_uri: not an address to use"),
    "header": (DISCOVERY, another(authorization_endpoint="https://a.example/\r\nX: y"),
               "authorization_endpoint: not an address to use"),
    "link-local": (DISCOVERY, another(jwks_uri="http://169.254.169.254/latest/"), "keys: the address is not public"),
    "private": (DISCOVERY, another(jwks_uri="http://10.0.0.1/"), "keys: the address is not public"),
    "nobody": (DISCOVERY, another(jwks_uri="http://127.0.0.1:1/"), "keys: the connection was refused"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_last_good_is_kept(lk, test, name):
    path, answer, why = HOSTILE[name]
    before = row(lk)
    test.answers[path] = answer(test) if callable(answer) and not getattr(answer, "whole", False) else answer
    start = time.monotonic()
    at = fetch(lk)
    assert time.monotonic() - start < 4
    assert at["last_error"] == why and at["failures"] == 1
    for column in ("jwks", "metadata", "version", "good_until", "fetched_at"):
        assert at[column] == before[column], column
    assert max(test.hits.values()) == 1 and test.sent < 20 << 20
    assert said(lk, "outside_failed")[-1]["why"] == why
    test.reset()
    again = fetch(lk)
    assert again["last_error"] is None and again["failures"] == 0 and again["version"] == before["version"]


def test_an_issuer_that_is_down(lk, test):
    test.stop()
    before = row(lk)
    try:
        at = fetch(lk)
        assert at["last_error"] == "discovery: the connection was refused" and at["jwks"] == before["jwks"]
    finally:
        test.start()
    assert fetch(lk)["failures"] == 0


def test_failures_back_off_and_are_said_once(lk, test):
    test.answers[JWKS] = ways.status(503)
    lines = len(said(lk, "outside_failed"))
    for failures, wait in enumerate([5, 10, 20, 40], 1):
        at = fetch(lk)
        began = at["due_at"] - at["now"]
        assert at["failures"] == failures and wait * 0.9 - 1 < began.total_seconds() <= wait * 1.1
    lk.sql("UPDATE outside_issuers SET failures = 30 WHERE section = %s", TEST)
    assert 269 < ((at := fetch(lk))["due_at"] - at["now"]).total_seconds() < 331
    assert len(said(lk, "outside_failed")) == lines + 1
    test.answers[JWKS] = ways.status(404)
    fetch(lk)
    assert len(said(lk, "outside_failed")) == lines + 2
    test.reset()
    at = fetch(lk)
    assert at["failures"] == 0 and (at["due_at"] - at["now"]).total_seconds() > 200


def test_after_a_failure_it_comes_back_by_itself(lk, test):
    test.stop()
    fetch(lk)
    test.start()
    wait_for(lambda: row(lk)["failures"] == 0, 8, "it was not tried again")


def test_one_that_hangs_does_not_hold_up_others(lk, test, issuers):
    test.answers[DISCOVERY] = ways.hang
    make_due(lk)
    wait_for(lambda: test.hits[DISCOVERY] == 1, 2)
    before = row(lk, OTHER)
    start = time.monotonic()
    wish(lk, OTHER)
    wait_for(lambda: row(lk, OTHER)["fetched_at"] != before["fetched_at"], 5)
    assert time.monotonic() - start < 3.5
    assert settle(lk)["failures"] == 1


# processes

@contextlib.contextmanager
def use(lk):
    """Requests without end: every one is answered well."""
    user = lk.register()
    token = lk.login(user)["access_token"]
    stop, answers = threading.Event(), []

    def run():
        client = lk.client()
        while not stop.is_set():
            answers.append(client.get("/users/me", bearer=token).status)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert len(answers) > 10 and set(answers) == {200}


def test_the_refresher_is_killed(lk, test):
    old = refresher(lk)
    os.kill(old, signal.SIGKILL)
    wait_for(lambda: lk.workers("refr", "outside") - {old}, 2, "there is no new one")
    hits = test.hits[JWKS]
    wish(lk)
    wait_for(lambda: test.hits[JWKS] == hits + 1, 2, "the new one does nothing")
    assert settle(lk)["failures"] == 0


def test_the_refresher_is_killed_in_a_fetch(lk, test):
    """Another one does not begin it anew until the lease is over, then it does."""
    test.answers[JWKS] = ways.hang
    make_due(lk)
    wait_for(lambda: test.hits[JWKS] == 1, 2)
    old = refresher(lk)
    os.kill(old, signal.SIGKILL)
    wait_for(lambda: lk.workers("refr", "outside") - {old}, 2, "there is no new one")
    test.reset()
    make_due(lk)
    wish(lk)
    before = row(lk, OTHER)
    assert fetch(lk, OTHER)["fetched_at"] > before["fetched_at"]  # it works
    at = row(lk)
    assert 0 < (at["claimed_until"] - at["now"]).total_seconds() <= LEASE_S and test.hits[JWKS] == 1
    lk.sql("UPDATE outside_issuers SET claimed_until = now(), due_at = now() WHERE section = %s", TEST)
    lk.sql("NOTIFY outside")
    wait_for(lambda: row(lk)["failures"] == 0, 3, "it is not fetched again")
    assert test.hits[JWKS] == 2


def test_a_claim_that_was_lost_writes_nothing(lk, test):
    test.wait = 0.3
    test.keys["ghost"] = make_key()
    make_due(lk)
    wait_for(lambda: test.hits[DISCOVERY] == 1, 2)
    lk.sql("UPDATE outside_issuers SET claimed_until = now() + interval '1 minute' WHERE section = %s", TEST)
    wait_for(lambda: test.hits[JWKS] == 1, 2)
    fetch(lk, OTHER)  # so the refresher is done with the first
    assert "ghost" not in jwks_of(row(lk))
    lk.sql("UPDATE outside_issuers SET claimed_until = NULL WHERE section = %s", TEST)
    del test.keys["ghost"]


def test_the_supervisor_is_killed(lk, test):
    with use(lk):
        lk.part("kill", "outside")
        at = row(lk)
        assert at["jwks"]  # to be read, while nobody fetches
        lk.part("start", "outside")
    hits = test.hits[JWKS]
    wish(lk)
    wait_for(lambda: test.hits[JWKS] == hits + 1, 3, "the new one does nothing")


def test_it_stops_in_the_middle_of_a_fetch(lk, test):
    test.answers[DISCOVERY] = ways.hang
    make_due(lk)
    wait_for(lambda: test.hits[DISCOVERY] == 1, 2)
    start = time.monotonic()
    lk.part("stop", "outside")
    assert time.monotonic() - start < 5
    test.reset()
    lk.part("start", "outside")
    wait_for(lambda: row(lk)["failures"] == 0, LEASE_S + 2, "it is not fetched again")


def test_postgres_is_restarted(lk, test):
    lk.part("restart", "postgres")
    wish(lk)
    wait_for(lambda: row(lk)["asked_at"], 5, "the wish is not heard")
    wait_for(lambda: lk.client().get("/health/ready").status == 200, 10)


def overlay(lk):
    return lk.path("conf.d", "stack.conf")


def reload(lk):
    n = sum(line["event"] == "reloaded" for line in lk.outside.lines())
    os.kill(lk.pid("outside"), signal.SIGHUP)
    wait_for(lambda: sum(line["event"] == "reloaded" for line in lk.outside.lines()) > n, 5, "not reloaded")


@contextlib.contextmanager
def configured(lk, change):
    with open(overlay(lk)) as file:
        before = file.read()
    try:
        with open(overlay(lk), "w") as file:
            file.write(change(before))
        reload(lk)
        yield
    finally:
        with open(overlay(lk), "w") as file:
            file.write(before)
        reload(lk)


def test_a_reload_adds_an_issuer(lk, test):
    added, hits = Issuer(), sum(test.hits.values())
    with configured(lk, lambda text: text + section("issuer added", added.url)):
        at = wait_for(lambda: row(lk, "issuer added"), 2)
        at = wait_for(lambda: (at := row(lk, "issuer added"))["jwks"] and at, 2, "it is not fetched at once")
        assert set(jwks_of(at)) == {"first"}
        assert added.hits == {DISCOVERY: 1, JWKS: 1}
        assert sum(test.hits.values()) == hits  # what is there is not fetched again
    wait_for(lambda: len(lk.workers("refr", "outside")) == 1, 5)
    assert row(lk, "issuer added")["jwks"]  # another host may still use it
    lk.sql("UPDATE outside_issuers SET good_until = now() WHERE section = 'issuer added'")
    reload(lk)
    wait_for(lambda: not row(lk, "issuer added"), 3, "what is good no more stays")


def test_another_issuer_begins_anew(lk, test, issuers):
    """What was fetched from elsewhere is not used for a moment longer."""
    elsewhere = Issuer()
    elsewhere.answers[DISCOVERY] = ways.hang
    version = row(lk)["version"]
    with configured(lk, lambda text: text.replace(test.url, elsewhere.url)):
        at = wait_for(lambda: (at := row(lk))["issuer"] == elsewhere.url and at, 2)
        assert at["jwks"] is None and at["metadata"] is None and at["good_until"] is None
        elsewhere.reset()
        settle(lk)
        make_due(lk)
        at = wait_for(lambda: (at := row(lk))["jwks"] and at, 2)
        assert at["version"] != version
    at = wait_for(lambda: (at := row(lk))["issuer"] == test.url and at["jwks"] and at, 5)
    version = at["version"]
    with configured(lk, lambda text: text.replace(f"issuer = {test.url}\n",
                                                  f"issuer = {test.url}\njwks_url = {elsewhere.url}jwks\n", 1)):
        at = wait_for(lambda: (at := row(lk))["jwks_url"] and at["jwks"] and at, 5)
        assert at["metadata"] is None and at["version"] != version
        assert jwks_of(at)["first"]["x"] == public_jwk(elsewhere.keys["first"], "first")["x"]
    wait_for(lambda: (at := row(lk))["jwks_url"] == "" and at["metadata"], 5)


def test_without_issuers_nobody_refreshes(lk, test):
    with configured(lk, lambda text: "[server]\noutside_workers = 1\n"):
        wait_for(lambda: not lk.workers("refr", "outside") and len(lk.workers("outs", "outside")) == 1, 5)
    refresher(lk)


def test_reloads_fetch_nothing_twice(lk, test):
    with use(lk):
        for _ in range(5):
            reload(lk)
    refresher(lk)
    assert not test.hits


@contextlib.contextmanager
def another_host(lk, tmp_path):
    """The same role with the same configuration but a place of its own."""
    with open(lk.env["CONF"]) as file:
        text = file.read()
    conf = tmp_path / "latchkey.conf"
    conf.touch(0o600)
    conf.write_text(re.sub(r"(?m)^run_dir = .*$", f"run_dir = {tmp_path}/run", text))
    (tmp_path / "conf.d").mkdir()
    shutil.copy(overlay(lk), tmp_path / "conf.d")
    log = tmp_path / "log"
    with open(log, "w") as out:
        process = subprocess.Popen([os.path.join(lk.env["BUILD"], "latchkeyd"), "outside", "--config", str(conf)],
                                   stdin=subprocess.DEVNULL, stderr=out)
    try:
        wait_for(lambda: '"ready"' in log.read_text(), 5, "the other host does not start")
        yield process
    finally:
        process.terminate()
        assert process.wait(15) == 0


def test_two_hosts_fetch_once(lk, test, tmp_path):
    test.wait = 0.1
    with another_host(lk, tmp_path):
        refreshers = lambda: lk.one("SELECT count(*) FROM pg_stat_activity WHERE usename = 'latchkey_outside'")
        wait_for(lambda: refreshers() >= 2, 5, "the other host does not listen")
        assert not test.hits  # it finds all there
        for n in range(1, 11):
            if n % 2:
                fetch(lk)
            else:
                lk.sql("UPDATE outside_issuers SET asked_at = NULL")
                before = row(lk)["fetched_at"]
                wish(lk)
                wait_for(lambda: row(lk)["fetched_at"] != before, 3)
            assert test.hits == {DISCOVERY: n, JWKS: n} and max(test.at_once.values()) == 1
        os.kill(refresher(lk), signal.SIGSTOP)
        try:
            fetch(lk)  # the other one does
        finally:
            os.kill(refresher(lk), signal.SIGCONT)


# the workers

def pair(name, value):
    name, value = name.encode(), value.encode()
    return struct.pack(">II", len(name) | 1 << 31, len(value) | 1 << 31) + name + value


def ask(lk, method, path, **params):
    """One FastCGI request to outside.sock: what nginx sends."""
    params = {"REQUEST_METHOD": method, "REQUEST_URI": path, "DOCUMENT_URI": path, "QUERY_STRING": "",
              "CONTENT_LENGTH": "", "REMOTE_ADDR": "127.0.0.1", **params}
    names = b"".join(pair(name, value) for name, value in params.items())
    record = lambda kind, data: struct.pack(">BBHHBB", 1, kind, 1, len(data), 0, 0) + data
    with socket.socket(socket.AF_UNIX) as to:
        to.settimeout(5)
        to.connect(os.path.join(lk.env["RUN"], "outside.sock"))
        to.sendall(record(1, struct.pack(">HB5x", 1, 0)) + record(4, names) + record(4, b"") + record(5, b""))
        out = b""
        while piece := to.recv(65536):
            out += piece
    text = b""
    while len(out) >= 8:
        kind, length, padding = struct.unpack(">xB2xHBx", out[:8])
        text += out[8:8 + length] if kind == 6 else b""
        out = out[8 + length + padding:]
    return text.decode()


@pytest.mark.parametrize("method, path", [
    ("GET", "/"), ("GET", "/api/v1/health/live"), ("POST", "/api/v1/login"), ("GET", "/api/v1/users/me"),
    ("OPTIONS", "/api/v1/login"), ("POST", "/api/v1/register"), ("GET", "/.well-known/jwks.json")])
def test_nothing_of_the_other_pools_is_there(lk, method, path):
    answer = ask(lk, method, path)
    assert answer.startswith("Status: 404") and '"code":"not_found"' in answer, answer
