"""latchkeyctl audit: the trail, with the logins in it."""

import re

import pytest

from lib.check import TIME
from lib.ctl import ctl, text
from lib.stack import new_email, new_name


@pytest.fixture
def someone(lk):
    made = ctl(lk, "user", "create", "--email", new_email())
    yield made["id"]
    lk.ctl("user", "delete", made["id"], check=False)
    lk.sql("DELETE FROM audit WHERE actor = 'test'")


def events(lk, *words):
    return ctl(lk, "audit", *words)["events"]


def names(lk, *words):
    return [row["event"] for row in events(lk, *words)]


def test_what_one_did(lk, c):
    user = lk.register(c)
    lk.login(user)
    assert c.login(user.username, "wrong-Quartz-fjord").status == 401
    lk.ctl("user", "deactivate", user.id)
    shown = events(lk, "--user", user.id)
    assert [row["event"] for row in shown][:3] == ["user_deactivated", "login_failed", "login"]
    assert "registered" in [row["event"] for row in shown]
    login = shown[2]
    assert login["ip"] == c.address and login["actor"] == "user" and "latchkey-test" in login["detail"]
    assert login["user"] == user.email
    assert shown[0]["actor"] == "ctl" and all(row["user_id"] == user.id for row in shown)
    assert all(re.fullmatch(TIME, row["time"]) for row in shown)
    assert [row["time"] for row in shown] == sorted((row["time"] for row in shown), reverse=True)
    for name in (user.email.upper(), user.username):
        assert names(lk, "--user", name) == [row["event"] for row in shown]
    assert names(lk)[:3] and "login_failed" in names(lk)
    assert user.password not in text(lk, "audit", "--user", user.id)
    lk.ctl("user", "delete", user.id)
    left = events(lk, "--user", user.id)
    assert left[0]["event"] == "user_deleted" and left[0]["user"] == user.id
    assert "login" not in [row["event"] for row in left]
    assert "there is no user" in ctl(lk, "audit", "--user", user.email, code=1)


def put(lk, user, at, event="probe"):
    lk.sql("INSERT INTO audit (created_at, event, user_id, actor) VALUES (%s, %s, %s, 'test')", at, event, user)


def test_since(lk, someone):
    for at in ("2021-03-04T05:06:07Z", "2021-03-04T05:06:08.5Z", "2021-03-05T00:00:00Z"):
        put(lk, someone, at)
    lk.sql("INSERT INTO audit (created_at, event, user_id, actor) SELECT now() - a, 'aged', %s, 'test'"
           " FROM unnest('{30 seconds,10 minutes,23 hours,6 days,20 days}'::interval[]) a", someone)

    def count(since):
        return len([name for name in names(lk, "--user", someone, "--since", since) if name != "user_created"])

    for since, n in (("2021-03-04", 8), ("2021-03-04T05:06:08Z", 7), ("2021-03-04T06:06:08.501+01:00", 6),
                     ("2021-03-04 05:06:07", 8), ("2021-03-05", 6), ("2021-03-05T00:00:00.001Z", 5),
                     ("90s", 1), ("15m", 2), ("24h", 3), ("7d", 4), ("3w", 5), ("100000w", 8), ("0s", 0)):
        assert count(since) == n, since


@pytest.mark.parametrize("words", [
    ["--since", ""], ["--since", "yesterday"], ["--since", "7"], ["--since", "7y"], ["--since", "-7d"],
    ["--since", "999999w"], ["--since", "2021-02-30"], ["--since", "2021-03-04T25:00:00Z"],
    ["--since", "2021-03-04T00:00:00+99"], ["--since", "2021-03-04T00:00:00.Z"], ["--since", "0000-01-01"],
    ["--since", "2021-03-04x"], ["--since", "2021-03-04T00:00:00+0100x"], ["--since", "9999-12-31T23:59:59-23:59"],
    ["--limit", "0"], ["--limit", "10001"], ["--limit", "x"], ["--limit", ""], ["--user", "a b"],
])
def test_usage(lk, words):
    ctl(lk, "audit", *words, code=2)


def test_guesses_at_names_that_nobody_has(lk, c):
    assert c.login(new_name(), "wrong-Quartz-fjord").status == 401
    shown = next(row for row in events(lk) if row["event"] == "login_failed" and row["ip"] == c.address)
    assert "latchkey-test" in shown["detail"] and not shown.get("user_id") and not shown.get("user")
    assert c.address in text(lk, "audit")


def test_no_more_than_asked_for(lk, someone):
    lk.sql("INSERT INTO audit (event, user_id, actor, detail) SELECT 'probe', %s, 'test', n"
           " FROM generate_series(1, 300) n", someone)
    lk.sql("INSERT INTO login_history (user_id, user_agent, ip, device_type, method, success, created_at)"
           " SELECT %s, n::text, '192.0.2.1', 'pc', 'basic', n %% 2 = 0, now() + interval '1 second' FROM generate_series(1, 30) n",
           someone)
    shown = events(lk, "--user", someone)
    assert len(shown) == 200 and {row["event"] for row in shown[:30]} == {"login", "login_failed"}
    assert shown[30]["detail"] == "300" and shown[199]["detail"] == "131"
    assert len(events(lk, "--user", someone, "--limit", "10000")) == 331
    done = lk.ctl("audit", "--limit", "5")
    assert len(done.stdout.splitlines()) == 6 and "newest 5" in done.stderr


def test_nothing(lk):
    nobody = "11111111-2222-4333-8444-555555555555"
    assert events(lk, "--user", nobody) == []
    assert text(lk, "audit", "--user", nobody.upper()) == "no events\n"


def test_nothing_steers_the_terminal(lk, someone):
    lk.sql("INSERT INTO login_history (user_id, user_agent, ip, device_type, method, success)"
           " VALUES (%s, %s, '192.0.2.1', 'pc', 'basic', true)", someone, "\x1b[2J\u202ex\nforged")
    assert "\\u001b[2J\\u202ex\\u000aforged" in text(lk, "audit", "--user", someone)
