"""Many refresh the same session at once: one successor each time, and nobody is taken for
a thief. LATCHKEY_RACE_ROUNDS=100 for the long run."""

import os

from lib.http import together
from lib.me import alive, audited, enter, gen, join, sid
from lib.stack import own_stack

ROUNDS = int(os.environ.get("LATCHKEY_RACE_ROUNDS", "15"))
WAYS = 50

lk = own_stack("[server]\nrequest_timeout_s = 30\n[tokens]\nrefresh_grace_s = 60\n")


def test_fifty_ways(lk):
    user = join(lk)
    tokens = enter(user)
    clients = [lk.client() for _ in range(WAYS)]
    for n in range(2, ROUNDS + 2):
        answers = together((c, ("POST", "/auth/refresh"), {"bearer": tokens["refresh_token"]}) for c in clients)
        assert [a.status for a in answers] == [200] * WAYS, [a for a in answers if a.status != 200][:3]
        assert {gen(a.json) for a in answers} == {n} and {sid(a.json) for a in answers} == {sid(tokens)}
        tokens = answers[n % WAYS].json
    assert alive(clients[0], tokens)
    assert lk.sql("SELECT gen, ended_at FROM sessions WHERE user_id = %s", user.id) == [(ROUNDS + 1, None)]
    assert audited(lk, user, "refresh_reused") == 0


def test_both_ways_of_refreshing(lk):
    """/token beside /auth/refresh."""
    user = join(lk)
    tokens = enter(user)
    for n in range(2, 5):
        answers = together((lk.client(), ("POST", path), {"bearer": tokens["refresh_token"]})
                           for path in ["/auth/refresh", "/token"] * 12)
        assert [a.status for a in answers] == [200] * 24
        assert {gen(a.json) for a in answers[::2]} == {n} and "refresh_token" not in answers[1].json
        tokens = answers[0].json
    assert audited(lk, user, "refresh_reused") == 0


def test_many_sessions_at_once(lk):
    """Rotations of different sessions do not disturb each other."""
    user = join(lk)
    sessions = [enter(user) for _ in range(10)]
    for n in range(2, 5):
        answers = together((lk.client(), ("POST", "/auth/refresh"), {"bearer": t["refresh_token"]})
                           for t in sessions for _ in range(4))
        assert [a.status for a in answers] == [200] * 40
        assert [(sid(a.json), gen(a.json)) for a in answers] == [(sid(t), n) for t in sessions for _ in range(4)]
        sessions = [a.json for a in answers[::4]]
    assert lk.one("SELECT count(*) FROM sessions WHERE user_id = %s AND ended_at IS NULL AND gen = 4",
                  user.id) == 10


def test_logout_amid_it(lk):
    """Once the logout has answered nothing passes, whatever was under way."""
    for _ in range(5):
        user = join(lk)
        tokens = enter(user)
        calls = [(lk.client(), ("POST", "/auth/refresh"), {"bearer": tokens["refresh_token"]}) for _ in range(20)]
        calls.insert(10, (user.client, ("POST", "/auth/logout"), {"bearer": tokens["access_token"]}))
        answers = together(calls)
        assert answers.pop(10).status == 204
        assert {a.status for a in answers} <= {200, 401}
        for a in answers:
            if a.status == 200:
                assert not alive(user.client, a.json)
                assert user.client.post("/auth/refresh", bearer=a.json["refresh_token"]).status == 401
        assert audited(lk, user, "refresh_reused") == 0
