"""POST and PATCH /password: a forgotten password."""

import pytest

from lib import check
from lib.stack import new_email, new_name, new_password


def recovery(lk, user, client=None, n=2):
    return lk.token(user.email, client or lk.client(), "/password", n)


def step3(c, token, username, password, method="POST"):
    return c.send(method, "/password", json={"token": token, "username": username, "password": password})


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("how", ["json", "form"])
def test_three_steps(lk, c, user, method, how):
    sessions = [lk.login(user) for _ in range(2)]
    send = lambda fields: c.send(method, "/password", **{how: fields})
    asked = send({"email": user.email.upper()})
    assert asked.status == 202 and set(asked.json) == {"message", "expires_in", "resend_after"}, asked
    assert (asked.json["expires_in"], asked.json["resend_after"]) == (600, 60)
    letter = lk.mail.wait(user.email, 2)
    shown = send({"email": user.email, "confirmation_code": letter.code})
    assert shown.status == 200 and set(shown.json) == {"token", "expires_in"}, shown
    check.private(shown, token=True)
    new = new_password()
    done = send({"token": shown.json["token"], "username": user.username, "password": new})
    assert done.status == 200, done
    check.user(done.json, id=user.id, username=user.username, email=user.email, active=True,
               email_verified=True)
    check.private(done)

    assert c.login(user.username, user.password).status == 401
    assert c.login(user.username, new).status == 200
    for tokens in sessions:
        check.problem(c.get("/users/me", bearer=tokens["access_token"]), 401, "invalid_token")
        check.problem(c.post("/token", bearer=tokens["refresh_token"]), 401, "invalid_token")
    notice = lk.mail.wait(user.email, 3)
    assert notice.codes == [] and "password" in notice.body.lower()
    lk.posted()
    assert len(lk.mail.letters(user.email)) == 3


def test_user_name_in_any_case(lk, c):
    user = lk.register(username=new_name("Rec"))
    assert step3(c, recovery(lk, user), user.username.upper(), new_password()).status == 200


def test_unknown_address_gets_the_same_answer_and_no_letter(lk, c, user):
    nobody = new_email()
    known, unknown = (c.post("/password", {"email": email}) for email in (user.email, nobody))
    assert (unknown.status, unknown.body) == (known.status, known.body)
    lk.posted()
    assert lk.mail.letters(nobody) == [] and len(lk.mail.letters(user.email)) == 2
    answer = c.post("/password", {"email": nobody, "confirmation_code": lk.mail.letters(user.email)[1].code})
    check.problem(answer, 400, "invalid_code")


def test_inactive_looks_unknown(lk, c, user):
    lk.sql("UPDATE users SET active = false WHERE id = %s", user.id)
    assert c.post("/password", {"email": user.email}).status == 202
    lk.posted()
    assert len(lk.mail.letters(user.email)) == 1
    assert c.post("/register", {"email": user.email}).status == 202


def test_recovery_never_reactivates(lk, c, user):
    token = recovery(lk, user)
    lk.sql("UPDATE users SET active = false WHERE id = %s", user.id)
    new = new_password()
    check.problem(step3(c, token, user.username, new), 400, "invalid_token")
    assert lk.one("SELECT active FROM users WHERE id = %s", user.id) is False
    lk.sql("UPDATE users SET active = true WHERE id = %s", user.id)
    assert c.login(user.username, new).status == 401


def test_throttles_answer_alike(lk, c, user):
    nobody = new_email()
    for email in (user.email, nobody):
        assert c.post("/password", {"email": email}).status == 202
    again = [c.send("POST", "/password", json={"email": e}, request_id="same") for e in (user.email, nobody)]
    for answer in again:
        check.problem(answer, 429, "too_soon")
    assert again[0].body == again[1].body


def test_first_proof_of_an_address(lk, c, user):
    lk.sql("UPDATE users SET email_verified = false WHERE id = %s", user.id)
    epoch = lk.one("SELECT epoch FROM users WHERE id = %s", user.id)
    done = step3(c, recovery(lk, user), user.username, new_password())
    assert done.json["email_verified"] is True
    assert lk.one("SELECT epoch > %s FROM users WHERE id = %s", epoch, user.id)


def test_without_a_user_name_the_address_stands_for_it(lk, c, user):
    lk.sql("UPDATE users SET username = NULL, username_key = NULL WHERE id = %s", user.id)
    token, new = recovery(lk, user), new_password()
    check.problem(step3(c, token, user.username, new), 400, "invalid_token")
    done = step3(c, token, user.email.title(), new)
    assert done.status == 200 and done.json["username"] is None, done
    assert c.login(user.email, new).status == 200


@pytest.mark.parametrize("fields, bad", [
    ({}, ["email"]), ({"confirmation_code": "K7QM3XDP"}, ["email"]), ({"email": 7}, ["email"]),
    ({"email": "x@example.com", "confirmation_code": 1}, ["confirmation_code"]),
    ({"token": "x"}, ["username", "password"]), ({"token": "x", "username": "bob", "password": "12345678"},
                                                 ["password"]),
    ({"token": [], "username": None, "password": 0}, ["token", "username", "password"]),
])
def test_fields_are_judged_all_at_once(c, fields, bad):
    check.invalid(c.post("/password", fields), *bad)


def test_weak_password_keeps_the_token(lk, c, user):
    token = recovery(lk, user)
    for weak in ("password", user.username, user.email):
        check.invalid(step3(c, token, user.username, weak), "password:password_too_weak")
    assert step3(c, token, user.username, new_password()).status == 200


def test_address_moved_since(lk, c, user):
    """Mail goes to the stored address; the token is bound to the address it was asked for."""
    token = recovery(lk, user)
    moved = new_email()
    lk.sql("UPDATE users SET email = %s, email_key = %s WHERE id = %s", moved, moved, user.id)
    check.problem(step3(c, token, user.username, new_password()), 400, "invalid_token")


def test_mail_goes_to_the_stored_address(lk, c):
    email = new_email("Stored").replace("example.com", "Example.com")
    user = lk.register(email=email)
    assert c.post("/password", {"email": email.upper()}).status == 202
    letter = lk.mail.wait(email, 2)
    assert letter.parsed["X-RcptTo"] == lk.one("SELECT email FROM users WHERE id = %s", user.id)
