"""GET /users/me/sessions, DELETE /users/me/sessions/{id}."""

import re
import uuid

import pytest

from lib import check
from lib.me import alive, audited, dead, enter, join, refused, renew, sid

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
KEYS = {"id", "created_at", "last_used_at", "user_agent", "ip_addr", "device_type", "current"}


@pytest.fixture
def user(lk):
    return join(lk)


def listed(client, tokens, query=""):
    answer = client.get("/users/me/sessions" + query, bearer=tokens["access_token"])
    assert answer.status == 200, answer
    check.private(answer)
    assert set(answer.json) == {"items", "page", "per_page", "total"}
    return answer.json


def end(client, tokens, which):
    return client.send("DELETE", "/users/me/sessions/" + which, bearer=tokens["access_token"])


def test_list(lk, user):
    phone = lk.client(agent=PHONE)
    first, second = enter(user), enter(user, phone)
    enter(join(lk))
    body = listed(phone, second)
    assert (body["page"], body["per_page"], body["total"]) == (1, 10, 2)
    assert [i["id"] for i in body["items"]] == [sid(second), sid(first)]
    for item in body["items"]:
        assert set(item) == KEYS and re.fullmatch(check.UUID, item["id"])
        assert re.fullmatch(check.TIME, item["created_at"]) and re.fullmatch(check.TIME, item["last_used_at"])
    newest, oldest = body["items"]
    assert (newest["current"], oldest["current"]) == (True, False)
    assert (newest["user_agent"], newest["ip_addr"], newest["device_type"]) == (PHONE, phone.address, "mobile")
    assert (oldest["user_agent"], oldest["ip_addr"], oldest["device_type"]) == (
        user.client.agent, user.client.address, "pc")


def test_use_moves_last_used_at(lk, c, user):
    tokens = enter(user)
    lk.sql("UPDATE sessions SET last_used_at = now() - interval '2 days' WHERE id = %s", sid(tokens))
    before = listed(c, tokens)["items"][0]["last_used_at"]
    renew(c, tokens)
    assert listed(c, tokens)["items"][0]["last_used_at"] > before


def test_pages(lk, c, user):
    tokens = [enter(user) for _ in range(5)]
    order = [sid(t) for t in reversed(tokens)]
    seen = []
    for page in (1, 2, 3):
        body = listed(c, tokens[0], f"?page={page}&per_page=2")
        assert (body["page"], body["per_page"], body["total"]) == (page, 2, 5)
        seen += [i["id"] for i in body["items"]]
    assert seen == order
    body = listed(c, tokens[0], "?page=9")
    assert (body["items"], body["total"], body["page"]) == ([], 5, 9)
    assert listed(c, tokens[0], "?page=1000000&per_page=100")["items"] == []


@pytest.mark.parametrize("path", ["/users/me/sessions", "/users/me/login-history"])
@pytest.mark.parametrize("query, fields", [
    ("page=0", ["page"]), ("page=-1", ["page"]), ("page=x", ["page"]), ("page=", ["page"]), ("page=1.5", ["page"]),
    ("page=99999999999999999999", ["page"]), ("per_page=0", ["per_page"]), ("per_page=101", ["per_page"]),
    ("per_page=1e1", ["per_page"]), ("page=a&per_page=b", ["page", "per_page"]), ("page=%20", ["page"]),
    ("page=%2B1", ["page"]), ("page=0x1", ["page"])])
def test_bad_pages(c, user, path, query, fields):
    check.invalid(c.get(f"{path}?{query}", bearer=enter(user)["access_token"]), *fields)


@pytest.mark.parametrize("path", ["/users/me/sessions", "/users/me/login-history"])
def test_refusals(c, user, path):
    tokens = enter(user)
    refused(c.get(path), sent=False)
    refused(c.get(path, bearer=tokens["refresh_token"]))
    check.problem(c.get(path + "?page=1&page=2", bearer=tokens["access_token"]), 400, "invalid_query")
    check.problem(c.post(path, {}, bearer=tokens["access_token"]), 405, "method_not_allowed")
    head = c.send("HEAD", path, bearer=tokens["access_token"])
    assert head.status == 200 and head.body == b""
    assert c.get(path + "/?other=1", bearer=tokens["access_token"]).status == 200


def test_only_living_ones(lk, c, user):
    out, over, spent, mine = (enter(user) for _ in range(4))
    c.post("/auth/logout", bearer=out["access_token"])
    lk.sql("UPDATE sessions SET expires_at = now() - interval '1 s' WHERE id = %s", sid(over))
    lk.sql("UPDATE sessions SET epoch = epoch - 1 WHERE id = %s", sid(spent))
    assert [i["id"] for i in listed(c, mine)["items"]] == [sid(mine)]
    c.post("/auth/logout-all", bearer=mine["access_token"])
    assert listed(c, enter(user))["total"] == 1


def test_end_one(lk, c, user):
    lost, mine = enter(user), enter(user)
    answer = end(c, mine, sid(lost))
    assert answer.status == 204 and answer.body == b"", answer
    dead(c, lost)
    assert alive(c, mine) and listed(c, mine)["total"] == 1
    assert audited(lk, user, "session_revoked") == 1
    check.problem(end(c, mine, sid(lost)), 404, "not_found")


def test_end_the_current_one(c, user):
    tokens = enter(user)
    assert end(c, tokens, sid(tokens)).status == 204
    dead(c, tokens)


@pytest.mark.parametrize("which", ["nil", "random", "others", "ended", "x", "upper", "short", "slash", "braces"])
def test_end_none(lk, c, user, which):
    mine, other = enter(user), enter(join(lk))
    if which == "ended":
        gone = enter(user)
        c.post("/auth/logout", bearer=gone["access_token"])
    name = {"nil": str(uuid.UUID(int=0)), "random": str(uuid.uuid4()), "others": sid(other), "x": "x",
            "upper": sid(mine).upper(), "short": sid(mine)[:-1], "slash": sid(mine) + "/x",
            "braces": "%7B" + sid(mine) + "%7D", "ended": sid(gone) if which == "ended" else None}[which]
    check.problem(end(c, mine, name), 404, "not_found")
    assert alive(c, other) and alive(c, mine)


def test_end_without_a_token(c, user):
    tokens = enter(user)
    refused(c.send("DELETE", "/users/me/sessions/" + sid(tokens)), sent=False)
    assert alive(c, tokens)
