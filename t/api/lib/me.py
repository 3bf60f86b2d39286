"""Journeys of an account that was made with a password at once, and how its sessions are
looked at."""

from lib import check
from lib.stack import User, new_email, new_name, new_password
from lib.tokens import parts
from lib.wait import wait_for


def join(lk, client=None, email=None, username=None, password=None):
    """A new account by POST /auth/register."""
    client = client or lk.client()
    user = User(email or new_email(), username or new_name(), password or new_password(), client=client)
    answer = client.post("/auth/register", {"email": user.email, "username": user.username,
                                            "password": user.password})
    assert answer.status == 201, answer
    user.id = answer.json["id"]
    return user


def enter(user, client=None):
    """The token answer of POST /auth/login."""
    answer = (client or user.client).post("/auth/login", {"login": user.email, "password": user.password})
    assert answer.status == 200, answer
    return answer.json


def renew(client, tokens):
    """POST /auth/refresh."""
    return client.post("/auth/refresh", {"grant_type": "refresh_token",
                                         "refresh_token": tokens["refresh_token"]})


def sid(tokens):
    return parts(tokens["refresh_token"])[1]["sid"]


def gen(tokens):
    return parts(tokens["refresh_token"])[1]["gen"]


def alive(client, tokens):
    return client.get("/users/me", bearer=tokens["access_token"]).status == 200


def refused(answer, sent=True):
    check.problem(answer, 401, "invalid_token" if sent else "token_missing")
    challenge = answer.header("WWW-Authenticate")
    assert challenge.startswith("Bearer") and ('error="invalid_token"' in challenge) == sent, challenge


def dead(client, tokens):
    """Nothing of that session passes anywhere."""
    for path in ("/users/me", "/auth/verify"):
        refused(client.get(path, bearer=tokens["access_token"]))
    refused(renew(client, tokens))
    refused(client.post("/token", bearer=tokens["refresh_token"]))


def letters(lk, user, subject, n=1, seconds=10):
    """Waits for n letters whose subject has these words; gives them all."""
    def found():
        mine = [letter for letter in lk.mail.letters(getattr(user, "email", user)) if subject in letter.subject]
        return mine if len(mine) >= n else None

    return wait_for(found, seconds, f"{n} letters about {subject!r} did not come")


def welcome(lk, user):
    """The code of the letter that greets."""
    return letters(lk, user, "Welcome")[0].code


def recovery_code(lk, user, client=None):
    answer = (client or lk.client()).post("/password", {"email": user.email})
    assert answer.status == 202, answer
    return letters(lk, user, "set a new password")[-1].code


def recovery_token(lk, user, client=None):
    client = client or lk.client()
    answer = client.post("/password", {"email": user.email,
                                       "confirmation_code": recovery_code(lk, user, client)})
    assert answer.status == 200, answer
    return answer.json["token"]


def audited(lk, user, event):
    return lk.one("SELECT count(*) FROM audit WHERE user_id = %s AND event = %s", user.id, event)


def unthrottle(lk):
    """As if every code had been asked for long ago."""
    for purpose in ("registration", "verification", "email_change", "recovery"):
        for name in lk.redis.scan_iter(match=f"lk:{purpose}:*", count=1000):
            if lk.redis.hexists(name, "asked"):
                lk.redis.hset(name, "asked", 0)


def without_password(lk, user):
    """As an account that is used through others only."""
    lk.sql("UPDATE users SET password_hash = NULL WHERE id = %s", user.id)
