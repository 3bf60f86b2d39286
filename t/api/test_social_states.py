"""Social logins: what binds a callback to the browser that asked, and where one may lead."""

import hashlib
import re
from urllib.parse import urlencode

import pytest

from lib import check
from lib.http import together
from lib.social import Browser, Idp, Person, me, query_of, section, state_cookie, tokens, wait_discovered
from lib.stack import Stack
from lib.wait import wait_for

STARTS = 40  # that one address may make


@pytest.fixture(scope="module")
def idp():
    idp = Idp()
    yield idp
    idp.stop()


@pytest.fixture(scope="module")
def lk(idp):
    stack = Stack.start(section("a", "oidc", idp.url) + section("b", "oidc", idp.url) +
                        "[web]\nreturn_to = https://app.example https://127.0.0.1:8443 http://localhost:3000\n"
                        f"[limits]\nsocial_client = {STARTS}\n")
    try:
        wait_discovered(stack, "a", "b")
        yield stack
    finally:
        stack.down()


@pytest.fixture
def browser(lk):
    return Browser(lk)


def key_of(kind, secret):
    return f"lk:{kind}:" + hashlib.sha256(secret.encode()).hexdigest()[:32]


def refused(answer):
    check.problem(answer, 400, "invalid_state")
    assert answer.header("Set-Cookie") is None, answer


@pytest.fixture
def begun(idp, browser):
    """A login under way: its callback's query."""
    return idp.callback(browser.start("a"), Person())


def good(browser, begun):
    """It can still be finished, by this browser."""
    return tokens(browser.back("a", begun))


# states of others

@pytest.mark.parametrize("state", [None, "", "x", "A" * 43, "A" * 42, "A" * 5000, "é" * 43, "%00", "' OR 1=1 --", "*",
                                   "lk:state:*", "a=b", "a;b", "../..", "{}"])
def test_no_such_state(browser, begun, state):
    query = {"code": begun["code"], **({"state": state} if state is not None else {})}
    refused(browser.back("a", query))
    good(browser, begun)


def test_a_state_twice_in_the_query(browser, begun):
    path = f"/social/auth/a?state={begun['state']}&code={begun['code']}"
    for more in ("&state=x", "&code=x", "&iss=x&iss=y"):
        check.problem(browser.send("GET", path + more), 400, "invalid_query")
    good(browser, begun)


def test_a_state_of_another_browser(lk, browser, begun):
    """It is neither of use there nor spent."""
    stranger = Browser(lk)
    refused(stranger.back("a", begun))
    stranger.start("a")
    refused(stranger.back("a", begun))
    for value in ("", "A" * 43, "x", "A" * 3000):
        stranger.cookies = {state_cookie(begun["state"]): value}
        refused(stranger.back("a", begun))
    good(browser, begun)


def test_another_state_with_the_same_beginning(browser, begun):
    """The cookie is found by 8 characters; the whole counts."""
    refused(browser.back("a", dict(begun, state=begun["state"][:-1] + "-")))
    good(browser, begun)


@pytest.mark.parametrize("header", [
    "{n}={v}; {n}={v}", "{n}={v}; {n}=x", "{n}=x; {n}={v}", "{n}=\"{v}\"", "{n} ={v}", "x{n}={v}", "{n}x={v}",
    "{N}={v}", "{n}={v}=", "{n}={v}\\", "{n}", "{n}=", "={v}", "$Version=1; {n}={v},", "{v}",
    "a={a}; {n}={v}",
])
def test_cookies_that_are_not_its(browser, begun, header):
    name = state_cookie(begun["state"])
    text = header.format(n=name, v=browser.cookies[name], N=name.upper(), a="x" * 8192)
    answer = browser.back("a", begun, headers=[("Cookie", text)])
    assert answer.status in (400, 431), answer
    good(browser, begun)


@pytest.mark.parametrize("header", ["a=b; {n}={v}", "{n}={v};", "{n}={v}; a", "a=\"b\";{n}={v}", "é=ü; {n}={v}"])
def test_cookies_among_others(browser, begun, header):
    name = state_cookie(begun["state"])
    assert browser.back("a", begun, headers=[("Cookie", header.format(n=name, v=browser.cookies[name]))]).status == 200


def test_a_state_at_another_provider(browser, idp, begun):
    """Mix-up: what a began is not finished at b."""
    refused(browser.back("b", begun))
    good(browser, begun)


def test_a_code_of_another_login(lk, idp, browser):
    """Of the same browser, of an attacker, of another provider: PKCE and nonce refuse it."""
    attacker = Person()
    mine, other = browser.start("a"), browser.start("b")
    for theirs in (Browser(lk).start("a"), other):
        code = idp.code(theirs, attacker)
        answer = browser.back("a", {"code": code, "state": query_of(mine)["state"]})
        check.problem(answer, 502, "provider_error")
        mine = browser.start("a")
    assert lk.one("SELECT count(*) FROM social_accounts WHERE subject = %s", attacker.sub) == 0


# its life

def test_it_is_spent_by_success(browser, begun):
    tokens(browser.back("a", begun))
    refused(browser.back("a", begun))
    browser.cookies[state_cookie(begun["state"])] = "A" * 43
    refused(browser.back("a", begun))


def test_it_is_spent_by_success_cookie_or_not(browser, begun):
    cookies = dict(browser.cookies)
    tokens(browser.back("a", begun))
    browser.cookies = cookies
    refused(browser.back("a", begun))


@pytest.mark.parametrize("query", [{"error": "access_denied"}, {"code": "of nobody"}, {}])
def test_it_is_spent_by_failure(browser, begun, query):
    cookies = dict(browser.cookies)
    answer = browser.back("a", {"state": begun["state"], **query})
    assert answer.status in (400, 502) and answer.code in ("social_denied", "provider_error"), answer
    assert not browser.cookies
    browser.cookies = cookies
    refused(browser.back("a", begun))


def test_it_expires(lk, browser, begun):
    key = key_of("state", begun["state"])
    assert 590_000 < lk.redis.pttl(key) <= 600_000
    lk.redis.pexpire(key, 1)
    wait_for(lambda: not lk.redis.exists(key))
    refused(browser.back("a", begun))


def test_redis_is_flushed_in_between(lk, idp, browser, begun):
    lk.redis.flushall()
    refused(browser.back("a", begun))
    tokens(browser.visit("a", idp, Person()))


def test_twenty_callbacks_at_once(lk, idp):
    for _ in range(3):
        person, browser = Person(), Browser(lk)
        begun = idp.callback(browser.start("a"), person)
        method, path, what = browser.request("GET", f"/social/auth/a?code={begun['code']}&state={begun['state']}")
        answers = together([(browser.c, (method, path), what) for _ in range(20)])
        assert sorted(a.status for a in answers) == [200] + [400] * 19, answers
        assert {a.code for a in answers if a.status == 400} == {"invalid_state"}
        user_id = lk.one("SELECT user_id FROM social_accounts WHERE subject = %s", person.sub)
        assert lk.one("SELECT count(*) FROM sessions WHERE user_id = %s", user_id) == 1


def test_nobody_is_there_to_finish_it(lk, idp, browser):
    """What the outside worker left for the fast one is of no use to anybody, and goes."""
    person = Person()
    begun = idp.callback(browser.start("a"), person)
    cookie = browser.cookies[state_cookie(begun["state"])]
    lk.part("stop", "serve")
    try:
        assert browser.back("a", begun).status == 502
        key = key_of("identity", begun["state"])
        assert 0 < lk.redis.pttl(key) <= 60_000
        assert lk.redis.hget(key, "owner").decode() == hashlib.sha256(f"a|{cookie}".encode()).hexdigest()
    finally:
        lk.part("start", "serve")
    wait_for(lambda: lk.client().get("/health/ready").status == 200)
    refused(browser.back("a", begun))
    assert lk.one("SELECT count(*) FROM social_accounts WHERE subject = %s", person.sub) == 0


def test_nothing_of_it_is_in_the_names(lk, browser, begun):
    cookie = browser.cookies[state_cookie(begun["state"])]
    names = b" ".join(lk.redis.scan_iter(match="lk:*", count=1000)).decode()
    values = repr(lk.redis.hgetall(key_of("state", begun["state"])))
    assert key_of("state", begun["state"]) in names
    for secret in (begun["state"], cookie):
        assert secret not in names and secret not in values


def test_nothing_of_it_is_in_the_logs(lk, idp, browser):
    begun = idp.callback(browser.start("a", return_to="https://app.example/secret-page"), Person())
    cookie = browser.cookies[state_cookie(begun["state"])]
    code = query_of(browser.back("a", begun).header("Location"))["code"]
    pair = tokens(browser.c.post("/social/exchange", {"code": code}))
    refused(browser.back("a", begun))
    logs = "".join(open(lk.path("log", name), encoding="utf-8").read()
                   for name in ("serve.log", "outside.log", "access.log", "nginx.log", "postgres.log"))
    for secret in (begun["state"], cookie, begun["code"], code, pair["access_token"], pair["refresh_token"],
                   "secret-page"):
        assert secret not in logs


# how many

def test_one_address_may_begin_so_many(lk):
    c = lk.client()
    for _ in range(STARTS):
        assert c.get("/social/login/a").status == 302
    for method in ("GET", "POST"):
        answer = c.send(method, "/social/login/b")
        check.problem(answer, 429, "too_many_requests")
        assert 1 <= int(answer.header("Retry-After")) <= 600
        assert answer.header("Set-Cookie") is None
    assert lk.client().get("/social/login/a").status == 302


# where a login may lead

HOSTILE = [
    "https://evil.example/", "//app.example/", "///app.example", "/", "/in", "in", "", "https:", "https://",
    "https:///app.example/", "https:app.example", "http://app.example/", "HTTPS://app.example/", "https://APP.example/",
    "https://app.example.evil.example/", "https://app.exampleevil/", "https://app.example:443/",
    "https://app.example:8443/", "https://app.example:/", "https://app.example:0443/", "https://app.example:x/",
    "https://app.example@evil.example/", "https://user@app.example/", "https://user:pw@app.example/",
    "https://@app.example/", "https://app.example\\@evil.example/", "https://app.example\\.evil.example/",
    "https:\\\\app.example/", "https://evil.example\\app.example/", "https://evil.example#https://app.example/",
    "https://evil.example?https://app.example/", "https://app.example#x", "https://app.example/#x",
    "https://app.example/a b", "https://app.example/\r\nSet-Cookie: a=b", "https://app.example/%0d\n",
    "https://app.example/\t", "\thttps://app.example/", " https://app.example/", "https://app.example/ ",
    "https://app.example\u3002evil/", "https://app.exampl\u00e9/", "https://app.example/\u00e9",
    "https://\u0430pp.example/", "https://app.example./", "https://.app.example/", "https://app.example%2f@evil/",
    "https://app%2eexample/", "https://[app.example]/", "https://0x7f000001/", "https://127.0.0.1/",
    "https://127.0.0.1:8443@evil.example/", "https://127.0.0.1:84433/", "https://localhost:3000/",
    "http://localhost:3000.evil.example/", "javascript:alert(1)//https://app.example/",
    "data:text/html,<script>alert(1)</script>", "file:///etc/passwd", "ftp://app.example/",
    "https://app.example;evil.example/", "https://app.example,evil.example/", "https://app.example\x00.evil/",
    "https://app.example/" + "a" * 1000, "https://app.example/\"><script>", "https://app.example/<>",
    "https://app.example/^", "https://app.example/`", "https://app.example/{}", "https://app.example/|",
]


@pytest.mark.parametrize("page", HOSTILE)
@pytest.mark.parametrize("method", ["GET", "form", "JSON"])
def test_no_other_page(browser, method, page):
    if method == "GET":
        answer = browser.send("GET", "/social/login/a?" + urlencode({"return_to": page}))
    elif method == "form":
        answer = browser.send("POST", "/social/login/a", form={"return_to": page})
    else:
        answer = browser.send("POST", "/social/login/a", json={"return_to": page})
    assert answer.status in (400, 422), answer
    if answer.status == 422:
        check.invalid(answer, "return_to")
    else:
        check.problem(answer, 400)
        assert "\x00" in page
    assert not browser.cookies and answer.header("Location") is None


@pytest.mark.parametrize("page", ["https://app.example", "https://app.example/", "https://app.example/a/b?c=d&e",
                                  "https://app.example/@evil.example", "https://app.example//evil.example",
                                  "https://app.example/?https://evil.example", "https://127.0.0.1:8443/x",
                                  "http://localhost:3000", "http://localhost:3000/", "https://app.example/%0d%0a",
                                  "https://app.example/" + "a" * 980])
def test_these_pages(idp, browser, page):
    answer = browser.visit("a", idp, Person(), {"return_to": page})
    assert answer.status == 302, answer
    to = answer.header("Location")
    assert to.startswith(page + ("&" if "?" in page else "?") + "code="), to
    assert re.fullmatch(r"[\x21-\x7e]+", to)


# other origins' pages

def test_another_origin(lk, browser):
    answer = browser.send("POST", "/social/login/a", json={}, headers=[("Origin", "https://evil.example")])
    assert answer.status == 200 and answer.header("Access-Control-Allow-Origin") is None


# without the stores

def test_without_redis(lk, idp, browser):
    begun = idp.callback(browser.start("a"), Person())
    lk.part("stop", "redis")
    try:
        for method, path in (("GET", "/social/login/a"), ("POST", "/social/login/a")):
            answer = lk.client().send(method, path)
            check.problem(answer, 503, "store_unavailable")
            assert answer.header("Set-Cookie") is None
        check.problem(browser.back("a", begun), 503, "store_unavailable")
        check.problem(browser.c.post("/social/exchange", {"code": "A" * 43}), 503, "store_unavailable")
    finally:
        lk.part("start", "redis")
    wait_for(lambda: lk.client().get("/social/login/a").status == 302)


def test_without_postgres(lk, idp, browser):
    begun = idp.callback(browser.start("a"), Person())
    lk.part("stop", "postgres")
    try:
        answer = browser.back("a", begun)
        check.problem(answer, 503, "store_unavailable")
    finally:
        lk.part("start", "postgres")
    wait_for(lambda: lk.client().get("/health/ready").status == 200)
    wait_for(lambda: Browser(lk).visit("a", idp, Person()).status == 200)


def test_without_postgres_a_page_is_told(lk, idp, browser):
    begun = idp.callback(browser.start("a", return_to="https://app.example/"), Person())
    lk.part("stop", "postgres")
    try:
        answer = browser.back("a", begun)
        assert answer.status == 302 and answer.header("Location") == "https://app.example/?error=store_unavailable"
    finally:
        lk.part("start", "postgres")
    wait_for(lambda: lk.client().get("/health/ready").status == 200)
    wait_for(lambda: me(lk.client(), tokens(Browser(lk).visit("a", idp, Person()))))
