"""Machine clients, and what they do with the private API."""

import re
from dataclasses import dataclass

from lib import check
from lib.ctl import ctl
from lib.http import Client
from lib.stack import new_name

SCOPES = ("read:roles", "create:roles", "change:roles", "delete:roles", "assign:roles", "revoke:roles",
          "validate:roles", "read:users", "change:users")


@dataclass
class Machine:
    id: str
    token: str
    client: Client

    def send(self, method, path, json=None, **what):
        return self.client.send(method, path, json=json, bearer=self.token, **what)

    def call(self, method, path, json=None):
        """For together()."""
        return self.client, (method, path), {"json": json, "bearer": self.token}


def machine(stack, *scopes, client=None):
    """A new client with these scopes, and its token."""
    made = ctl(stack, "client", "create", "--name", new_name("machine "), "--scope", " ".join(scopes))
    client = client or stack.client()
    answer = client.send("POST", "/oauth/token", form={"grant_type": "client_credentials"},
                         basic=(made["client_id"], made["client_secret"]))
    assert answer.status == 200, answer
    return Machine(made["client_id"], answer.json["access_token"], client)


def role_document(document, **expected):
    """The role of the contract."""
    assert set(document) == {"id", "name", "description", "created_at", "updated_at"}, document
    assert re.fullmatch(check.UUID, document["id"])
    assert re.fullmatch(check.TIME, document["created_at"]) and re.fullmatch(check.TIME, document["updated_at"])
    for name, value in expected.items():
        assert document[name] == value, (name, document)
    return document


def new_role(boss, name=None, **more):
    answer = boss.send("POST", "/roles", {"name": name or new_name("role-"), **more})
    assert answer.status == 201, answer
    return role_document(answer.json)


def held_path(user, role):
    return f"/users/{user.id}/roles/{role['id']}"


def assign(boss, user, role, status=201):
    answer = boss.send("POST", held_path(user, role))
    assert answer.status == status, answer
    return answer


def names(lk, user):
    """The names in the user's row, once both tables are seen to say the same."""
    cached, joined = lk.one(
        "SELECT u.roles, coalesce((SELECT array_agg(r.name ORDER BY r.name) FROM user_roles g"
        " JOIN roles r ON r.id = g.role_id WHERE g.user_id = u.id), '{}') FROM users u WHERE u.id = %s", user.id)
    assert cached == joined, user
    return cached


def rev(lk, user):
    return lk.one("SELECT rev FROM users WHERE id = %s", user.id)
