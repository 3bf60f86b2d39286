"""Guesses of passwords and codes, with the limits as shipped."""

import re
import time

import pytest

from lib import check
from lib.stack import new_email, new_name
from lib.wait import wait_for


def wrong(c, login):
    return c.login(login, "wrong-password")


def refused(answer, least=1, most=900):
    check.problem(answer, 429, "too_many_attempts")
    assert least <= int(answer.header("Retry-After")) <= most, answer
    return answer


def spend(c, login, n=5):
    for _ in range(n):
        check.problem(wrong(c, login), 401, "invalid_credentials")


def test_five_then_delays_that_double(lk, user, c):
    spend(c, user.username)
    for delay in (1, 2):
        start = time.monotonic()
        refused(wrong(c, user.username), delay, delay)
        answer = wait_for(lambda: (a := wrong(c, user.username)).status != 429 and a, delay + 2,
                          "the delay does not end", every=0.2)
        check.problem(answer, 401, "invalid_credentials")
        assert time.monotonic() - start >= delay - 0.3
    refused(wrong(c, user.username), 3, 4)


def test_a_refusal_costs_no_hash(lk, user, c):
    spend(c, user.username)
    for _ in range(3):
        answer = refused(c.login(user.username, user.password))
        assert lk.log.request(answer)["hashes"] == 0


def test_the_right_password_is_refused_too(user, c):
    spend(c, user.username)
    refused(c.login(user.username, user.password))


def test_name_and_address_are_one_account(user, c):
    for login in (user.username, user.email, user.username.upper(), user.email.title(), user.email.upper()):
        spend(c, login, 1)
    for login in (user.email, user.username):
        refused(wrong(c, login))


def test_somebody_and_nobody_alike(c):
    nobody = new_name()
    spend(c, nobody)
    refused(wrong(c, nobody), 1, 1)
    refused(wrong(c, nobody.upper()))


def test_another_account_from_the_same_address(lk, user, c):
    spend(c, user.username)
    other = lk.register()
    assert c.login(other.username, other.password).status == 200


def test_the_owner_elsewhere_is_not_stopped(lk, user):
    for _ in range(4):
        attacker = lk.client()
        spend(attacker, user.email)
        refused(wrong(attacker, user.email))
    assert user.client.login(user.username, user.password).status == 200
    assert lk.client().login(user.username, user.password).status == 200


def test_success_gives_back(user, c):
    for _ in range(12):
        assert c.login(user.username, user.password).status == 200
    spend(c, user.username, 4)
    assert c.login(user.username, user.password).status == 200


def test_malformed_credentials_count_for_nobody(user, c):
    for _ in range(8):
        check.problem(c.login(user.username, "x\0y"), 401, "invalid_credentials")
    assert c.login(user.username, user.password).status == 200


def test_redis_names_tell_nothing(lk, user, c):
    spend(c, user.username, 2)
    c.post("/password", {"email": user.email})
    names = [name.decode() for name in lk.redis.scan_iter(count=1000)]
    assert names and all(re.fullmatch(r"lk:[a-z_-]+:[0-9a-f]{32,64}", name) for name in names), names
    dump = b"".join(b"\n".join(lk.redis.hgetall(n)) + b"".join(lk.redis.hgetall(n).values()) for n in names
                    if lk.redis.type(n) == b"hash")
    assert user.email.encode() not in dump and c.address.encode() not in dump
    assert all(lk.redis.pttl(name) > 0 for name in names)


# codes

PATHS = [("/register", "registration_code"), ("/password", "confirmation_code")]


def asked(lk, path):
    """An address, its code, and how to offer one."""
    if path == "/register":
        email = new_email()
        return email, lk.ask_code(email)
    user = lk.register()
    return user.email, lk.ask_code(user.email, None, path, 2)


@pytest.mark.parametrize("path, field", PATHS)
def test_five_guesses_from_one_address(lk, c, path, field):
    email, code = asked(lk, path)
    give = lambda client, text: client.post(path, {"email": email, field: text})
    for i in range(5):
        check.problem(give(c, "0000000%d" % i), 400, "invalid_code")
    check.problem(give(c, code), 400, "invalid_code")
    assert give(lk.client(), code).status == 200


@pytest.mark.parametrize("path, field", PATHS)
def test_four_guesses_leave_one(lk, c, path, field):
    email, code = asked(lk, path)
    for i in range(4):
        check.problem(c.post(path, {"email": email, field: "0000000%d" % i}), 400, "invalid_code")
    assert c.post(path, {"email": email, field: code}).status == 200


@pytest.mark.parametrize("path, field", PATHS)
def test_a_stranger_cannot_block(lk, path, field):
    email, code = asked(lk, path)
    for _ in range(10):
        stranger = lk.client()
        for i in range(6):
            check.problem(stranger.post(path, {"email": email, field: "0000000%d" % i}), 400, "invalid_code")
    assert lk.client().post(path, {"email": email, field: code}).status == 200


@pytest.mark.parametrize("path", ["/register", "/password"])
def test_a_hundred_in_a_minute_are_one_letter(lk, c, path):
    email = new_email() if path == "/register" else lk.register().email
    before = len(lk.mail.letters(email))
    answers = [(c if i % 2 else lk.client()).post(path, {"email": email}) for i in range(100)]
    assert [a.status for a in answers] == [202] + [429] * 99
    check.problem(answers[-1], 429, "too_soon")
    assert 1 <= int(answers[-1].header("Retry-After")) <= 60
    lk.posted()
    assert len(lk.mail.letters(email)) == before + 1
