"""/roles, /users/{id}/roles: what machines do with roles."""

import concurrent.futures
import uuid

import pytest

from lib import check
from lib.http import together
from lib.machine import SCOPES, assign, held_path, machine, names, new_role, rev, role_document
from lib.me import enter, join, renew
from lib.stack import new_name
from lib.tokens import parts
from lib.wait import wait_for

NOBODY = "0badc0de-0000-4000-8000-000000000000"
NO_ID = ["x", "0", NOBODY[:-1], NOBODY + "0", NOBODY.upper().replace("-", ""), "%7B" + NOBODY + "%7D", "me"]


@pytest.fixture(scope="module")
def boss(lk):
    return machine(lk, *SCOPES)


@pytest.fixture
def role(boss):
    made = new_role(boss)
    yield made
    boss.send("DELETE", "/roles/" + made["id"])


@pytest.fixture
def user(lk):
    return join(lk)


def stale(client, tokens):
    check.problem(client.get("/users/me", bearer=tokens["access_token"]), 401, "token_stale")


def refreshed(user, tokens, *roles):
    """The new tokens, once they are seen to show exactly these roles."""
    answer = renew(user.client, tokens)
    assert answer.status == 200 and parts(answer.json["access_token"])[1]["roles"] == sorted(roles), answer
    shown = user.client.get("/users/me", bearer=answer.json["access_token"])
    assert shown.status == 200 and shown.json["roles"] == sorted(roles), shown
    return answer.json


def trail(lk, boss, detail):
    return [row[0] for row in lk.sql("SELECT event FROM audit WHERE detail = %s AND actor = %s AND ip = %s"
                                     " AND request_id IS NOT NULL ORDER BY id",
                                     detail, "client:" + boss.id, boss.client.address)]


# one role

@pytest.mark.parametrize("how", ["json", "form"])
@pytest.mark.parametrize("description", [None, "", "Çay evi", "é" * 255, "\U0001f600" * 255, "a\u00a0b"])
def test_create(lk, boss, how, description):
    sent = {"name": new_name("R:a.b_c-")}
    if description is not None:
        sent["description"] = description
    answer = boss.client.send("POST", "/roles/", bearer=boss.token, **{how: sent})
    assert answer.status == 201, answer
    made = role_document(answer.json, name=sent["name"], description=description or "")
    assert made["created_at"] == made["updated_at"]
    assert answer.header("Location") == "/api/v1/roles/" + made["id"]
    found = boss.send("GET", "/roles/" + made["id"])
    assert (found.status, found.json) == (200, made)
    assert trail(lk, boss, made["name"]) == ["role_created"]


def test_one_of_a_name(boss, role):
    for name in (role["name"], role["name"].upper()):
        check.problem(boss.send("POST", "/roles", {"name": name}), 409, "role_exists")


NAMES = ["", "-x", ".x", "_x", ":x", "a b", "a,b", "a\nb", "é", "x" * 81, "a/b", "a\"b", "x" * 9000]


@pytest.mark.parametrize("name", NAMES + [None, 1, True, [], {}, ["a"]])
def test_no_name(boss, role, name):
    code = "required" if name in ("", None) else "invalid_role_name" if isinstance(name, str) else "wrong_type"
    for method, path in (("POST", "/roles"), ("PATCH", "/roles/" + role["id"])):
        check.invalid(boss.send(method, path, {"name": name}), "name:" + code)
    assert boss.send("GET", "/roles/" + role["id"]).json == role


@pytest.mark.parametrize("description, code", [
    ("x" * 256, "too_long"), ("é" * 256, "too_long"), ("a\nb", "invalid"), ("a\x1b[31m", "invalid"), ("\x7f", "invalid"),
    (None, "wrong_type"), (1, "wrong_type"), (["a"], "wrong_type"), (False, "wrong_type"), ({}, "wrong_type")])
def test_no_description(boss, role, description, code):
    for method, path in (("POST", "/roles"), ("PATCH", "/roles/" + role["id"])):
        check.invalid(boss.send(method, path, {"name": new_name(), "description": description}), "description:" + code)
    assert boss.send("GET", "/roles/" + role["id"]).json == role


def test_all_that_is_wrong_is_told(boss):
    check.invalid(boss.send("POST", "/roles", {"name": "a b", "description": 1}), "name:invalid_role_name",
                  "description:wrong_type")
    check.invalid(boss.send("POST", "/roles", {"description": None}), "name:required", "description:wrong_type")
    check.invalid(boss.send("POST", "/roles"), "name:required")


def test_the_longest_name(boss):
    name = new_name() + "x" * 65
    assert new_role(boss, name)["name"] == name


@pytest.mark.parametrize("sent", ["name", "description", "name description"])
def test_change(lk, boss, sent):
    old = new_role(boss, description="before")
    change = {field: new_name(field + "-") for field in sent.split()}
    answer = boss.send("PATCH", "/roles/" + old["id"], change)
    assert answer.status == 200, answer
    new = role_document(answer.json, **{**old, **change, "updated_at": answer.json["updated_at"]})
    assert new["updated_at"] > old["updated_at"]
    assert boss.send("GET", "/roles/" + old["id"]).json == new
    detail = old["name"] + (" -> " + change["name"] if "name" in change else "")
    assert "role_changed" in trail(lk, boss, detail)


def test_change_to_what_it_is(lk, boss, role):
    for change in ({"name": role["name"]}, {"description": ""}, {"name": role["name"], "description": ""}):
        answer = boss.send("PATCH", "/roles/" + role["id"], change)
        assert (answer.status, answer.json) == (200, role)
    assert trail(lk, boss, role["name"]) == ["role_created"]


def test_change_of_case(boss, role):
    name = role["name"].upper()
    assert boss.send("PATCH", "/roles/" + role["id"], {"name": name}).json["name"] == name


def test_change_of_nothing(boss, role):
    for body in ({}, {"other": "x"}):
        check.invalid(boss.send("PATCH", "/roles/" + role["id"], body), "name:required")


def test_change_to_anothers_name(lk, boss, role):
    other = new_role(boss)
    answer = boss.send("PATCH", "/roles/" + role["id"], {"name": other["name"].upper(), "description": "x"})
    check.problem(answer, 409, "role_exists")
    assert boss.send("GET", "/roles/" + role["id"]).json == role


def test_delete(lk, boss):
    made = new_role(boss)
    answer = boss.send("DELETE", "/roles/" + made["id"])
    assert (answer.status, answer.body) == (204, b"")
    for method in ("GET", "DELETE"):
        check.problem(boss.send(method, "/roles/" + made["id"]), 404, "not_found")
    check.problem(boss.send("PATCH", "/roles/" + made["id"], {"name": new_name()}), 404, "not_found")
    assert new_role(boss, made["name"])["id"] != made["id"]
    assert trail(lk, boss, made["name"]) == ["role_created", "role_deleted", "role_created"]


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_no_id(boss, method):
    body = {"description": "x"} if method == "PATCH" else None
    for name in [NOBODY, *NO_ID]:
        check.problem(boss.send(method, "/roles/" + name, body), 404, "not_found")


# lists

def test_list(lk, boss):
    made = sorted((new_role(boss, "List-%s-%s" % (new_name(), i % 2 and "a" or "B")) for i in range(5)),
                  key=lambda made: made["name"].lower())
    every, page = [], 1
    while True:
        answer = boss.send("GET", f"/roles/?page={page}&per_page=4")
        body = answer.json
        assert answer.status == 200 and (body["page"], body["per_page"]) == (page, 4), answer
        check.private(answer)
        if not body["items"]:
            break
        every += [role_document(item) for item in body["items"]]
        page += 1
    assert body["total"] == len(every) == lk.one("SELECT count(*) FROM roles")
    assert [item["name"].lower() for item in every] == sorted(item["name"].lower() for item in every)
    assert [item for item in every if item in made] == made
    assert len(boss.send("GET", "/roles").json["items"]) == min(10, len(every))
    assert boss.send("HEAD", "/roles").status == 200


@pytest.mark.parametrize("path", ["/roles", "/users", "/users/%s/roles"])
@pytest.mark.parametrize("query, fields", [("page=0", ["page"]), ("page=x", ["page"]), ("per_page=101", ["per_page"]),
                                           ("per_page=0&page=-1", ["page", "per_page"])])
def test_bad_pages(boss, user, path, query, fields):
    check.invalid(boss.send("GET", (path % user.id if "%" in path else path) + "?" + query), *fields)


# roles of users

def test_assign_check_revoke(lk, boss, user, role):
    path = held_path(user, role)
    assert boss.send("HEAD", path + "/").status == 404
    assert assign(boss, user, role).json == role
    assert (names(lk, user), rev(lk, user)) == ([role["name"]], 1)
    assert assign(boss, user, role, 200).json == role
    assert (names(lk, user), rev(lk, user)) == ([role["name"]], 1)
    for slash in ("", "/"):
        head = boss.send("HEAD", path + slash)
        assert (head.status, head.body) == (200, b""), head
        check.private(head)
    answer = boss.send("DELETE", path)
    assert (answer.status, answer.body) == (204, b""), answer
    assert (names(lk, user), rev(lk, user)) == ([], 2)
    head = boss.send("HEAD", path)
    assert (head.status, head.body) == (404, b""), head
    check.problem(boss.send("DELETE", path), 404, "not_found")
    assert rev(lk, user) == 2
    assert trail(lk, boss, role["name"]) == ["role_created", "role_granted", "role_revoked"]


@pytest.mark.parametrize("method", ["POST", "DELETE", "HEAD"])
def test_neither_user_nor_role(boss, user, role, method):
    for path in (f"/users/{NOBODY}/roles/{role['id']}", held_path(user, {"id": NOBODY}), held_path(user, {"id": "x"}),
                 held_path(user, {"id": role["id"].upper()}), f"/users/me/roles/{role['id']}"):
        answer = boss.send(method, path)
        assert answer.status == 404, answer
        if method != "HEAD":
            check.problem(answer, 404, "not_found")


def test_only_head_asks(boss, user, role):
    answer = boss.send("GET", held_path(user, role))
    check.problem(answer, 405, "method_not_allowed")
    assert {"HEAD", "POST", "DELETE"} <= set(answer.header("Allow").split(", ")) and "GET" not in answer.header("Allow")


def test_roles_of_a_user(boss, user):
    path = f"/users/{user.id}/roles"
    assert boss.send("GET", path).json == {"items": [], "page": 1, "per_page": 10, "total": 0}
    made = sorted((new_role(boss) for _ in range(3)), key=lambda role: role["name"])
    for role in made:
        assign(boss, user, role)
    answer = boss.send("GET", path + "/?per_page=2")
    check.private(answer)
    assert answer.json == {"items": made[:2], "page": 1, "per_page": 2, "total": 3}
    assert boss.send("GET", path + "?per_page=2&page=2").json["items"] == made[2:]
    assert boss.send("GET", path + "?page=9").json == {"items": [], "page": 9, "per_page": 10, "total": 3}
    assert boss.send("HEAD", path).status == 200
    for nobody in (NOBODY, "me", "x"):
        check.problem(boss.send("GET", f"/users/{nobody}/roles"), 404, "not_found")


# what tokens show

def test_tokens_follow(lk, boss, user):
    tokens, other = enter(user), enter(join(lk, user.client))
    role = new_role(boss)
    assign(boss, user, role)
    stale(user.client, tokens)
    tokens = refreshed(user, tokens, role["name"])
    assert user.client.get("/auth/verify?role=" + role["name"], bearer=tokens["access_token"]).status == 204
    boss.send("PATCH", "/roles/" + role["id"], {"description": "no matter"})
    assert user.client.get("/users/me", bearer=tokens["access_token"]).status == 200
    name = new_name("renamed-")
    boss.send("PATCH", "/roles/" + role["id"], {"name": name})
    stale(user.client, tokens)
    tokens = refreshed(user, tokens, name)
    assert user.client.get("/auth/verify?role=" + role["name"], bearer=tokens["access_token"]).status == 403
    boss.send("DELETE", held_path(user, role))
    stale(user.client, tokens)
    tokens = refreshed(user, tokens)
    assign(boss, user, role)
    tokens = refreshed(user, tokens, name)
    boss.send("DELETE", "/roles/" + role["id"])
    stale(user.client, tokens)
    refreshed(user, tokens)
    assert user.client.get("/users/me", bearer=other["access_token"]).status == 200


def test_all_who_have_it(lk, boss):
    one, two, kept = join(lk), join(lk), new_role(boss)
    role = new_role(boss)
    for user in (one, two):
        assign(boss, user, kept)
        assign(boss, user, role)
    tokens = {user.id: enter(user) for user in (one, two)}
    name = new_name("0-")
    boss.send("PATCH", "/roles/" + role["id"], {"name": name})
    for user in (one, two):
        assert (names(lk, user), rev(lk, user)) == ([name, kept["name"]], 3)
        stale(user.client, tokens[user.id])
        tokens[user.id] = refreshed(user, tokens[user.id], name, kept["name"])
    boss.send("DELETE", "/roles/" + role["id"])
    for user in (one, two):
        assert (names(lk, user), rev(lk, user)) == ([kept["name"]], 4)
        stale(user.client, tokens[user.id])
        refreshed(user, tokens[user.id], kept["name"])
    assert sorted(row[0] for row in lk.sql("SELECT user_id FROM audit WHERE event = 'role_revoked' AND detail = %s", name)
                  ) == sorted([one.id, two.id])


# how many

def fill(lk, user, n):
    """The user has roles whose names take so many bytes together; by the tables."""
    lengths = [80] * (n // 80) + [n % 80] * (n % 80 > 0)
    stem = uuid.uuid4().hex[:8]
    made = sorted((stem + "%02d" % i).ljust(length, "x") for i, length in enumerate(lengths))
    assert sum(map(len, made)) == n
    lk.sql("WITH r AS (INSERT INTO roles (name, name_key) SELECT n, n FROM unnest(%s) n RETURNING id),"
           " g AS (INSERT INTO user_roles (user_id, role_id) SELECT %s, id FROM r)"
           " UPDATE users SET roles = %s WHERE id = %s", made, user.id, made, user.id)
    return made


def test_too_many_to_assign(lk, boss, user):
    made = fill(lk, user, 1520)
    stem = new_name("y")
    fits, not_ = new_role(boss, stem + "1"), new_role(boss, stem + "12")
    assert len(fits["name"]) == 16
    check.problem(boss.send("POST", held_path(user, not_)), 409, "too_many_roles")
    assert (names(lk, user), rev(lk, user)) == (made, 0)
    assert boss.send("HEAD", held_path(user, not_)).status == 404
    assign(boss, user, fits)
    assert names(lk, user) == sorted(made + [fits["name"]])
    assign(boss, user, fits, 200)


def test_too_long_to_rename(lk, boss, user):
    other = join(lk)
    made = fill(lk, user, 1520)
    role = new_role(boss, new_name())
    for someone in (other, user):
        assign(boss, someone, role)
    stem = new_name("z")
    answer = boss.send("PATCH", "/roles/" + role["id"], {"name": stem + "12", "description": "x"})
    check.problem(answer, 409, "too_many_roles")
    assert boss.send("GET", "/roles/" + role["id"]).json == role
    assert (names(lk, user), rev(lk, user)) == (sorted(made + [role["name"]]), 1)
    assert (names(lk, other), rev(lk, other)) == ([role["name"]], 1)
    assert trail(lk, boss, role["name"])[-1] == "role_granted"
    assert boss.send("PATCH", "/roles/" + role["id"], {"name": stem + "1"}).status == 200
    assert names(lk, user) == sorted(made + [stem + "1"])


# time

def changes(lk):
    return lk.one("SELECT count(*) FROM audit WHERE actor LIKE 'client:%'")


def locked(lk, user):
    """Somebody else's transaction that holds the user."""
    other = lk.connect("OWNER")
    other.autocommit = False
    other.cursor().execute("SELECT FROM users WHERE id = %s FOR UPDATE", (user.id,))
    return other


def waited_ms(lk, statement):
    return lk.one("SELECT coalesce(max(extract(epoch FROM clock_timestamp() - query_start) * 1000), 0)"
                  " FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s", statement)


@pytest.mark.parametrize("method, statement", [("PATCH", "%array_replace%"), ("DELETE", "%array_remove%")])
def test_has_time(lk, boss, user, method, statement):
    """Longer than other requests: they give up a lock after 500 ms."""
    role = new_role(boss)
    assign(boss, user, role)
    other = locked(lk, user)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        name = new_name()
        answer = pool.submit(boss.send, method, "/roles/" + role["id"], {"name": name} if method == "PATCH" else None)
        wait_for(lambda: waited_ms(lk, statement) > 550, every=0.01)
        other.rollback()
        assert answer.result().status == (200 if method == "PATCH" else 204)
    other.close()
    assert names(lk, user) == ([name] if method == "PATCH" else [])


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_has_not_all_the_time(lk, boss, user, method):
    role = new_role(boss)
    assign(boss, user, role)
    before = changes(lk)
    other = locked(lk, user)
    answer = boss.send(method, "/roles/" + role["id"], {"name": new_name()} if method == "PATCH" else None)
    check.problem(answer, 503, "store_unavailable")
    other.close()
    assert boss.send("GET", "/roles/" + role["id"]).json == role
    assert (names(lk, user), rev(lk, user)) == ([role["name"]], 1)
    assert changes(lk) == before


def test_many_have_it(lk, boss):
    """t/bench/roles has a hundred thousand."""
    role, stem = new_role(boss), new_name()
    lk.sql("WITH u AS (INSERT INTO users (email, email_key, roles) SELECT e, e, %s FROM (SELECT n || %s FROM"
           " generate_series(1, 3000) n) AS g (e) RETURNING id) INSERT INTO user_roles SELECT id, %s FROM u",
           [role["name"]], stem + "@example.com", role["id"])
    name = new_name()
    assert boss.send("PATCH", "/roles/" + role["id"], {"name": name}).status == 200
    like = "%" + stem + "%"
    assert lk.sql("SELECT DISTINCT roles, rev FROM users WHERE email LIKE %s", like) == [([name], 1)]
    assert boss.send("DELETE", "/roles/" + role["id"]).status == 204
    assert lk.sql("SELECT DISTINCT roles, rev FROM users WHERE email LIKE %s", like) == [([], 2)]
    assert lk.one("SELECT count(*) FROM user_roles WHERE role_id = %s", role["id"]) == 0
    lk.sql("DELETE FROM users WHERE email LIKE %s", like)


# races

def statuses(answers):
    return sorted(answer.status for answer in answers)


def test_one_name_at_once(boss):
    name = new_name()
    answers = together(boss.call("POST", "/roles", {"name": name.upper() if i % 2 else name}) for i in range(20))
    assert statuses(answers) == [201] + [409] * 19


def test_assigned_at_once(lk, boss, user, role):
    answers = together(boss.call("POST", held_path(user, role)) for _ in range(20))
    assert statuses(answers) == [200] * 19 + [201]
    assert (names(lk, user), rev(lk, user)) == ([role["name"]], 1)
    answers = together(boss.call("DELETE", held_path(user, role)) for _ in range(20))
    assert statuses(answers) == [204] + [404] * 19
    assert (names(lk, user), rev(lk, user)) == ([], 2)


def test_names_swapped_at_once(boss):
    """Each wants the other's: nobody gets it, and nobody waits for the other."""
    one, two = new_role(boss), new_role(boss)
    answers = together(boss.call("PATCH", "/roles/" + mine["id"], {"name": theirs["name"]})
                       for mine, theirs in ((one, two), (two, one)) for _ in range(5))
    assert statuses(answers) == [409] * 10


def test_a_name_taken_at_once(lk, boss):
    made, name = [new_role(boss) for _ in range(10)], new_name()
    answers = together(boss.call("PATCH", "/roles/" + role["id"], {"name": name}) for role in made)
    assert statuses(answers) == [200] + [409] * 9


@pytest.mark.parametrize("round", range(3))
def test_everything_at_once(lk, boss, round):
    """Grants, revokes, renames and deletes of the same roles and users."""
    users = [join(lk) for _ in range(3)]
    made = [new_role(boss) for _ in range(4)]
    for user in users:
        for role in made[:2]:
            assign(boss, user, role)
    calls = [boss.call(method, held_path(user, role)) for role in made for user in users for method in ("POST", "DELETE")]
    calls += [boss.call("PATCH", "/roles/" + role["id"], {"name": new_name("n")}) for role in made for _ in range(3)]
    calls += [boss.call("DELETE", "/roles/" + role["id"]) for role in made[::2]]
    answers = together(calls)
    assert set(statuses(answers)) <= {200, 201, 204, 404}, statuses(answers)
    assert [answer.status for answer in answers[-2:]] == [204, 204]
    for user in users:
        names(lk, user)
    assert lk.one("SELECT count(*) FROM user_roles WHERE role_id = ANY (%s::uuid[])", [r["id"] for r in made[::2]]) == 0
    assert "40P01" not in {line.get("sqlstate") for line in lk.log.lines()}


def test_given_while_it_is_deleted_and_its_user_too(lk, boss):
    for _ in range(5):
        user, role = join(lk), new_role(boss)
        tokens = enter(user)
        calls = [boss.call("POST", held_path(user, role)) for _ in range(3)]
        calls += [boss.call("DELETE", "/roles/" + role["id"]),
                  (user.client, ("DELETE", "/users/me"), {"json": {"password": user.password}, "bearer": tokens["access_token"]})]
        answers = together(calls)
        assert {answer.status for answer in answers[:3]} <= {200, 201, 404}
        assert answers[3].status == 204 and answers[4].status in (204, 401), answers  # stale when a grant was first
        assert lk.one("SELECT count(*) FROM user_roles WHERE role_id = %s", role["id"]) == 0
        if answers[4].status == 401:
            assert names(lk, user) == []
