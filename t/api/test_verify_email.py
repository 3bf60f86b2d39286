"""POST /auth/verify-email: the address of an account, proven later."""

import pytest

from lib import check
from lib.me import (alive, audited, dead, enter, join, letters, recovery_code, recovery_token,
                    refused, unthrottle, welcome)
from lib.stack import new_email, new_password

PATH = "/auth/verify-email"


@pytest.fixture
def user(lk):
    return join(lk)


def verify(client, email, code, **what):
    return client.post(PATH, {"email": email, "code": code}, **what)


def ask(client, tokens):
    return client.post(PATH, bearer=tokens["access_token"])


def codes(lk):
    return [n for n in lk.redis.scan_iter(match="lk:verification:*", count=1000) if lk.redis.hexists(n, "nonce")]


@pytest.mark.parametrize("how", ["json", "form"])
def test_first_proof(lk, c, user, how):
    """It ends what was begun before it: whoever made the account may not be the owner."""
    tokens = enter(user)
    code = welcome(lk, user)
    answer = c.send("POST", PATH, **{how: {"email": user.email.upper(), "code": code.lower()}})
    assert answer.status == 200, answer
    check.private(answer)
    check.user(answer.json, id=user.id, email=user.email, email_verified=True)
    dead(c, tokens)
    assert c.get("/users/me", bearer=enter(user)["access_token"]).json["email_verified"] is True
    assert audited(lk, user, "email_verified") == 1
    check.problem(verify(c, user.email, code), 400, "invalid_code")  # spent


def test_with_a_token_too(lk, c, user):
    tokens = enter(user)
    code = welcome(lk, user)
    assert verify(c, user.email, code, bearer=tokens["access_token"]).status == 200
    dead(c, tokens)


def test_mailed_again(lk, c, user):
    tokens = enter(user)
    first = welcome(lk, user)
    answer = ask(c, tokens)
    check.problem(answer, 429, "too_soon")
    assert 50 <= int(answer.header("Retry-After")) <= 60
    unthrottle(lk)
    answer = ask(c, tokens)
    assert answer.status == 202, answer
    check.private(answer)
    assert set(answer.json) == {"message", "expires_in", "resend_after"}
    assert (answer.json["expires_in"], answer.json["resend_after"]) == (600, 60)
    (letter,) = letters(lk, user, "Your code")
    assert letter.code == first and user.username in letter.body  # the one that lives
    assert "10 minutes" in letter.body and "minutes minutes" not in letter.body
    assert verify(c, user.email, letter.code).status == 200


def test_mailed_again_after_it_is_over(lk, c, user):
    tokens = enter(user)
    first = welcome(lk, user)
    for name in codes(lk):
        lk.redis.hset(name, "exp", 1)
    check.problem(verify(c, user.email, first), 400, "invalid_code")
    unthrottle(lk)
    assert ask(c, tokens).status == 202
    (letter,) = letters(lk, user, "Your code")
    assert letter.code != first
    assert verify(c, user.email, letter.code).status == 200


def test_mailed_five_times_an_hour(lk, c, user):
    tokens = enter(user)
    for _ in range(4):
        unthrottle(lk)
        assert ask(c, tokens).status == 202
    unthrottle(lk)
    answer = ask(c, tokens)
    check.problem(answer, 429, "too_many_requests")
    assert 3500 <= int(answer.header("Retry-After")) <= 3600


def test_nothing_is_mailed_when_it_is_proven(lk, c):
    user = lk.register(c)
    tokens = lk.login(user)
    answer = ask(c, tokens)
    assert answer.status == 200, answer
    check.user(answer.json, email_verified=True)
    lk.posted()
    assert letters(lk, user, "Your code", n=0) == [] or alive(c, tokens)


def test_wrong_codes(lk, c, user):
    tokens, other = enter(user), join(lk)
    mine, theirs = welcome(lk, user), welcome(lk, other)
    for email, code in ((user.email, "0000-0000"), (user.email, theirs), (user.email, "nonsense"),
                        (new_email(), mine), (other.email, mine)):
        check.problem(verify(lk.client(), email, code), 400, "invalid_code")
    assert alive(c, tokens)
    assert verify(c, user.email, mine).status == 200


def test_code_dies_of_wrong_guesses(lk, c, user):
    code = welcome(lk, user)
    for _ in range(5):
        check.problem(verify(c, user.email, "0000-0000"), 400, "invalid_code")
    check.problem(verify(c, user.email, code), 400, "invalid_code")
    assert verify(lk.client(), user.email, code).status == 200


def test_wrong_guesses_survive_another_letter(lk, c, user):
    tokens = enter(user)
    code = welcome(lk, user)
    for _ in range(5):
        verify(c, user.email, "0000-0000")
    unthrottle(lk)
    assert ask(c, tokens).status == 202
    check.problem(verify(c, user.email, code), 400, "invalid_code")


def test_codes_of_other_purposes(lk, c, user):
    greeting = welcome(lk, user)
    recovery = recovery_code(lk, user)
    check.problem(verify(c, user.email, recovery), 400, "invalid_code")
    for path, field in (("/password", "confirmation_code"), ("/register", "registration_code")):
        check.problem(c.post(path, {"email": user.email, field: greeting}), 400, "invalid_code")


@pytest.mark.parametrize("event", ["password", "logout-all", "inactive", "deleted"])
def test_code_dies_with_the_epoch(lk, c, user, event):
    tokens, code, new = enter(user), welcome(lk, user), new_password()
    if event == "password":
        assert c.post("/users/me/change-password", {"old_password": user.password, "new_password1": new,
                                                    "new_password2": new},
                      bearer=tokens["access_token"]).status == 204
    if event == "logout-all":
        c.post("/auth/logout-all", bearer=tokens["access_token"])
    if event == "inactive":
        lk.ctl("user", "deactivate", user.email)
    if event == "deleted":
        c.send("DELETE", "/users/me", json={"password": user.password}, bearer=tokens["access_token"])
    answer = verify(c, user.email, code)
    if event in ("inactive", "deleted"):
        check.problem(answer, 400, "invalid_code")
    else:  # made before: of the older epoch, or still good; never a half
        assert answer.status in (200, 400), answer
        assert lk.one("SELECT email_verified FROM users WHERE id = %s", user.id) is (answer.status == 200)


@pytest.mark.parametrize("sent, fields", [
    ({}, ["email:required", "code:required"]), ({"email": new_email()}, ["code:required"]),
    ({"code": "0000-0000"}, ["email:required"]), ({"email": 1, "code": 2}, ["email:wrong_type", "code:wrong_type"]),
    ({"email": "x", "code": "x" * 100}, ["email:invalid_email", "code:too_long"]),
    ({"email": "", "code": ""}, ["email:required", "code:required"])])
def test_invalid(c, sent, fields):
    check.invalid(c.post(PATH, sent), *fields)


def test_without_token_and_body(c):
    check.invalid(c.post(PATH), "email:required", "code:required")


def test_half_a_body_with_a_token(c, user):
    check.invalid(c.post(PATH, {"code": "0000-0000"}, bearer=enter(user)["access_token"]), "email:required")


def test_bad_token(c, user):
    refused(c.post(PATH, bearer="x"))
    refused(c.post(PATH, bearer=enter(user)["refresh_token"]))


def test_recovery_proves_it_as_well(lk, c, user):
    tokens = enter(user)
    token = recovery_token(lk, user)
    answer = c.post("/password", {"token": token, "username": user.username, "password": new_password()})
    assert answer.status == 200 and answer.json["email_verified"] is True, answer
    dead(c, tokens)
