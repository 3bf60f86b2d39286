"""POST /users/me/change-password."""

import pytest

from lib import check
from lib.me import alive, audited, dead, enter, join, letters, recovery_token, refused, without_password
from lib.stack import new_password

PATH = "/users/me/change-password"


@pytest.fixture
def user(lk):
    return join(lk)


def change(client, tokens, old, new, again=None, **what):
    fields = {"old_password": old, "new_password1": new, "new_password2": again or new}
    return client.send("POST", PATH, bearer=tokens["access_token"], **(what or {"json": fields}))


@pytest.mark.parametrize("how", ["json", "form"])
def test_change(lk, c, user, how):
    tokens, other, stranger = enter(user), enter(user, lk.client()), join(lk)
    theirs = enter(stranger)
    new = new_password()
    answer = change(c, tokens, None, None, **{how: {"old_password": user.password, "new_password1": new,
                                                    "new_password2": new}})
    assert answer.status == 204 and answer.body == b"", answer
    assert lk.log.request(answer)["hashes"] == 2
    dead(c, tokens)
    dead(c, other)
    assert alive(c, theirs)
    check.problem(user.client.login(user.email, user.password), 401, "invalid_credentials")
    user.password = new
    assert alive(c, enter(user))
    (letter,) = letters(lk, user, "was changed")
    assert c.address in letter.body and new not in letter.body
    assert audited(lk, user, "password_changed") == 1
    assert lk.one("SELECT email_verified FROM users WHERE id = %s", user.id) is False


def test_wrong_password(lk, c, user):
    tokens = enter(user)
    answer = change(c, tokens, "wrong-Quartz-71", new_password())
    check.problem(answer, 403, "wrong_password")
    assert lk.log.request(answer)["hashes"] == 1
    assert alive(c, tokens) and alive(c, enter(user))
    lk.posted()
    assert [x.subject for x in lk.mail.letters(user.email) if "changed" in x.subject] == []


def test_guessing_is_slowed_down(lk, c, user):
    """A stolen token is no way to try passwords: the counters are those of logging in."""
    tokens = enter(user)
    for _ in range(5):
        check.problem(change(c, tokens, "wrong-Quartz-71", new_password()), 403, "wrong_password")
    answer = change(c, tokens, user.password, new_password())
    check.problem(answer, 429, "too_many_attempts")
    assert lk.log.request(answer)["hashes"] == 0
    check.problem(c.login(user.email, user.password), 429, "too_many_attempts")


@pytest.mark.parametrize("sent, fields", [
    ({}, ["old_password:required", "new_password1:required", "new_password2:required"]),
    ({"old_password": "x", "new_password1": "Quartz-fjord-71", "new_password2": "Quartz-fjord-72"},
     ["new_password2:passwords_differ"]),
    ({"old_password": "x", "new_password1": "password1", "new_password2": "password1"},
     ["new_password1:password_too_weak"]),
    ({"old_password": "x", "new_password1": "password1", "new_password2": "password2"},
     ["new_password1:password_too_weak", "new_password2:passwords_differ"]),
    ({"old_password": "x", "new_password1": "short", "new_password2": "short"}, ["new_password1:too_short"]),
    ({"old_password": "x", "new_password1": "q" * 300, "new_password2": "q" * 300}, ["new_password1:too_long"]),
    ({"old_password": 1, "new_password1": 2, "new_password2": 3},
     ["old_password:wrong_type", "new_password1:wrong_type", "new_password2:wrong_type"]),
    ({"old_password": "", "new_password1": "", "new_password2": ""},
     ["old_password:required", "new_password1:required", "new_password2:required"]),
    ({"old_password": "x", "new_password1": "Quartz-fjord-71"}, ["new_password2:required"]),
    ({"old_password": "x", "new_password2": "Quartz-fjord-71"}, ["new_password1:required"]),
])
def test_invalid(lk, c, user, sent, fields):
    tokens = enter(user)
    answer = c.post(PATH, sent, bearer=tokens["access_token"])
    check.invalid(answer, *fields)
    assert lk.log.request(answer)["hashes"] == 0
    assert alive(c, tokens)


def test_own_words_make_a_password_weak(lk, c):
    user = join(lk, email="wilhelmina-knirsch-%s@example.com" % new_password()[7:17], username=None)
    tokens = enter(user)
    for word in (user.username, user.email, user.email.split("@")[0]):
        check.invalid(change(c, tokens, user.password, word), "new_password1:password_too_weak")


def test_the_old_may_be_the_new(c, user):
    assert change(c, enter(user), user.password, user.password).status == 204
    enter(user)


def test_the_same_in_another_spelling_is_not_the_same(c, user):
    """Both must be typed alike; what is hashed is their normal form."""
    tokens = enter(user)
    check.invalid(change(c, tokens, user.password, "caf\u00e9-Quartz-71", "cafe\u0301-Quartz-71"),
                  "new_password2:passwords_differ")
    assert change(c, tokens, user.password, "cafe\u0301-Quartz-71").status == 204
    assert c.login(user.email, "caf\u00e9-Quartz-71").status == 200


def test_without_a_password_there_is_none_to_change(lk, c, user):
    tokens = enter(user)
    without_password(lk, user)
    check.problem(change(c, tokens, user.password, new_password()), 403, "wrong_password")


def test_refusals(c, user):
    tokens = enter(user)
    new = new_password()
    fields = {"old_password": user.password, "new_password1": new, "new_password2": new}
    refused(c.post(PATH, fields), sent=False)
    refused(c.post(PATH, fields, bearer=tokens["refresh_token"]))
    check.problem(c.get(PATH, bearer=tokens["access_token"]), 405, "method_not_allowed")
    assert alive(c, tokens)


def test_a_recovery_begun_before_is_over(lk, c, user):
    token = recovery_token(lk, user)
    new = new_password()
    assert change(c, enter(user), user.password, new).status == 204
    answer = c.post("/password", {"token": token, "username": user.username, "password": new_password()})
    check.problem(answer, 400, "invalid_token")
    user.password = new
    enter(user)
