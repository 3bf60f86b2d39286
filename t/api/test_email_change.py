"""POST /users/me/email and /users/me/email/confirm."""

import pytest

from lib import check
from lib.me import (alive, audited, enter, join, letters, recovery_token, refused, renew, sid,
                    unthrottle, welcome, without_password)
from lib.stack import new_email, new_password

ASK, CONFIRM = "/users/me/email", "/users/me/email/confirm"


@pytest.fixture
def user(lk):
    return join(lk)


def ask(client, tokens, email, password):
    return client.post(ASK, {"email": email, "password": password}, bearer=tokens["access_token"])


def confirm(client, tokens, code):
    return client.post(CONFIRM, {"code": code}, bearer=tokens["access_token"])


def code_for(lk, client, tokens, user, email):
    answer = ask(client, tokens, email, user.password)
    assert answer.status == 202, answer
    return lk.mail.wait(email).code


def test_change(lk, c, user):
    tokens, email = enter(user), new_email("New.")
    answer = ask(c, tokens, email, user.password)
    assert answer.status == 202, answer
    check.private(answer)
    assert set(answer.json) == {"message", "expires_in", "resend_after"}
    assert (answer.json["expires_in"], answer.json["resend_after"]) == (600, 60)
    assert lk.log.request(answer)["hashes"] == 1
    letter = lk.mail.wait(email)
    assert letter.code and "10 minutes" in letter.body and "minutes minutes" not in letter.body
    (notice,) = letters(lk, user, "new address")
    assert notice.codes == [] and c.address in notice.body and user.username in notice.body
    assert c.get("/users/me", bearer=tokens["access_token"]).json["email"] == user.email

    answer = confirm(c, tokens, letter.code.lower().replace("-", " "))
    assert answer.status == 200, answer
    check.private(answer)
    check.user(answer.json, id=user.id, email=email, email_verified=True)
    check.problem(c.get("/users/me", bearer=tokens["access_token"]), 401, "token_stale")
    body = renew(c, tokens).json
    assert c.get("/users/me", bearer=body["access_token"]).json["email"] == email
    verified = c.get("/auth/verify", bearer=body["access_token"])
    assert verified.header("X-Auth-Email") == email
    assert c.login(email, user.password).status == 200
    assert c.login(user.email, user.password).status == 401
    assert audited(lk, user, "email_changed") == 1
    check.problem(confirm(c, body, letter.code), 400, "invalid_code")
    unthrottle(lk)
    join(lk, email=user.email)  # the old one is free


def test_forms(lk, c, user):
    tokens, email = enter(user), new_email()
    answer = c.send("POST", ASK + "/", form={"email": email, "password": user.password},
                    bearer=tokens["access_token"])
    assert answer.status == 202, answer
    answer = c.send("POST", CONFIRM + "/", form={"code": lk.mail.wait(email).code}, bearer=tokens["access_token"])
    assert answer.status == 200, answer


def test_wrong_password(lk, c, user):
    tokens, email = enter(user), new_email()
    answer = ask(c, tokens, email, "wrong-Quartz-71")
    check.problem(answer, 403, "wrong_password")
    assert lk.log.request(answer)["hashes"] == 1
    for _ in range(4):
        check.problem(ask(c, tokens, email, "wrong-Quartz-71"), 403, "wrong_password")
    check.problem(ask(c, tokens, email, user.password), 429, "too_many_attempts")
    assert lk.mail.letters(email) == []


@pytest.mark.parametrize("sent, fields", [
    ({}, ["email:required", "password:required"]),
    ({"email": "x", "password": "y"}, ["email:invalid_email"]),
    ({"email": new_email()}, ["password:required"]),
    ({"email": 1, "password": 2}, ["email:wrong_type", "password:wrong_type"]),
    ({"email": "", "password": ""}, ["email:required", "password:required"]),
])
def test_invalid(lk, c, user, sent, fields):
    answer = c.post(ASK, sent, bearer=enter(user)["access_token"])
    check.invalid(answer, *fields)
    assert lk.log.request(answer)["hashes"] == 0


@pytest.mark.parametrize("sent, field", [({}, "code:required"), ({"code": ""}, "code:required"),
                                         ({"code": 12345678}, "code:wrong_type"),
                                         ({"code": "x" * 100}, "code:too_long")])
def test_invalid_confirmation(c, user, sent, field):
    check.invalid(c.post(CONFIRM, sent, bearer=enter(user)["access_token"]), field)


def test_taken_address_is_told_by_mail_only(lk, c, user):
    tokens, other, free = enter(user), join(lk), new_email()
    first = ask(c, tokens, other.email, user.password)
    unthrottle(lk)
    second = ask(c, tokens, free, user.password)
    assert first.status == second.status == 202 and first.json == second.json
    costs = [{n: lk.log.request(a)[n] for n in ("hashes", "pg", "redis")} for a in (first, second)]
    assert costs[0]["hashes"] == costs[1]["hashes"] == 1 and costs[0]["redis"] == costs[1]["redis"], costs
    letters(lk, other, "account at")
    assert all(letter.codes == [] for letter in lk.mail.letters(other.email) if "Welcome" not in letter.subject)


def test_address_taken_meanwhile(lk, c, user):
    tokens, email = enter(user), new_email()
    code = code_for(lk, c, tokens, user, email)
    other = join(lk, email=email)
    check.problem(confirm(c, tokens, code), 409, "email_taken")
    assert c.get("/users/me", bearer=tokens["access_token"]).json["email"] == user.email
    assert alive(c, enter(other))


def test_wrong_codes(lk, c, user):
    tokens, email = enter(user), new_email()
    check.problem(confirm(c, tokens, "0000-0000"), 400, "invalid_code")  # none asked for
    code = code_for(lk, c, tokens, user, email)
    for wrong in ("0000-0000", "nonsense", "x", code[:-1]):
        check.problem(confirm(c, tokens, wrong), 400, "invalid_code")
    other = enter(join(lk))
    check.problem(confirm(c, other, code), 400, "invalid_code")
    assert confirm(c, tokens, code).status == 200


def test_code_dies_of_wrong_guesses(lk, c, user):
    tokens, email = enter(user), new_email()
    code = code_for(lk, c, tokens, user, email)
    for _ in range(5):
        check.problem(confirm(c, tokens, "0000-0000"), 400, "invalid_code")
    check.problem(confirm(c, tokens, code), 400, "invalid_code")
    assert confirm(lk.client(), tokens, code).status == 200  # nobody else's guesses stop the owner


def test_codes_of_other_purposes(lk, c, user):
    tokens, email = enter(user), new_email()
    greeting = welcome(lk, user)
    code = code_for(lk, c, tokens, user, email)
    check.problem(confirm(c, tokens, greeting), 400, "invalid_code")
    for answer in (c.post("/auth/verify-email", {"email": email, "code": code}),
                   c.post("/auth/verify-email", {"email": user.email, "code": code}),
                   c.post("/register", {"email": email, "registration_code": code}),
                   c.post("/password", {"email": user.email, "confirmation_code": code})):
        check.problem(answer, 400, "invalid_code")


def test_too_soon(lk, c, user):
    tokens = enter(user)
    code_for(lk, c, tokens, user, new_email())
    answer = ask(c, tokens, new_email(), user.password)
    check.problem(answer, 429, "too_soon")
    assert 50 <= int(answer.header("Retry-After")) <= 60


def test_last_address_asked_for_counts(lk, c, user):
    tokens, first, second = enter(user), new_email(), new_email()
    old = code_for(lk, c, tokens, user, first)
    unthrottle(lk)
    new = code_for(lk, c, tokens, user, second)
    check.problem(confirm(c, tokens, old), 400, "invalid_code")
    answer = confirm(c, tokens, new)
    assert answer.status == 200 and answer.json["email"] == second, answer


@pytest.mark.parametrize("event", ["password", "logout-all", "recovery"])
def test_code_dies_with_the_epoch(lk, c, user, event):
    tokens, email = enter(user), new_email()
    code = code_for(lk, c, tokens, user, email)
    if event == "password":
        new = new_password()
        c.post("/users/me/change-password", {"old_password": user.password, "new_password1": new,
                                             "new_password2": new}, bearer=tokens["access_token"])
        user.password = new
    if event == "logout-all":
        c.post("/auth/logout-all", bearer=tokens["access_token"])
    if event == "recovery":
        new = new_password()
        token = recovery_token(lk, user)
        c.post("/password", {"token": token, "username": user.username, "password": new})
        user.password = new
    check.problem(confirm(c, enter(user), code), 400, "invalid_code")
    assert c.login(email, user.password).status == 401


def test_account_without_a_password(lk, c, user):
    tokens = enter(user)
    without_password(lk, user)
    lk.sql("UPDATE sessions SET created_at = now() - interval '6 minutes' WHERE id = %s", sid(tokens))
    answer = c.post(ASK, {"email": new_email()}, bearer=tokens["access_token"])
    check.problem(answer, 403, "login_too_old")
    lk.sql("UPDATE sessions SET created_at = now() - interval '4 minutes' WHERE id = %s", sid(tokens))
    email = new_email()
    assert c.post(ASK, {"email": email}, bearer=tokens["access_token"]).status == 202
    assert confirm(c, tokens, lk.mail.wait(email).code).status == 200


@pytest.mark.parametrize("path", [ASK, CONFIRM])
def test_refusals(c, user, path):
    tokens = enter(user)
    refused(c.post(path, {}), sent=False)
    refused(c.post(path, {}, bearer=tokens["refresh_token"]))
    check.problem(c.get(path, bearer=tokens["access_token"]), 405, "method_not_allowed")
