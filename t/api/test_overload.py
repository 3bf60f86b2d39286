"""More to hash than can be hashed: refused soon and plainly, and the rest goes on."""

import collections
import os
import threading
import time

import pytest

from lib import check
from lib.http import together
from lib.stack import new_name, own_stack
from lib.wait import wait_for

# A hash takes a twentieth of a second and more.
lk = own_stack("[server]\nslow_workers = 1\n[passwords]\nmemory_kib = 65536\npasses = 6\n")


def flood(lk, n):
    return together((lk.client(), ("POST", "/login"), {"basic": (new_name(), "wrong")}) for _ in range(n))


@pytest.fixture(scope="module")
def flooded(lk):
    """150 logins at once, and what tokens saw of it."""
    user = lk.register()
    token = lk.login(user)["access_token"]
    c, answers, others = lk.client(), [], []
    thread = threading.Thread(target=lambda: answers.extend(flood(lk, 150)))
    thread.start()
    while thread.is_alive():
        others += [c.get("/users/me", bearer=token), c.get("/health/ready"),
                   lk.client().post("/register", {"email": "bad"})]  # nginx limits these by client
        time.sleep(0.02)
    thread.join()
    return user, answers, others


def test_some_are_served_and_the_rest_refused(flooded):
    _, answers, _ = flooded
    statuses = collections.Counter(a.status for a in answers)
    assert set(statuses) == {401, 503} and statuses[503] > 75, statuses
    for answer in answers:
        if answer.status == 503:
            check.problem(answer, 503, "overloaded")
        else:
            check.problem(answer, 401, "invalid_credentials")


def test_nobody_waits_long(flooded):
    """2 s in the queue, and the hash that was begun before."""
    _, answers, _ = flooded
    assert max(a.ms for a in answers) < 5000, sorted(a.ms for a in answers)[-5:]


def test_too_many_are_refused_at_once(flooded):
    """nginx admits 128 to the slow pool."""
    _, answers, _ = flooded
    assert len([a for a in answers if a.status == 503 and a.ms < 1500]) >= 10


def test_what_does_not_hash_goes_on(flooded):
    _, _, others = flooded
    me, ready, bad = others[0::3], others[1::3], others[2::3]
    assert len(me) > 10
    assert {a.status for a in me} == {200} and {a.status for a in ready} == {200}
    assert {a.status for a in bad} <= {422, 503}  # shares its place with what hashes
    assert sorted(a.ms for a in me)[len(me) // 2] < 300


def test_a_refusal_is_no_attempt(lk, flooded):
    """Those who were refused unheard have lost nothing."""
    user, _, _ = flooded
    answers = together((user.client, ("POST", "/login"), {"basic": (user.username, user.password)})
                       for _ in range(30))
    assert {a.status for a in answers} <= {200, 429, 503}
    assert user.client.login(user.username, user.password).status == 200


def test_it_is_over_when_it_is_over(lk, flooded):
    user, _, _ = flooded
    assert lk.client().login(user.username, user.password).status == 200


def resident_kib(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024


def test_memory_is_kept_and_given_back(lk, flooded):
    """From one hash to the next, and no longer than 12 s without any."""
    user, _, _ = flooded
    (slow,) = lk.workers("slow")
    assert lk.client().login(user.username, user.password).status == 200
    assert 65536 < resident_kib(slow) < 65536 + 16384
    wait_for(lambda: resident_kib(slow) < 16384, 30, "the memory of the hash is still there", every=0.5)
    assert lk.client().login(user.username, user.password).status == 200
