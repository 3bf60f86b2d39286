"""Limits that take long to reach as shipped, reached sooner."""

import pytest

from lib import check
from lib.stack import Stack, new_email, new_name, own_stack

lk = own_stack("""[limits]
code_resend_s = 0
codes_per_hour = 6
code_tries = 12
login_pair = 4
login_prefix = 10
login_account = 9
""")

PATHS = [("/register", "registration_code"), ("/password", "confirmation_code")]


def asked(lk, path):
    if path == "/register":
        email = new_email()
        return email, lk.ask_code(email)
    email = lk.register().email
    return email, lk.ask_code(email, None, path, 2)


def guess(client, path, field, email, n):
    for i in range(n):
        check.problem(client.post(path, {"email": email, field: "0000000%d" % i}), 400, "invalid_code")


@pytest.mark.parametrize("path, field", PATHS)
def test_dead_for_all(lk, path, field):
    email, code = asked(lk, path)
    for n in (5, 5, 2):
        guess(lk.client(), path, field, email, n)
    answer = lk.client().post(path, {"email": email, field: code})
    check.problem(answer, 400, "invalid_code")
    again = lk.ask_code(email, None, path, len(lk.mail.letters(email)) + 1)
    assert again != code
    assert lk.client().post(path, {"email": email, field: again}).status == 200


@pytest.mark.parametrize("path, field", PATHS)
def test_a_code_that_lives_is_mailed_again_with_its_counts(lk, c, path, field):
    email, code = asked(lk, path)
    guess(c, path, field, email, 3)
    assert lk.ask_code(email, None, path, len(lk.mail.letters(email)) + 1) == code
    guess(c, path, field, email, 2)
    check.problem(c.post(path, {"email": email, field: code}), 400, "invalid_code")
    assert lk.client().post(path, {"email": email, field: code}).status == 200


@pytest.mark.parametrize("path, field", PATHS)
def test_a_spent_code_is_followed_by_another(lk, c, path, field):
    email, code = asked(lk, path)
    assert c.post(path, {"email": email, field: code}).status == 200
    again = lk.ask_code(email, None, path, len(lk.mail.letters(email)) + 1)
    assert again != code
    check.problem(c.post(path, {"email": email, field: code}), 400, "invalid_code")
    assert c.post(path, {"email": email, field: again}).status == 200


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("path", ["/register", "/password"])
def test_letters_an_hour(lk, path, known):
    email = lk.register().email if known else new_email()
    for _ in range(6):
        assert lk.client().post(path, {"email": email}).status == 202
    answer = lk.client().post(path, {"email": email})
    check.problem(answer, 429, "too_many_requests")
    assert 60 < int(answer.header("Retry-After")) <= 3600


def test_two_tokens_for_one_address(lk, c):
    email, password = new_email(), "Quartz-fjord-91"
    first = lk.token(email, c)
    second = lk.token(email, c, n=2)
    assert first != second
    assert c.post("/register", {"token": second, "username": new_name(), "password": password}).status == 201
    check.problem(c.post("/register", {"token": first, "username": new_name(), "password": password}), 409,
                  "email_taken")


def test_prefix(lk, c):
    """One address tries many accounts."""
    for _ in range(10):
        check.problem(c.login(new_name(), "wrong"), 401)
    answer = c.login(new_name(), "wrong")
    check.problem(answer, 429, "too_many_attempts")
    assert 60 < int(answer.header("Retry-After")) <= 900
    assert lk.log.request(answer)["hashes"] == 0
    user = lk.register()
    check.problem(c.login(user.username, user.password), 429, "too_many_attempts")
    assert user.client.login(user.username, user.password).status == 200


def test_account(lk, user):
    """Many addresses try one account: strangers are stopped, its owner is not."""
    assert user.client.login(user.username, user.password).status == 200
    for n in (3, 3, 3):
        stranger = lk.client()
        for i in range(n):
            check.problem(stranger.login((user.username, user.email)[i % 2], "wrong"), 401)
    answer = lk.client().login(user.email, user.password)
    check.problem(answer, 429, "too_many_attempts")
    assert lk.log.request(answer)["hashes"] == 0
    for login in (user.username, user.email):
        assert user.client.login(login, user.password).status == 200
    assert user.client.login(user.username, "wrong").status == 401


def test_account_that_is_nobodys(lk):
    nobody = new_email()
    for n in (3, 3, 3):
        stranger = lk.client()
        for _ in range(n):
            check.problem(stranger.login(nobody, "wrong"), 401)
    check.problem(lk.client().login(nobody, "wrong"), 429, "too_many_attempts")


def test_address_known_for_ninety_days_only(lk, user):
    assert user.client.login(user.username, user.password).status == 200
    lk.sql("UPDATE known_prefixes SET last_success = now() - interval '91 days' WHERE user_id = %s", user.id)
    for n in (3, 3, 3):
        stranger = lk.client()
        for _ in range(n):
            check.problem(stranger.login(user.username, "wrong"), 401)
    check.problem(user.client.login(user.username, user.password), 429, "too_many_attempts")


def test_limits_can_be_switched_off():
    """For load tests: nothing is counted, and a code still passes once only."""
    stack = Stack.start(LIMITS="off")
    try:
        user, c = stack.register(), stack.client()
        assert {c.login(user.username, "wrong").status for _ in range(12)} == {401}
        assert c.login(user.username, user.password).status == 200
        assert {c.post("/password", {"email": user.email}).status for _ in range(8)} == {202}
        code = stack.mail.wait(user.email, 2).code
        guesses = {c.post("/password", {"email": user.email, "confirmation_code": "0000000%d" % i}).status
                   for i in range(9)}
        assert guesses == {400}
        assert c.post("/password", {"email": user.email, "confirmation_code": code}).status == 200
        check.problem(c.post("/password", {"email": user.email, "confirmation_code": code}), 400,
                      "invalid_code")
    finally:
        stack.down()
