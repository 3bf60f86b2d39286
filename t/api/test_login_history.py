"""GET /users/me/login-history."""

import re

import pytest

from lib import check
from lib.me import enter, join, renew

AGENTS = [
    ("pc", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"),
    ("pc", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Safari/605.1.15"),
    ("pc", "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    ("pc", "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"),
    ("pc", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0"),
    ("pc", "curl/8.5.0"), ("pc", "python-requests/2.31.0"), ("pc", ""),
    ("mobile", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"),
    ("mobile", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"),
    ("mobile", "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0"),
    ("mobile", "Mozilla/5.0 (Linux; Android 13; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36"),
    ("mobile", "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/29.3709; U; en) Presto/2.8.119 Version/11.10"),
    ("mobile", "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/52.0.2743.116 Mobile Safari/537.36 Edge/15.15063"),
    ("mobile", "okhttp/4.12.0"), ("mobile", "Cinema/3 CFNetwork/1494.0.7 Darwin/23.4.0"),
    ("tablet", "Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 Mobile/15E148 Safari/604.1"),
    ("tablet", "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"),
    ("tablet", "Mozilla/5.0 (Android 14; Tablet; rv:127.0) Gecko/127.0 Firefox/127.0"),
    ("tablet", "Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/108.4.6 like Chrome/108.0.5359.220 Safari/537.36"),
]


@pytest.fixture
def user(lk):
    return join(lk)


def history(client, tokens, query=""):
    answer = client.get("/users/me/login-history" + query, bearer=tokens["access_token"])
    assert answer.status == 200, answer
    check.private(answer)
    assert set(answer.json) == {"items", "page", "per_page", "total"}
    return answer.json


def test_successes_and_failures(lk, user):
    client = lk.client(agent="Mozilla/5.0 (X11; Linux x86_64) \"<é>\"")
    enter(user, client)
    assert client.login(user.email, "wrong-Quartz-71").status == 401
    assert client.post("/auth/login", {"login": user.username, "password": "wrong-Quartz-71"}).status == 401
    tokens = client.login(user.username, user.password).json
    body = history(client, tokens)
    assert (body["page"], body["per_page"], body["total"]) == (1, 10, 4)
    assert [(i["method"], i["success"]) for i in body["items"]] == [
        ("basic", True), ("password", False), ("basic", False), ("password", True)]
    for item in body["items"]:
        assert set(item) == {"id", "user_id", "created_at", "user_agent", "ip_addr", "device_type", "method",
                             "success"}
        assert re.fullmatch(check.UUID, item["id"]) and re.fullmatch(check.TIME, item["created_at"])
        assert (item["user_id"], item["user_agent"], item["ip_addr"], item["device_type"]) == (
            user.id, client.agent, client.address, "pc")
    assert len({i["id"] for i in body["items"]}) == 4
    times = [i["created_at"] for i in body["items"]]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("kind, agent", AGENTS)
def test_device_types(lk, user, kind, agent):
    client = lk.client(agent=agent)
    (item,) = history(client, enter(user, client))["items"]
    assert (item["device_type"], item["user_agent"]) == (kind, agent)


@pytest.mark.parametrize("hint, agent, kind", [("?1", "", "mobile"), ("?0", "", "pc"), ("?1", "x" * 30, "mobile"),
                                               ("garbage", "", "pc")])
def test_device_by_hint(lk, user, hint, agent, kind):
    client = lk.client(agent=agent)
    answer = client.post("/auth/login", {"login": user.email, "password": user.password},
                         headers=[("Sec-CH-UA-Mobile", hint)])
    assert history(client, answer.json)["items"][0]["device_type"] == kind


@pytest.mark.parametrize("agent", [b"\xff\xfe\xc3", b"a\tb", "ж".encode() * 1000, b"'\"<script>\\"])
def test_hostile_agents(lk, user, agent):
    client = lk.client()
    answer = client.post("/auth/login", {"login": user.email, "password": user.password},
                         headers=[("User-Agent", agent)])
    assert answer.status == 200, answer
    (item,) = history(client, answer.json)["items"]
    assert len(item["user_agent"].encode()) <= 512
    assert client.get("/users/me/sessions", bearer=answer.json["access_token"]).status == 200


def test_what_is_no_login_is_not_there(lk, c, user):
    tokens = enter(user)
    tokens = renew(c, tokens).json
    c.post("/auth/login", {"login": user.email})
    c.post("/users/me/change-password", {"old_password": "wrong-Quartz-71", "new_password1": "Another-fjord-88",
                                         "new_password2": "Another-fjord-88"}, bearer=tokens["access_token"])
    assert history(c, tokens)["total"] == 1


def test_beyond_the_limit_is_not_there(lk, c, user):
    """What was refused without looking at the password is no attempt."""
    for _ in range(5):
        assert c.login(user.email, "wrong-Quartz-71").status == 401
    assert c.login(user.email, user.password).status == 429
    assert history(user.client, enter(user))["total"] == 6


def test_others_are_not_there(lk, c, user):
    other = join(lk)
    enter(other)
    c.login(other.email, "wrong-Quartz-71")
    assert history(c, enter(user))["total"] == 1


def test_pages(lk, c, user):
    tokens = [enter(user) for _ in range(5)][-1]
    all_of_them = [i["id"] for i in history(c, tokens)["items"]]
    seen = [i["id"] for page in (1, 2, 3) for i in history(c, tokens, f"?page={page}&per_page=2")["items"]]
    assert seen == all_of_them and len(seen) == 5
    assert history(c, tokens, "?page=4&per_page=2") == {"items": [], "page": 4, "per_page": 2, "total": 5}


def test_it_stays_when_sessions_end(lk, c, user):
    c.post("/auth/logout-all", bearer=enter(user)["access_token"])
    assert history(c, enter(user))["total"] == 2


def test_months_ago(lk, c, user):
    """Older entries are in other partitions."""
    tokens = enter(user)
    lk.sql("INSERT INTO login_history (user_id, created_at, user_agent, ip, device_type, method, success) "
           "SELECT %s, now() - make_interval(months => n), '', '192.0.2.1', 'tablet', 'social:google', true "
           "FROM generate_series(1, 3) AS n", user.id)
    items = history(c, tokens)["items"]
    assert [i["method"] for i in items] == ["password"] + ["social:google"] * 3
