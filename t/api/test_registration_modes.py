"""What the settings say of who may make an account, and of what it is given."""

import pytest

from lib import check
from lib.me import enter, join
from lib.stack import Stack, User, new_email, new_name, new_password
from lib.tokens import parts

ROLES = "default_roles = Viewers EDITORS ghosts\n"


@pytest.fixture(scope="module", params=["open", "verified", "closed"])
def lk(request):
    stack = Stack.start(f"[accounts]\nregistration = {request.param}\n{ROLES}")
    stack.mode = request.param
    # how the administrator writes them is how they are shown
    stack.sql("INSERT INTO roles (name, name_key) VALUES ('viewers', 'viewers'), ('Editors', 'editors'), "
              "('admins', 'admins')")
    yield stack
    stack.down()


def fields():
    return {"email": new_email(), "username": new_name(), "password": new_password()}


def closed(lk, answer):
    check.problem(answer, 403, "registration_closed")
    cost = lk.log.request(answer)
    assert (cost["hashes"], cost["pg"], cost["redis"]) == (0, 0, 0)


def has_roles(lk, user):
    names = ["Editors", "viewers"]
    tokens = enter(user)
    assert parts(tokens["access_token"])[1]["roles"] == names
    assert user.client.get("/users/me", bearer=tokens["access_token"]).json["roles"] == names
    assert user.client.get("/auth/verify?role=viewers&role=Editors", bearer=tokens["access_token"]).status == 204
    assert user.client.get("/auth/verify?role=admins", bearer=tokens["access_token"]).status == 403
    assert lk.one("SELECT count(*) FROM user_roles WHERE user_id = %s", user.id) == 2


def test_at_once(lk, c):
    sent = fields()
    answer = c.post("/auth/register", sent)
    if lk.mode != "open":
        closed(lk, answer)
        return
    assert answer.status == 201 and answer.json["roles"] == ["Editors", "viewers"], answer
    has_roles(lk, User(sent["email"], sent["username"], sent["password"], answer.json["id"], c))


def test_by_code(lk, c):
    if lk.mode == "closed":
        closed(lk, c.post("/register", {"email": new_email()}))
        return
    has_roles(lk, lk.register(c))


def test_closed_in_the_midst_of_it(lk, c):
    """Codes and tokens that were given out before are worth nothing then, or as much as
    they were: never a half."""
    if lk.mode != "closed":
        return
    answer = c.post("/register", {"email": new_email(), "registration_code": "0000-0000"})
    assert answer.code in ("invalid_code", "registration_closed"), answer


def test_invalid_is_said_first(lk, c):
    check.invalid(c.post("/auth/register", {"email": "x"}), "email:invalid_email", "password:required")


def test_those_who_are_there_go_on(lk, c):
    email, password = new_email(), new_password()
    lk.sql("INSERT INTO users (email, email_key) VALUES (%s, %s)", email, email)
    token = lk.token(email, c, "/password")
    answer = c.post("/password", {"token": token, "username": email, "password": password})
    assert answer.status == 200, answer
    assert c.post("/auth/login", {"login": email, "password": password}).status == 200


def test_roles_are_not_asked_for_by_the_client(lk, c):
    if lk.mode != "open":
        return
    answer = c.post("/auth/register", {**fields(), "roles": ["admins"], "active": False, "email_verified": True,
                                       "id": "00000000-0000-0000-0000-000000000001", "is_admin": True})
    assert answer.status == 201, answer
    check.user(answer.json, roles=["Editors", "viewers"], active=True, email_verified=False)


def test_another_user_of_the_same_roles(lk):
    if lk.mode == "open":
        has_roles(lk, join(lk))
        has_roles(lk, join(lk))
