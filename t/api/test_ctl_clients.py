"""latchkeyctl: machine clients made, shown, rotated and removed, and the keys of their secrets."""

import datetime
import json
import re
import subprocess

import pytest

from lib.check import TIME, UUID
from lib.ctl import answer, command, ctl, text
from lib.stack import new_name
from lib.wait import wait_for

SECRET = r"lks_[A-Za-z0-9_-]{43}"


def make(lk, scope="read:roles", name=None):
    return ctl(lk, "client", "create", "--name", name or new_name("kiosk "), "--scope", scope)


@pytest.fixture
def client(lk):
    made = make(lk)
    yield made
    lk.ctl("client", "delete", made["client_id"], check=False)


def row(lk, client_id):
    (found,) = [row for row in ctl(lk, "client", "list")["clients"] if row["id"] == client_id]
    return found


def enter(lk, client_id, secret):
    """What /oauth/token says to that secret."""
    return lk.client().send("POST", "/oauth/token", form={"grant_type": "client_credentials"}, basic=(client_id, secret))


def works(lk, client_id, secret):
    said = enter(lk, client_id, secret)
    assert said.status in (200, 401), said
    return said.status == 200


def secrets(lk, client_id):
    """How many are kept: (current, replaced)."""
    return lk.one("SELECT count(*) FILTER (WHERE expires_at IS NULL), count(*) FILTER (WHERE expires_at IS NOT NULL)"
                  " FROM client_secrets WHERE client_id = %s", client_id)


def trail(lk, client_id):
    return [found[0] for found in lk.sql("SELECT event FROM audit WHERE actor = 'ctl' AND detail LIKE %s ORDER BY id",
                                         client_id + " %")]


def settings(lk, tmp_path, **values):
    """A configuration as the stack's, but for these settings of [clients]."""
    path = tmp_path / "latchkey.conf"
    with open(lk.env["CONF"]) as file:
        path.write_text(file.read() + "\n[clients]\n" + "".join(f"{k} = {v}\n" for k, v in values.items()))
    path.chmod(0o600)
    return str(path)


def ctl_with(lk, conf, *words):
    done = subprocess.run([command(lk)[0], "--config", conf, "--json", *words], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def at_once(lk, *calls):
    running = [subprocess.Popen(command(lk, "--json", *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
               for words in calls]
    said = [(process.communicate(timeout=60)[0], process.returncode) for process in running]
    return [(json.loads(out) if out else None, code) for out, code in said]


def test_create_and_list(lk):
    name = new_name("Kasse Süd ")
    made = make(lk, " read:roles  x:y read:roles\u0020create:roles ", name)
    assert re.fullmatch(UUID, made["client_id"]) and re.fullmatch(SECRET, made["client_secret"])
    assert made["name"] == name and made["scopes"] == "read:roles x:y create:roles"
    found = row(lk, made["client_id"])
    assert re.fullmatch(TIME, found.pop("created_at"))
    assert found == {"id": made["client_id"], "name": name, "scopes": made["scopes"], "rotated_at": None,
                     "old_secret_until": None}
    shown = text(lk, "client", "list")
    assert name in shown and made["client_secret"] not in shown
    assert secrets(lk, made["client_id"]) == (1, 0)
    assert made["client_secret"] not in str(lk.sql("SELECT c::text, s::text FROM clients c, client_secrets s"))
    assert works(lk, made["client_id"], made["client_secret"])
    assert not works(lk, made["client_id"], made["client_secret"][:-1])
    ctl(lk, "client", "delete", made["client_id"])
    assert trail(lk, made["client_id"]) == ["client_created", "client_deleted"]


def test_for_people(lk):
    name = new_name()
    shown = text(lk, "client", "create", "--name", name, "--scope", "a")
    assert len(re.findall(SECRET, shown)) == 1 and re.search("^client_id +" + UUID + "$", shown, re.M)
    assert len(re.findall(SECRET, text(lk, "client", "rotate", name))) == 1
    ctl(lk, "client", "delete", name)


def test_a_name_is_one_client_s(lk):
    name = new_name("Straße ÄÖ ")
    made = make(lk, name=name)
    for other in (name, name.upper(), name.lower(), name.replace("Ä", "A\u0308")):
        assert "already" in ctl(lk, "client", "create", "--name", other, "--scope", "a", code=1)
    assert ctl(lk, "client", "rotate", name.upper())["client_id"] == made["client_id"]
    assert ctl(lk, "client", "delete", name.lower()) == {"deleted": made["client_id"]}
    assert "no client" in ctl(lk, "client", "delete", name, code=1)


@pytest.mark.parametrize("name", ["", "x" * 81, "ä" * 41, "a\nb", "a\x7fb", "a\x1b[31m", " a", "a ", "a\u202eb", "\u2028",
                                  b"a\xffb", "0f0e0d0c-0b0a-4908-8706-050403020100", "0F0E0D0C-0B0A-4908-8706-050403020100"])
def test_no_name(lk, name):
    assert "is no name" in ctl(lk, "client", "create", "--name", name, "--scope", "a", code=1)


@pytest.mark.parametrize("scope", ['a"b', "a\\b", "a\tb", "a\nb", "ä", "a\x7f", "x" * 129,
                                   " ".join("s%03d" % i for i in range(65)), "x" * 127 + (" " + "x" * 127) * 8])
def test_no_scopes(lk, scope):
    assert "are no scopes" in ctl(lk, "client", "create", "--name", new_name(), "--scope", scope, code=1)


def test_the_most(lk):
    made = make(lk, " ".join("s%02d" % i + "x" * 13 for i in range(60)), new_name("é" * 32))
    assert len(made["scopes"]) == 1019 and works(lk, made["client_id"], made["client_secret"])
    ctl(lk, "client", "delete", made["client_id"])


@pytest.mark.parametrize("words", [("create", "--name", "a"), ("create", "--scope", "a"), ("create",), ("rotate",),
                                   ("delete",), ("list", "x"), ("delete", "a", "--now"), ("show", "a"), ()])
def test_usage(lk, words):
    ctl(lk, "client", *words, code=2)


@pytest.mark.parametrize("word", ["no such client", "", "a\nb", b"\xff", "0f0e0d0c-0b0a-4908-8706-050403020100"])
@pytest.mark.parametrize("verb", ["rotate", "delete"])
def test_no_client(lk, verb, word):
    assert "there is no client" in ctl(lk, "client", verb, word, code=1)


def test_rotate(lk, client):
    id, first = client["client_id"], client["client_secret"]
    made = ctl(lk, "client", "rotate", client["name"])
    second = made["client_secret"]
    assert made["client_id"] == id and re.fullmatch(SECRET, second) and second != first
    until = datetime.datetime.fromisoformat(made["old_secret_until"].replace("Z", "+00:00"))
    hours = (until - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / 3600
    assert 23.9 < hours <= 24
    found = row(lk, id)
    assert found["old_secret_until"] == made["old_secret_until"] and re.fullmatch(TIME, found["rotated_at"])
    assert works(lk, id, first) and works(lk, id, second)

    third = ctl(lk, "client", "rotate", id)["client_secret"]  # two are good at most
    assert not works(lk, id, first) and works(lk, id, second) and works(lk, id, third)
    assert secrets(lk, id) == (1, 1)

    lk.sql("UPDATE client_secrets SET expires_at = now() WHERE client_id = %s AND expires_at IS NOT NULL", id)
    assert row(lk, id)["old_secret_until"] is None
    assert not works(lk, id, second) and works(lk, id, third)
    assert trail(lk, id) == ["client_created", "client_rotated", "client_rotated"]


def test_rotate_now(lk, client):
    id, first = client["client_id"], client["client_secret"]
    second = ctl(lk, "client", "rotate", id)["client_secret"]
    made = ctl(lk, "client", "rotate", id, "--now")
    assert made["old_secret_until"] is None and row(lk, id)["old_secret_until"] is None
    assert [works(lk, id, secret) for secret in (first, second, made["client_secret"])] == [False, False, True]
    assert secrets(lk, id) == (1, 0)


@pytest.mark.parametrize("ends", ["yes", "no"])
def test_a_rotation_and_the_tokens(lk, tmp_path, client, ends):
    id = client["client_id"]
    token = enter(lk, id, client["client_secret"]).json["access_token"]
    assert lk.client().get("/roles/", bearer=token).status == 200
    conf = settings(lk, tmp_path, rotation_ends_tokens=ends, rotation_h=2)
    made = ctl_with(lk, conf, "client", "rotate", id)
    assert lk.client().get("/roles/", bearer=token).status == (401 if ends == "yes" else 200)
    assert works(lk, id, client["client_secret"])
    later = enter(lk, id, made["client_secret"]).json["access_token"]
    assert lk.client().get("/roles/", bearer=later).status == 200


def test_no_hours(lk, tmp_path, client):
    made = ctl_with(lk, settings(lk, tmp_path, rotation_h=0), "client", "rotate", client["client_id"])
    assert made["old_secret_until"] is None
    assert not works(lk, client["client_id"], client["client_secret"])


def test_delete(lk):
    made = make(lk)
    id, secret = made["client_id"], made["client_secret"]
    spent, token = (enter(lk, id, secret).json["access_token"] for _ in range(2))
    assert lk.client().send("POST", "/oauth/revoke", form={"token": spent}, basic=(id, secret)).status == 200
    assert lk.one("SELECT count(*) FROM revoked_tokens WHERE client_id = %s", id) == 1
    assert lk.client().get("/roles/", bearer=token).status == 200
    assert ctl(lk, "client", "delete", id.upper()) == {"deleted": id}
    assert lk.client().get("/roles/", bearer=token).status == 401
    assert not works(lk, id, secret) and secrets(lk, id) == (0, 0)
    assert lk.one("SELECT count(*) FROM revoked_tokens WHERE client_id = %s", id) == 0
    assert "no client" in ctl(lk, "client", "delete", id, code=1)


def test_rotations_at_once(lk, client):
    id = client["client_id"]
    done = at_once(lk, *[("client", "rotate", id)] * 8)
    assert [code for _, code in done] == [0] * 8
    assert secrets(lk, id) == (1, 1)
    assert [works(lk, id, made["client_secret"]) for made, _ in done].count(True) == 2
    assert not works(lk, id, client["client_secret"])
    assert lk.one("SELECT rev FROM clients WHERE id = %s", id) == 8
    assert trail(lk, id) == ["client_created"] + ["client_rotated"] * 8


def test_rotated_while_it_is_deleted(lk):
    for _ in range(5):
        id = make(lk)["client_id"]
        done = at_once(lk, ("client", "rotate", id), ("client", "delete", id), ("client", "rotate", id, "--now"))
        assert done[1][1] == 0 and secrets(lk, id) == (0, 0)


def test_the_same_name_at_once(lk):
    name = new_name("n")
    done = at_once(lk, *[("client", "create", "--name", each, "--scope", "a") for each in (name, name.upper()) * 3])
    assert sorted(code for _, code in done) == [0] + [1] * 5
    ctl(lk, "client", "delete", name)


def test_database_down(lk, client):
    lk.part("stop", "postgres")
    try:
        for words in (("create", "--name", "a", "--scope", "a"), ("list",), ("rotate", "a"), ("delete", "a")):
            code, said, _ = answer(lk, "client", *words)
            assert code == 1 and "client_secret" not in str(said)
    finally:
        lk.part("start", "postgres")
        wait_for(lambda: lk.client().get("/health/ready").status == 200, 15, "not ready again")
    assert works(lk, client["client_id"], client["client_secret"])


def keys(lk):
    return {key["kid"]: key for key in ctl(lk, "key", "list")["keys"] if key["use"] == "secret"}


def test_keys_of_secrets(lk, client):
    """A newer key ends no older one, and none goes that a secret needs."""
    kid = ctl(lk, "key", "rotate", "secret", "--now")["kid"]
    wait_for(lambda: keys(lk)[kid]["state"] == "signs", 10, "the new key does not sign")
    assert {key["retire_at"] for key in keys(lk).values()} == {None}
    assert works(lk, client["client_id"], client["client_secret"])

    made = make(lk)
    assert "1 secrets of clients need this key" in ctl(lk, "key", "retire", kid, code=1)
    ctl(lk, "client", "rotate", made["client_id"])
    assert "2 secrets of clients need this key" in ctl(lk, "key", "retire", kid, code=1)
    assert works(lk, made["client_id"], made["client_secret"])
    ctl(lk, "client", "delete", made["client_id"])
    ctl(lk, "key", "retire", kid)
    assert kid not in keys(lk)
    assert works(lk, client["client_id"], client["client_secret"])


def test_without_a_key(lk, tmp_path):
    """Nothing is made that could not be checked."""
    with open(lk.env["CONF"]) as file:
        conf = re.sub(r"(?m)^key_dir = .*$", f"key_dir = {tmp_path}", file.read())
    path = tmp_path / "latchkey.conf"
    path.write_text(conf)
    path.chmod(0o600)
    name = new_name()
    done = subprocess.run([command(lk)[0], "--config", str(path), "client", "create", "--name", name, "--scope", "a"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "key init" in done.stderr and not done.stdout
    assert lk.one("SELECT count(*) FROM clients WHERE name = %s", name) == 0
