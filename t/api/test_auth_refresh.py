"""POST /auth/refresh: rotation, grace, reuse."""

import threading
import time

import pytest

from lib import check
from lib.http import together
from lib.me import alive, audited, dead, enter, gen, join, letters, refused, renew, sid
from lib.stack import new_email
from lib.tokens import hostile, parts


@pytest.fixture(scope="module")
def user(lk):
    return join(lk)


@pytest.fixture
def tokens(user):
    return enter(user)


def ok(answer):
    assert answer.status == 200, answer
    return answer.json


def aged(lk, tokens, seconds):
    """As if every generation so far had been spent so many seconds earlier."""
    lk.sql("UPDATE sessions SET spent = (SELECT coalesce(array_agg(t - make_interval(secs => %s) ORDER BY n), '{}')"
           " FROM unnest(spent) WITH ORDINALITY AS s (t, n)) WHERE id = %s", seconds, sid(tokens))


def test_answer(lk, c, user, tokens):
    answer = renew(c, tokens)
    body = ok(answer)
    check.private(answer, token=True)
    assert set(body) == {"access_token", "token_type", "expires_in", "refresh_token", "refresh_expires_in"}
    assert (body["token_type"], body["expires_in"], body["refresh_expires_in"]) == ("Bearer", 600, 30 * 86400)
    old, new = parts(tokens["access_token"])[1], parts(body["access_token"])[1]
    assert old["fresh"] is True and new["fresh"] is False and new["jti"] != old["jti"]
    for name in ("sub", "sid", "iss", "aud", "auth_time", "client_id", "amr", "rev", "roles"):
        assert new[name] == old[name], name
    old, new = parts(tokens["refresh_token"])[1], parts(body["refresh_token"])[1]
    assert (new["gen"], new["sid"], new["exp"]) == (old["gen"] + 1, old["sid"], old["exp"])
    assert new["jti"] != old["jti"]
    assert alive(c, tokens) and alive(c, body)
    cost = lk.log.request(answer)
    assert (cost["hashes"], cost["redis"]) == (0, 0)


@pytest.mark.parametrize("how", ["json", "form", "bearer", "slash"])
def test_forms(c, tokens, how):
    fields = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    what = {"json": {"json": fields}, "form": {"form": fields}, "slash": {"json": fields},
            "bearer": {"bearer": tokens["refresh_token"]}}[how]
    path = "/auth/refresh" + ("/" if how == "slash" else "")
    body = ok(c.send("POST", path, **what))
    assert gen(body) == 2 and alive(c, body)


def test_bearer_goes_before_the_body(c, user, tokens):
    other = enter(user)
    body = ok(c.send("POST", "/auth/refresh", bearer=tokens["refresh_token"],
                     json={"grant_type": "refresh_token", "refresh_token": other["refresh_token"]}))
    assert sid(body) == sid(tokens) and gen(ok(renew(c, other))) == 2


@pytest.mark.parametrize("sent, fields", [
    ({}, ["grant_type:required", "refresh_token:required"]),
    ({"grant_type": "refresh_token"}, ["refresh_token:required"]),
    ({"grant_type": "password", "refresh_token": "x"}, ["grant_type:invalid"]),
    ({"grant_type": 1, "refresh_token": 2}, ["grant_type:wrong_type", "refresh_token:wrong_type"]),
    ({"grant_type": "refresh_token", "refresh_token": ""}, ["refresh_token:required"]),
    ({"grant_type": "", "refresh_token": None}, ["grant_type:required", "refresh_token:required"]),
])
def test_invalid(c, sent, fields):
    check.invalid(c.post("/auth/refresh", sent), *fields)


def test_rotation_goes_on(lk, c, tokens):
    now = tokens
    for n in range(2, 14):
        now = ok(renew(c, now))
        assert gen(now) == n and alive(c, now)
    assert lk.one("SELECT array_length(spent, 1) FROM sessions WHERE id = %s", sid(tokens)) == 8


def test_rest_of_a_session(lk, c, tokens):
    lk.sql("UPDATE sessions SET expires_at = now() + interval '100 s' WHERE id = %s", sid(tokens))
    body = ok(renew(c, tokens))
    assert 90 <= body["refresh_expires_in"] <= 100 and 90 <= body["expires_in"] <= 100
    assert abs(parts(body["refresh_token"])[1]["exp"] - time.time() - 100) < 10


def test_grace_for_each_of_the_last_8_generations(lk, c, user, tokens):
    chain = [tokens]
    for _ in range(8):
        chain.append(ok(renew(c, chain[-1])))
    aged(lk, tokens, -10)  # however slow the machine
    for spent in chain[:8]:
        body = ok(renew(c, spent))
        assert gen(body) == 9 and alive(c, body)
        assert c.post("/token", bearer=spent["refresh_token"]).status == 200
    assert lk.one("SELECT gen FROM sessions WHERE id = %s", sid(tokens)) == 9
    chain.append(ok(renew(c, chain[-1])))
    aged(lk, tokens, -10)
    assert gen(ok(renew(c, chain[1]))) == 10
    refused(renew(c, chain[0]))  # the ninth: nobody knows when it was spent
    dead(c, chain[-1])


def test_lost_answer_repeated(lk, c, tokens):
    renew(c, tokens)  # its answer is lost
    again = ok(renew(c, tokens))
    assert gen(again) == 2
    aged(lk, tokens, 3600)
    assert gen(ok(renew(c, again))) == 3


def test_six_tabs(lk, c, user):
    """All refresh at once with what they share; one goes on to refresh what it got."""
    for _ in range(3):
        tokens = enter(user)
        mine = []

        def eager(client=lk.client()):
            mine.append(renew(client, tokens))
            mine.append(renew(client, mine[0].json))

        thread = threading.Thread(target=eager)
        thread.start()
        shared = {"json": {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}}
        answers = together((c, ("POST", "/auth/refresh"), shared) for _ in range(5))
        thread.join()
        bodies = [ok(a) for a in answers + mine]
        assert {sid(b) for b in bodies} == {sid(tokens)} and {gen(b) for b in bodies} <= {2, 3}
        assert gen(bodies[-1]) == 3
        for body in bodies:
            assert alive(c, body) and renew(c, body).status == 200
        assert lk.one("SELECT ended_at IS NULL FROM sessions WHERE id = %s", sid(tokens))


@pytest.mark.parametrize("where", ["/auth/refresh", "/token"])
def test_reuse_ends_the_session(lk, c, where):
    user = join(lk)
    tokens, other = enter(user), enter(user)
    newest = ok(renew(c, tokens))
    aged(lk, tokens, 60)
    client = lk.client(agent="a thief/1")
    refused(client.post(where, bearer=tokens["refresh_token"]))
    dead(c, newest)
    dead(c, tokens)
    assert alive(c, other)
    assert lk.sql("SELECT end_reason, ended_at IS NOT NULL FROM sessions WHERE id = %s",
                  sid(tokens)) == [("reuse", True)]
    assert lk.sql("SELECT host(ip), detail FROM audit WHERE user_id = %s AND event = 'refresh_reused'",
                  user.id) == [(client.address, "session " + sid(tokens))]
    (logged,) = [e for e in lk.log.lines() if e["event"] == "refresh_token_reused"
                 and e.get("session") == sid(tokens)]
    assert logged["level"] == "warn" and logged["request_id"]
    (letter,) = letters(lk, user, "ended for safety")
    assert client.address in letter.body and "a thief/1" in letter.body
    lk.posted()
    assert len(letters(lk, user, "ended for safety")) == 1  # told once, however often it is tried


def test_ahead_is_refused_and_ends_nothing(lk, c, tokens):
    """After a restore the row may be older than the tokens."""
    second = ok(renew(c, tokens))
    lk.sql("UPDATE sessions SET gen = 1, spent = '{}' WHERE id = %s", sid(tokens))
    refused(renew(c, second))
    refused(c.post("/token", bearer=second["refresh_token"]))
    assert alive(c, tokens) and gen(ok(renew(c, tokens))) == 2
    assert lk.one("SELECT count(*) FROM audit WHERE detail = %s AND event = 'refresh_reused'",
                  "session " + sid(tokens)) == 0


ENDS = {
    "idle": "UPDATE sessions SET last_used_at = now() - interval '31 days' WHERE id = %(sid)s",
    "over": "UPDATE sessions SET expires_at = now() - interval '1 second' WHERE id = %(sid)s",
    "ended": "UPDATE sessions SET ended_at = now() WHERE id = %(sid)s",
    "epoch": "UPDATE users SET epoch = epoch + 1 WHERE id = %(user)s",
    "inactive": "UPDATE users SET active = false WHERE id = %(user)s",
    "no session": "DELETE FROM sessions WHERE id = %(sid)s",
    "no user": "DELETE FROM users WHERE id = %(user)s",
}


@pytest.mark.parametrize("end", ENDS)
def test_ended(lk, c, end):
    user = join(lk)
    tokens = enter(user)
    with lk.connect() as connection, connection.cursor() as cursor:
        cursor.execute(ENDS[end], {"sid": sid(tokens), "user": user.id})
    refused(renew(c, tokens))
    assert audited(lk, user, "refresh_reused") == 0


def test_use_keeps_the_session_from_idling(lk, c, tokens):
    lk.sql("UPDATE sessions SET last_used_at = now() - interval '29 days' WHERE id = %s", sid(tokens))
    ok(renew(c, tokens))
    assert lk.one("SELECT now() - last_used_at < interval '1 minute' FROM sessions WHERE id = %s", sid(tokens))


def test_other_tokens(lk, c, tokens):
    registration = lk.token(new_email(), lk.client())
    for other in (tokens["access_token"], registration, "x", "a.b.c"):
        refused(renew(c, {"refresh_token": other}))
        refused(c.post("/auth/refresh", bearer=other))


def test_hostile_tokens(lk, c, tokens):
    corpus = [(name, token) for name, token in hostile(lk.keys, "refresh", tokens["refresh_token"]) if token]
    assert len(corpus) >= 150
    shown = [(name, renew(c, {"refresh_token": token})) for name, token in corpus]
    assert [(name, answer.status) for name, answer in shown if answer.status != 401] == []
    assert renew(c, {"refresh_token": lk.keys.altered("refresh", tokens["refresh_token"])}).status == 200


def test_new_roles_come_with_the_refresh(lk, c, user, tokens):
    lk.sql("UPDATE users SET roles = '{editors}', rev = rev + 1 WHERE id = %s", user.id)
    check.problem(c.get("/users/me", bearer=tokens["access_token"]), 401, "token_stale")
    body = ok(renew(c, tokens))
    assert c.get("/users/me", bearer=body["access_token"]).json["roles"] == ["editors"]
    lk.sql("UPDATE users SET roles = '{}' WHERE id = %s", user.id)


def test_get_is_not_for_it(c):
    check.problem(c.get("/auth/refresh"), 405, "method_not_allowed")
