"""latchkeyctl: roles made, given, taken and removed."""

import subprocess

import pytest

from lib.check import UUID, TIME
from lib.ctl import answer, command, ctl, text
from lib.stack import new_email, new_name
import re


@pytest.fixture
def someone(lk):
    made = ctl(lk, "user", "create", "--email", new_email(), "--username", new_name())
    yield made["id"]
    lk.ctl("user", "delete", made["id"], check=False)


@pytest.fixture
def role(lk):
    name = new_name("Role-")
    ctl(lk, "role", "create", "--name", name)
    yield name
    lk.ctl("role", "delete", name, check=False)


def held(lk, user):
    """(the names in the user's row, its rev), once both tables are seen to say the same."""
    names, rev = lk.one("SELECT roles, rev FROM users WHERE id = %s", user)
    assert names == [row[0] for row in lk.sql("SELECT name FROM user_roles g JOIN roles r ON r.id = g.role_id"
                                              " WHERE user_id = %s ORDER BY name", user)]
    return names, rev


def trail(lk, user):
    return [row[0] for row in lk.sql("SELECT event FROM audit WHERE user_id = %s AND actor = 'ctl'"
                                     " AND event LIKE 'role_%%' ORDER BY id", user)]


def test_create_list_delete(lk):
    name = new_name("R:a.b_c-")
    made = ctl(lk, "role", "create", "--name", name, "--description", "Çay evi")
    assert re.fullmatch(UUID, made["id"]) and made["name"] == name
    (row,) = [row for row in ctl(lk, "role", "list")["roles"] if row["name"] == name]
    assert row["description"] == "Çay evi" and row["users"] == 0 and re.fullmatch(TIME, row["created_at"])
    assert name in text(lk, "role", "list")
    assert "already" in ctl(lk, "role", "create", "--name", name.upper(), code=1)
    assert ctl(lk, "role", "delete", name.upper()) == {"deleted": name.upper(), "users": 0}
    assert "there is no role" in ctl(lk, "role", "delete", name, code=1)
    assert [row[0] for row in lk.sql("SELECT event FROM audit WHERE detail = %s ORDER BY id", name)] == \
        ["role_created", "role_deleted"]


@pytest.mark.parametrize("name", ["", "-x", ".x", "a b", "a,b", "é", "x" * 81, "a\nb", "a'b"])
def test_no_name(lk, name):
    assert "is no name" in ctl(lk, "role", "create", "--name", name, code=1)


@pytest.mark.parametrize("description", ["x" * 256, "a\nb", "a\x1b[31m"])
def test_no_description(lk, description):
    assert "a description is" in ctl(lk, "role", "create", "--name", new_name(), "--description", description, code=1)


def test_the_longest_names(lk):
    name = new_name("r") + "x" * 65
    ctl(lk, "role", "create", "--name", name, "--description", "é" * 255)
    ctl(lk, "role", "delete", name)


def test_grant_and_revoke(lk, someone, role):
    assert ctl(lk, "user", "grant", someone, role.lower())["result"] == "granted"
    assert held(lk, someone) == ([role], 1)
    assert "already" in ctl(lk, "user", "grant", someone, role)["result"]
    assert held(lk, someone) == ([role], 1)
    assert ctl(lk, "user", "show", someone)["roles"] == role
    assert ctl(lk, "user", "revoke", someone, role.upper())["result"] == "revoked"
    assert held(lk, someone) == ([], 2)
    assert "did not" in ctl(lk, "user", "revoke", someone, role)["result"]
    assert held(lk, someone) == ([], 2)
    assert trail(lk, someone) == ["role_granted", "role_revoked"]


@pytest.mark.parametrize("verb", ["grant", "revoke"])
def test_nobody_and_nothing(lk, someone, role, verb):
    for name in ("nosuchrole", "a b", "é", ""):
        assert "there is no role" in ctl(lk, "user", verb, someone, name, code=1)
    assert "there is no user" in ctl(lk, "user", verb, new_email(), role, code=1)
    ctl(lk, "user", verb, "a b", role, code=2)
    assert held(lk, someone) == ([], 0)


def test_deleting_takes_it_from_all(lk, someone, role):
    other = ctl(lk, "user", "create", "--email", new_email())["id"]
    kept = new_name()
    ctl(lk, "role", "create", "--name", kept)
    for user in (someone, other):
        ctl(lk, "user", "grant", user, kept)
        ctl(lk, "user", "grant", user, role)
    assert ctl(lk, "role", "delete", role)["users"] == 2
    for user in (someone, other):
        assert held(lk, user) == ([kept], 3)
        assert trail(lk, user)[-1] == "role_revoked"
    ctl(lk, "role", "delete", kept)
    ctl(lk, "user", "delete", other)


def test_too_many(lk, someone):
    """80 + 80 … up to 1536 bytes, and not a byte more."""
    stem = new_name("r")
    names = ["%s-%02d" % (stem, i) for i in range(20)]
    names = [name + "x" * (80 - len(name)) for name in names[:19]] + [stem + "x", ]
    last = names.pop()  # 19 of 80 are 1520; 16 are left, and this one is of 16
    for name in names:
        ctl(lk, "role", "create", "--name", name)
        ctl(lk, "user", "grant", someone, name)
    assert len(last) == 16
    ctl(lk, "role", "create", "--name", last + "y")
    assert "1536 bytes" in ctl(lk, "user", "grant", someone, last + "y", code=1)
    assert held(lk, someone) == (names, 19)
    ctl(lk, "role", "create", "--name", last)
    ctl(lk, "user", "grant", someone, last)
    assert len(held(lk, someone)[0]) == 20
    for name in (*names, last, last + "y"):
        ctl(lk, "role", "delete", name)
    assert held(lk, someone)[0] == []


def at_once(lk, *calls):
    running = [subprocess.Popen(command(lk, *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE) for words in calls]
    return [process.communicate(timeout=60) and process.returncode for process in running]


def test_grants_and_revokes_at_once(lk, someone):
    names = [new_name() for _ in range(6)]
    for name in names:
        ctl(lk, "role", "create", "--name", name)
    assert at_once(lk, *[("user", "grant", someone, name) for name in names]) == [0] * 6
    assert held(lk, someone) == (sorted(names), 6)
    for _ in range(4):
        at_once(lk, *[("user", verb, someone, name) for name in names[:3] for verb in ("grant", "revoke")])
        held(lk, someone)
    for name in names:
        ctl(lk, "role", "delete", name)


def test_a_role_given_while_it_is_deleted(lk, someone):
    for _ in range(5):
        name = new_name()
        ctl(lk, "role", "create", "--name", name)
        codes = at_once(lk, ("user", "grant", someone, name), ("role", "delete", name), ("user", "grant", someone, name))
        assert codes[1] == 0
        assert held(lk, someone)[0] == []


def test_waits_for_a_locked_user(lk, someone, role):
    """Longer than a request may, not for ever."""
    with lk.connect("OWNER") as other:
        other.autocommit = False
        with other.cursor() as cursor:
            cursor.execute("SELECT FROM users WHERE id = %s FOR UPDATE", (someone,))
            assert answer(lk, "user", "grant", someone, role)[0] == 1
            other.rollback()
    assert held(lk, someone) == ([], 0)


def test_the_service_sees_it_at_once(lk, c, role):
    user = lk.register(c)
    bearer = lk.login(user)["access_token"]
    assert c.get("/auth/verify?role=" + role, bearer=bearer).status == 403
    ctl(lk, "user", "grant", user.id, role)
    assert c.get("/auth/verify", bearer=bearer).status == 401
    bearer = lk.login(user)["access_token"]
    assert c.get("/auth/verify?role=" + role, bearer=bearer).status == 204
    ctl(lk, "role", "delete", role)
    assert c.get("/auth/verify?role=" + role, bearer=bearer).status == 401
    bearer = lk.login(user)["access_token"]
    assert c.get("/auth/verify?role=" + role, bearer=bearer).status == 403
