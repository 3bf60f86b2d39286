"""Nothing tells a stranger whether an address or a name has an account: not bytes, not
headers, not the work that is done."""

import os
import re
import threading

import pytest

from lib import check
from lib.stack import new_email, new_name, new_password, own_stack

# One worker a pool: after the first of a kind every request costs the same.
lk = own_stack("[server]\nfast_workers = 1\nslow_workers = 1\n[limits]\ncode_resend_s = 0\n")

KINDS = ["known", "unknown", "inactive", "passwordless", "nameless"]


@pytest.fixture(scope="module")
def people(lk):
    """A user of each kind, and the stores telling all that they are asked."""
    users = {kind: lk.register(lk.client()) for kind in KINDS if kind != "unknown"}
    lk.sql("UPDATE users SET active = false WHERE id = %s", users["inactive"].id)
    lk.sql("UPDATE users SET password_hash = NULL WHERE id = %s", users["passwordless"].id)
    lk.sql("UPDATE users SET username = NULL, username_key = NULL WHERE id = %s", users["nameless"].id)
    users["unknown"] = type(users["known"])(new_email(), new_name(), new_password())
    lk.posted()
    lk.part("stop", "mail")
    for setting in ("log_statement = 'all'", "log_line_prefix = '%u|'"):
        lk.sql("ALTER SYSTEM SET " + setting)
    lk.sql("SELECT pg_reload_conf()")
    yield users
    lk.sql("ALTER SYSTEM RESET ALL")
    lk.sql("SELECT pg_reload_conf()")
    lk.part("start", "mail")


class Watched:
    """What PostgreSQL and Redis were asked while it was on, by the service alone."""

    def __init__(self, lk):
        self.lk = lk
        self.path = os.path.join(lk.env["LOG"], "postgres.log")

    def __enter__(self):
        self.at = os.path.getsize(self.path)
        self.before = self.lk.one("SELECT count(*) FROM outbox")
        self.commands, ready = [], threading.Event()

        def listen():
            with self.lk.redis.monitor() as monitor:
                ready.set()
                for command in monitor.listen():
                    if "the-end" in command["command"]:
                        return
                    self.commands.append(command["command"])

        self.thread = threading.Thread(target=listen)
        self.thread.start()
        ready.wait(5)
        return self

    def __exit__(self, *_):
        self.lk.redis.echo("the-end")
        self.thread.join(5)
        with open(self.path, encoding="utf-8") as file:
            file.seek(self.at)
            lines = file.read().splitlines()
        self.statements = [re.sub(r"^.*?LOG:  ", "", line) for line in lines
                           if line.startswith(("latchkey_fast|", "latchkey_slow|"))]
        self.calls = [(c.split(" ")[0].upper(), len(c.split(" "))) for c in self.commands]
        self.rows = self.lk.one("SELECT count(*) FROM outbox") - self.before


def visible(answer):
    """Headers and body without the date and the request's own id."""
    headers = [(n, v) for n, v in answer.headers if n not in ("Date", "X-Request-Id")]
    return headers, answer.body.replace(answer.id.encode(), b"ID")


def observe(lk, send):
    """All that can be seen of a request, from outside and from the stores."""
    send()  # so that no statement is prepared for the first time
    with Watched(lk) as watched:
        answer = send()
        cost = lk.log.request(answer)
    headers, body = visible(answer)
    return (answer.status, headers, body, cost["pg"], cost["redis"], cost["hashes"],
            watched.statements, watched.calls, watched.rows)


def same(lk, sends):
    """All of them look alike; returns the common observation."""
    seen = {name: observe(lk, send) for name, send in sends.items()}
    first = next(iter(seen))
    for name, what in seen.items():
        for a, b in zip(seen[first], what):
            assert a == b, (first, name)
    return seen[first]


def alike(lk, path, make, method="POST"):
    return lambda: lk.client().send(method, path, **make())


def test_register_1(lk, people):
    sends = {kind: alike(lk, "/register", lambda p=p: {"json": {"email": p.email}}) for kind,
             p in people.items()}
    status, _, _, _, _, hashes, statements, calls, rows = same(lk, sends)
    assert (status, hashes, rows) == (202, 0, 1) and statements and calls


def test_recover_1(lk, people):
    sends = {kind: alike(lk, "/password", lambda p=p: {"json": {"email": p.email}}) for kind,
             p in people.items()}
    status, _, _, _, _, hashes, statements, calls, rows = same(lk, sends)
    assert (status, hashes, rows) == (202, 0, 1) and statements and calls


@pytest.mark.parametrize("path, field", [("/register", "registration_code"),
                                         ("/password", "confirmation_code")])
def test_step_2_with_a_wrong_code(lk, people, path, field):
    for p in people.values():
        assert lk.client().post(path, {"email": p.email}).status == 202
    sends = {kind: alike(lk, path, lambda p=p: {"json": {"email": p.email, field: "00000000"}}) for kind,
             p in people.items()}
    sends["never asked"] = alike(lk, path, lambda: {"json": {"email": new_email(), field: "00000000"}})
    seen = {name: observe(lk, send)[:7] for name, send in sends.items()}
    assert len({repr(what) for what in seen.values()}) == 1, seen
    assert seen["known"][0] == 400 and seen["known"][4] == 1 and seen["known"][6] == []


@pytest.mark.parametrize("by", ["username", "email"])
def test_login(lk, people, by):
    who = {kind: p for kind, p in people.items() if by == "email" or kind != "nameless"}
    password = {kind: p.password if kind in ("inactive", "passwordless", "unknown") else "wrong-password"
                for kind, p in who.items()}
    sends = {kind: alike(lk, "/login", lambda p=p, kind=kind: {"basic": (getattr(p, by), password[kind])})
             for kind, p in who.items()}
    status, headers, _, _, _, hashes, statements, calls, rows = same(lk, sends)
    assert (status, hashes, rows) == (401, 1, 0) and statements and calls
    assert ("WWW-Authenticate", check.BASIC) in headers


def test_refusals_by_limits_look_alike(lk, people):
    """The sixth wrong password, for somebody and for nobody."""
    seen = set()
    for kind in ("known", "unknown", "inactive", "passwordless"):
        client = lk.client()
        for _ in range(5):
            assert client.login(people[kind].username, "wrong").status == 401
        answer = client.login(people[kind].username, "wrong")
        check.problem(answer, 429, "too_many_attempts")
        seen.add((repr(visible(answer)), lk.log.request(answer)["hashes"]))
    assert len(seen) == 1, seen


def test_login_costs_one_hash_whatever_it_says(lk, people):
    """Also for what cannot be a name at all."""
    for login in ("a", "x" * 200, "no body", "-", "@", "a@b", "a@b@c", people["known"].username + "x"):
        answer = lk.client().login(login, "wrong-password")
        check.problem(answer, 401, "invalid_credentials")
        assert lk.log.request(answer)["hashes"] == 1, login
