"""latchkeyctl against the stack: users, sessions, letters, keys, upkeep, check."""

import json
import os
import re
import subprocess
import uuid

import pytest

from lib.check import TIME, UUID
from lib.ctl import ctl, text
from lib.stack import ROOT, new_email, new_name, new_password
from lib.wait import wait_for

KID = r"[A-Za-z0-9._-]{4,64}"


def audit(lk, event, user_id=None):
    return lk.one("SELECT count(*) FROM audit WHERE event = %s AND actor = 'ctl'"
                  " AND user_id IS NOT DISTINCT FROM %s", event, user_id)


@pytest.fixture
def made(lk):
    email, username, password = new_email(), new_name("U"), new_password()
    out = ctl(lk, "user", "create", "--email", email, "--username", username, "--password-stdin",
              stdin=password + "\n")
    assert re.fullmatch(UUID, out["id"])
    yield dict(out, password=password)
    lk.ctl("user", "delete", out["id"], check=False)


# the command line

@pytest.mark.parametrize("words", [
    [], ["nonsense"], ["user"], ["user", "nonsense"], ["user", "show"], ["user", "show", "a", "b"],
    ["user", "show", "x", "--now"], ["migrate", "--to"], ["--nonsense"], ["-x"], ["check", "--hash=yes"],
    ["key", "rotate", "nonsense"], ["mail", "retry", "nonsense"], ["mail", "drop", "all"], ["user", "show", "-- x"],
    ["user", "create"], ["--json", "--json", "mail", "list"], ["role", "create"], ["role", "delete"], ["user", "import"],
    ["user", "import", "a", "b"], ["user", "export", "a", "b"], ["user", "grant", "x"], ["user", "list", "--dry-run"],
    ["--json", "user", "export"], ["--json", "user", "export", "-"], ["audit", "x"],
])
def test_usage(lk, words):
    done = lk.ctl(*words, check=False)
    assert done.returncode == 2 and done.stdout == "" and done.stderr


def test_help(lk):
    whole = text(lk, "help")
    for word in ("check", "migrate", "maintain", "key rotate USE", "user create --email", "user import FILE", "role create",
                 "audit", "config sample"):
        assert word in whole
    assert "mail drop" in text(lk, "mail", "--help") and "user show" not in text(lk, "mail", "-h").split("Options")[0]


def test_every_command_and_option_is_in_the_manual(lk):
    with open(os.path.join(ROOT, "doc/latchkeyctl.8")) as file:
        page = file.read()
    commands, options = text(lk, "help").split("Options:")
    for line in re.findall(r"^  (.+)$", commands, re.M):
        name = " ".join(re.match(r"[a-z ]+", line)[0].split())
        assert re.search(r"^\.It (Xo )?Ic " + name + r"\b", page, re.M), name
    for option in re.findall(r"^  --([a-z-]+)", options, re.M):
        assert "Fl -" + option in page, option


def test_a_bad_configuration(lk, tmp_path):
    bad = tmp_path / "bad.conf"
    bad.write_text("[server]\nbacklog = 1\n")
    program = os.path.join(lk.env["BUILD"], "latchkeyctl")
    for words in (["user", "show", "x"], ["check"]):
        done = subprocess.run([program, "--config", str(bad), *words], capture_output=True, text=True)
        assert done.returncode == 1
        assert f"{bad}:2: server.backlog: must be a whole number" in done.stdout + done.stderr


def test_the_sample_and_where_the_configuration_is_looked_for(lk, tmp_path):
    with open(os.path.join(ROOT, "conf/latchkey.conf")) as file:
        assert text(lk, "config", "sample") == file.read()
    done = subprocess.run([os.path.join(lk.env["BUILD"], "latchkeyctl"), "mail", "list"],
                          capture_output=True, text=True, env={"LATCHKEY_CONF": str(tmp_path / "none")})
    assert done.returncode == 1 and f"{tmp_path}/none: No such file" in done.stderr


def test_a_full_disk_is_no_success(lk):
    with open("/dev/full", "w") as full:
        done = subprocess.run([os.path.join(lk.env["BUILD"], "latchkeyctl"), "config", "sample"],
                              stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1


# users

def test_create_and_show(lk, made):
    assert audit(lk, "user_created", made["id"]) == 1
    for name in (made["id"], made["id"].upper(), made["email"], made["email"].upper(), made["username"],
                 made["username"].lower()):
        shown = ctl(lk, "user", "show", name)
        assert shown["id"] == made["id"]
    assert shown["email"] == made["email"] and shown["username"] == made["username"]
    assert shown["active"] is True and shown["email_verified"] is False and shown["has_password"] is True
    assert re.fullmatch(TIME, shown["created_at"]) and shown["last_login_at"] is None and shown["live_sessions"] == 0
    assert made["email"] in text(lk, "user", "show", made["id"])
    assert made["password"] not in lk.one("SELECT password_hash FROM users WHERE id = %s", made["id"])


def test_create_without_a_password(lk):
    email = new_email()
    made = ctl(lk, "user", "create", "--email", " " + email.upper(), "--verified")
    shown = ctl(lk, "user", "show", made["id"])
    assert shown["has_password"] is False and shown["email_verified"] is True and shown["username"] is None
    ctl(lk, "user", "delete", made["id"])


def test_taken(lk, made):
    assert "e-mail" in ctl(lk, "user", "create", "--email", made["email"].upper(), code=1)
    assert "user name" in ctl(lk, "user", "create", "--email", new_email(), "--username", made["username"].lower(), code=1)


@pytest.mark.parametrize("words, password, said", [
    (["--email", "nobody"], None, "is no e-mail address"),
    (["--email", "a@b.example", "--username", "x"], None, "is no user name"),
    (["--email", "a@b.example", "--username", "a:b"], None, "is no user name"),
    (["--email", "a@b.example", "--password-stdin"], "", "no password"),
    (["--email", "a@b.example", "--password-stdin"], "short\n", "shorter"),
    (["--email", "a@b.example", "--password-stdin"], "password1\n", "too easy"),
    (["--email", "jonathan.livingston@b.example", "--password-stdin"], "jonathan.livingston\n", "too easy"),
    (["--email", "a@b.example", "--password-stdin"], "x" * 257 + "\n", "longer"),
    (["--email", "a@b.example", "--password-stdin"], "x" * 5000, "no password"),
    (["--email", "a@b.example", "--password-stdin"], "good-\0-Quartz-fjord\n", "no password"),
])
def test_create_refused(lk, words, password, said):
    assert said in ctl(lk, "user", "create", *words, code=1, stdin=password)


def test_deactivate_and_activate(lk, made):
    epoch = lk.one("SELECT epoch FROM users WHERE id = %s", made["id"])
    assert ctl(lk, "user", "deactivate", made["username"])["result"] == "deactivated"
    assert lk.one("SELECT active, epoch FROM users WHERE id = %s", made["id"]) == (False, epoch + 1)
    assert "already" in ctl(lk, "user", "deactivate", made["id"])["result"]
    assert ctl(lk, "user", "activate", made["email"])["result"] == "activated"
    assert lk.one("SELECT active, epoch FROM users WHERE id = %s", made["id"]) == (True, epoch + 1)
    assert "already" in ctl(lk, "user", "activate", made["id"])["result"]
    assert audit(lk, "user_deactivated", made["id"]) == audit(lk, "user_activated", made["id"]) == 1


def test_delete_takes_all_but_the_trail(lk, made):
    for sql in ("INSERT INTO login_history (user_id, user_agent, ip, device_type, method, success)"
                " VALUES (%s, '', '127.0.0.1', 'pc', 'basic', true)",
                "INSERT INTO sessions (user_id, epoch, method, user_agent, ip, expires_at)"
                " VALUES (%s, 0, 'basic', '', '127.0.0.1', now() + '1 day')",
                "INSERT INTO known_prefixes VALUES (%s, '127.0.0.1', now())",
                "INSERT INTO outbox (letter, user_id, state, ended_at) VALUES ('password_changed', %s, 'dead', now())",
                "INSERT INTO audit (event, user_id, actor, ip, request_id, detail)"
                " VALUES ('email_changed', %s, 'user', '192.0.2.7', 'x', 'y')"):
        lk.sql(sql, made["id"])
    ctl(lk, "user", "delete", made["id"])
    for table, column in (("users", "id"), ("login_history", "user_id"), ("sessions", "user_id"),
                          ("known_prefixes", "user_id"), ("outbox", "user_id")):
        assert lk.one(f"SELECT count(*) FROM {table} WHERE {column} = %s", made["id"]) == 0, table
    assert audit(lk, "user_deleted", made["id"]) == audit(lk, "user_created", made["id"]) == 1
    assert lk.sql("SELECT DISTINCT ip, request_id, detail FROM audit WHERE user_id = %s", made["id"]) == [(None, None, None)]
    assert "there is no user" in ctl(lk, "user", "show", made["id"], code=1)


@pytest.mark.parametrize("command", [["show"], ["activate"], ["deactivate"], ["delete"]])
def test_nobody(lk, command):
    for name in (str(uuid.uuid4()), new_email(), new_name()):
        assert "there is no user" in ctl(lk, "user", *command, name, code=1)
    for name in ("", "a b", "x'; DROP TABLE users; --", "@", "é"):
        ctl(lk, "user", *command, name, code=2)


# sessions

def open_session(lk, user_id, agent="agent", **columns):
    columns = dict(user_id=user_id, epoch=0, method="basic", user_agent=agent, ip="192.0.2.7", **columns)
    columns["expires_at"] = columns.pop("until", "2099-01-01")
    names = ", ".join(columns)
    return lk.one(f"INSERT INTO sessions ({names}) VALUES ({', '.join(['%s'] * len(columns))}) RETURNING id",
                  *columns.values())


def test_sessions(lk, made):
    live = open_session(lk, made["id"])
    states = {live: "live",
              open_session(lk, made["id"], ended_at="2001-01-01", end_reason="logout"): "logout",
              open_session(lk, made["id"], until="2001-01-01"): "expired",
              open_session(lk, made["id"], last_used_at="2020-01-01"): "idle"}
    listed = ctl(lk, "session", "list", made["id"])["sessions"]
    assert {row["id"]: row["state"] for row in listed} == states
    assert all(re.fullmatch(TIME, row["created_at"]) and row["ip"] == "192.0.2.7" for row in listed)
    assert ctl(lk, "user", "show", made["id"])["live_sessions"] == 1
    assert ctl(lk, "session", "revoke", made["email"])["sessions_ended"] == 1
    assert audit(lk, "sessions_revoked", made["id"]) == 1
    listed = ctl(lk, "session", "list", made["id"])["sessions"]
    assert {row["id"]: row["state"] for row in listed}[live] == "revoked"
    assert ctl(lk, "session", "revoke", made["email"])["sessions_ended"] == 0
    assert ctl(lk, "user", "show", made["id"])["live_sessions"] == 0


def test_no_sessions(lk, made):
    assert ctl(lk, "session", "list", made["id"]) == {"sessions": []}
    assert text(lk, "session", "list", made["id"]) == "no sessions\n"


def test_nothing_steers_the_terminal(lk, made):
    open_session(lk, made["id"], agent="a\x1b]0;title\x07\u009b31m\u202e\nforged line")
    raw = lk.ctl("session", "list", made["id"]).stdout
    assert "\\u001b]0;title\\u0007\\u009b31m\\u202e\\u000aforged line" in raw
    for out in (raw, lk.ctl("--json", "session", "list", made["id"]).stdout):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out)
    assert ctl(lk, "session", "list", made["id"])["sessions"][0]["user_agent"].endswith("\u202e\nforged line")
    assert "\x1b" not in lk.ctl("user", "show", "\x1b[2J", check=False).stderr


# letters

def put_letter(lk, state="dead", to=None, **columns):
    columns = dict(letter="already_registered", address=to or new_email(), state=state, attempts=3,
                   last_error="550 \x1b[31mno", ended_at="2001-01-01", ip="192.0.2.7", user_agent="", **columns)
    return str(lk.one(f"INSERT INTO outbox ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))}) RETURNING id",
                      *columns.values()))


def letters(lk):
    return {row["id"]: row for row in ctl(lk, "mail", "list")["letters"]}


def test_a_dead_letter_is_listed_and_dropped(lk):
    to = new_email()
    letter = put_letter(lk, to=to)
    row = letters(lk)[letter]
    assert row["state"] == "dead" and row["to"] == to and row["attempts"] == 3
    assert row["last_error"] == "550 \x1b[31mno" and "\x1b" not in text(lk, "mail", "list")
    assert ctl(lk, "mail", "drop", letter) == {"dropped": letter}
    assert letter not in letters(lk)
    assert "no such letter" in ctl(lk, "mail", "drop", letter, code=1)
    assert lk.one("SELECT count(*) FROM audit WHERE event = 'letter_dropped' AND detail LIKE %s", "%" + letter) == 1


def test_what_cannot_be_retried(lk):
    spent = put_letter(lk, not_after="2001-01-01")
    expired = put_letter(lk, state="expired")
    claimed = put_letter(lk, claimed_until="2099-01-01")
    for letter in (spent, expired, claimed, str(uuid.uuid4())):
        assert "can be retried" in ctl(lk, "mail", "retry", letter, code=1)
    assert "being delivered" in ctl(lk, "mail", "drop", claimed, code=1)
    lk.sql("DELETE FROM outbox WHERE id IN (%s, %s, %s)", spent, expired, claimed)


# keys

@pytest.fixture
def own_keys(lk, tmp_path):
    """The stack's configuration with a key directory of its own."""
    with open(lk.env["CONF"]) as file:
        conf = re.sub(r"(?m)^key_dir *=.*$", f"key_dir = {tmp_path}/keys", file.read())
    path = tmp_path / "latchkey.conf"
    path.touch(0o600)
    path.write_text(conf)

    def run(*words, code=0):
        done = subprocess.run([os.path.join(lk.env["BUILD"], "latchkeyctl"), "--config", str(path), "--json", "key", *words],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == code, (done.stdout, done.stderr)
        return json.loads(done.stdout) if code == 0 else done.stderr

    return run


USES = ["access", "refresh", "registration", "recovery", "code", "index", "secret"]


def listed(keys):
    return {row["kid"]: row for row in keys("list")["keys"]}


def test_the_first_keys(own_keys):
    made = own_keys("init")["made"]
    assert [row["use"] for row in made] == USES and all(re.fullmatch(KID, row["kid"]) for row in made)
    assert own_keys("init") == {"made": []}
    assert {row["state"] for row in listed(own_keys).values()} == {"signs"}


@pytest.mark.parametrize("use, life", [("access", 86400), ("refresh", 365 * 86400), ("registration", 3600),
                                       ("recovery", 3600), ("code", 86400)])
def test_a_rotated_key_outlives_what_it_signed(lk, own_keys, use, life):
    own_keys("init")
    (old,) = [kid for kid, row in listed(own_keys).items() if row["use"] == use]
    new = own_keys("rotate", use)["kid"]
    rows = listed(own_keys)
    assert rows[old]["state"] == "signs" and rows[new]["state"] == "published"
    sign, retire = (lk.one("SELECT extract(epoch FROM %s::timestamptz)::float", at)
                    for at in (rows[new]["sign_at"], rows[old]["retire_at"]))
    assert abs(retire - sign - life - 60) < 0.01
    now = own_keys("rotate", use, "--now")["kid"]
    wait_for(lambda: listed(own_keys)[now]["state"] == "signs", 5)
    rows = listed(own_keys)
    assert rows[old]["state"] == "verifies" and new not in rows


def test_the_index_key_is_not_rotated_by_the_way(own_keys):
    own_keys("init")
    assert "--now" in own_keys("rotate", "index", code=1)
    own_keys("rotate", "index", "--now")


def test_retire(lk, own_keys):
    own_keys("init")
    (only,) = [kid for kid, row in listed(own_keys).items() if row["use"] == "code"]
    own_keys("retire", only, code=1)
    new = own_keys("rotate", "code", "--now")["kid"]
    wait_for(lambda: listed(own_keys)[new]["state"] == "signs", 5)
    assert own_keys("retire", only) == {"retired": only}
    assert only not in listed(own_keys) or listed(own_keys)[only]["state"] == "retired"
    own_keys("retire", "../../etc/passwd", code=1)
    assert lk.one("SELECT count(*) FROM audit WHERE event = 'key_retired' AND detail = %s", only) == 1


# upkeep

def test_maintain(lk, made):
    lk.sql("INSERT INTO known_prefixes VALUES (%s, '192.0.2.1', now() - interval '91 days'),"
           " (%s, '192.0.2.2', now() - interval '89 days')", made["id"], made["id"])
    lk.sql("INSERT INTO known_devices VALUES (%s, '\\x01', now() - interval '401 days'),"
           " (%s, '\\x02', now() - interval '399 days')", made["id"], made["id"])
    old = [open_session(lk, made["id"], ended_at="2001-01-01"), open_session(lk, made["id"], until="2001-01-01")]
    kept = open_session(lk, made["id"])
    gone, stays = put_letter(lk), put_letter(lk)
    lk.sql("UPDATE outbox SET ended_at = now() WHERE id = %s", stays)
    lk.sql("CREATE TABLE IF NOT EXISTS audit_2020_01 PARTITION OF audit FOR VALUES FROM ('2020-01-01Z') TO ('2020-02-01Z')")
    lk.sql("INSERT INTO sessions (user_id, epoch, method, user_agent, ip, expires_at)"
           " SELECT %s, 0, 'basic', '', '::1', now() - interval '1 year' FROM generate_series(1, 2345)", made["id"])
    client = lk.one("INSERT INTO clients (name, name_key) VALUES (%s, %s) RETURNING id", *[new_name()] * 2)
    lk.sql("INSERT INTO revoked_tokens VALUES (gen_random_uuid(), %s, now() - interval '25 hours'),"
           " (gen_random_uuid(), %s, now() - interval '23 hours')", client, client)
    lk.sql("INSERT INTO client_secrets VALUES (%s, sha256('a'), 'k', now(), now() - interval '2 days'),"
           " (%s, sha256('b'), 'k', now(), NULL)", client, client)
    done = ctl(lk, "maintain")
    assert done["revoked_tokens_deleted"] == done["replaced_secrets_deleted"] == 1
    assert lk.one("SELECT count(*) FROM revoked_tokens WHERE client_id = %s", client) == 1
    assert lk.one("SELECT count(*) FROM client_secrets WHERE client_id = %s", client) == 1
    lk.sql("DELETE FROM clients WHERE id = %s", client)
    assert done["sessions_deleted"] >= 2347 and done["prefixes_deleted"] >= 1 and done["letters_deleted"] >= 1
    assert done["audit_dropped"] == 1
    assert lk.sql("SELECT id FROM sessions WHERE user_id = %s", made["id"]) == [(kept,)]
    assert lk.one("SELECT count(*) FROM known_prefixes WHERE user_id = %s", made["id"]) == 1
    assert done["devices_deleted"] >= 1
    assert lk.sql("SELECT device = '\\x02' FROM known_devices WHERE user_id = %s", made["id"]) == [(True,)]
    assert gone not in letters(lk) and stays in letters(lk)
    assert lk.one("SELECT to_regclass('audit_2020_01')") is None
    assert lk.one("SELECT count(*) FROM pg_inherits WHERE inhparent = 'audit'::regclass") >= 5
    again = ctl(lk, "maintain")
    assert again["partitions_made"] == again["audit_dropped"] == again["history_dropped"] == 0
    assert audit(lk, "maintained") >= 2
    lk.sql("DELETE FROM outbox WHERE id = %s", stays)
    assert old


def test_maintain_moves_rows_out_of_the_default_partition(lk):
    lk.sql("DO $$ DECLARE t text; BEGIN FOR t IN SELECT relname FROM pg_inherits i JOIN pg_class c ON c.oid = inhrelid"
           " WHERE inhparent = 'audit'::regclass AND relname > to_char(now() + interval '2 months', '\"audit_\"YYYY_MM')"
           " AND relname ~ '[0-9]$' LOOP EXECUTE 'DROP TABLE ' || t; END LOOP; END $$")
    lk.sql("INSERT INTO audit (created_at, event, actor) VALUES (now() + interval '3 months', 'probe', 'test')")
    assert ctl(lk, "maintain")["partitions_made"] >= 1
    assert lk.one("SELECT count(*) FROM audit_default") == 0
    assert lk.one("SELECT count(*) FROM audit WHERE event = 'probe'") == 1
    lk.sql("DELETE FROM audit WHERE event = 'probe'")


# check

def test_check(lk):
    names = {row["name"]: row for row in ctl(lk, "check", "--schema-dir", os.path.join(ROOT, "schema"), "--hash")["checks"]}
    assert set(names) == {"configuration", "database.owner", "database.fast", "database.slow", "database.mail",
                          "database.outside", "schema",
                          "partitions", "roles", "redis", "keys", "limits", "sockets", "letters", "mail", "hash"}
    assert all(row["ok"] for row in names.values())
    assert re.match(r"takes \d+\.\d ms: about \d+ logins a second", names["hash"]["detail"])
    assert "slower" not in names["hash"]["detail"]


def test_check_tells_of_the_slower_hash(lk, tmp_path):
    path = tmp_path / "latchkey.conf"
    path.touch(0o600)
    with open(lk.env["CONF"]) as file:
        path.write_text(file.read() + "[passwords]\nlanes = 2\n")
    done = subprocess.run([os.path.join(lk.env["BUILD"], "latchkeyctl"), "--config", str(path), "check", "--hash",
                           "--schema-dir", os.path.join(ROOT, "schema")], capture_output=True, text=True, timeout=60)
    assert re.search(r"^\w+ +hash .*; the slower way, as lanes is not 1", done.stdout, re.M)


def wrong(lk, tmp_path, section, line, *words):
    """The names of what is wrong with one line replaced or added."""
    with open(lk.env["CONF"]) as file:
        conf = file.read()
    key = line.split("=")[0].strip()
    head, tail = conf.split(f"[{section}]\n", 1) if f"[{section}]" in conf else (conf + "\n", "")
    body, mark, rest = tail.partition("\n[")
    body = re.sub(rf"(?m)^{key} *=.*\n?", "", body)
    path = tmp_path / "latchkey.conf"
    path.touch(0o600)
    path.write_text(f"{head}[{section}]\n{line}\n{body}{mark}{rest}")
    done = subprocess.run([os.path.join(lk.env["BUILD"], "latchkeyctl"), "--config", str(path), "check",
                           "--schema-dir", os.path.join(ROOT, "schema"), *words],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 1)
    found = re.findall(r"^WRONG +(\S+)", done.stdout, re.M)
    assert (done.returncode == 1) == bool(found)
    return found


def test_check_names_what_is_wrong(lk, tmp_path):
    socket = lk.env["PG_SOCKET_DIR"]
    nowhere = "host=/nonexistent dbname=latchkey user="
    own = f"host={socket} dbname=latchkey user="
    for section, line, name in [
            ("server", "run_dir = /nonexistent", "sockets"),
            ("server", "socket_group = nosuchgroup", "sockets"),
            ("database", f"fast = {nowhere}latchkey_fast", "database.fast"),
            ("database", f"fast = {own}latchkey_slow", "database.fast"),
            ("database", f"mail = {own}latchkey_owner", "database.mail"),
            ("database", f"slow = {own}nobody", "database.slow"),
            ("database", f"outside = {own}latchkey_mail", "database.outside"),
            ("accounts", "default_roles = nosuchrole", "roles"),
            ("redis", "socket = /nonexistent", "redis"),
            ("redis", "user =", "redis"),
            ("tokens", "key_dir = /nonexistent", "keys"),
            ("mail", "port = 1", "mail"),
            ("mail", "letter_dir = /nonexistent", "letters")]:
        assert wrong(lk, tmp_path, section, line) == [name], line
    assert wrong(lk, tmp_path, "passwords", "memory_kib = 64", "--hash") == ["hash"]


# with the service

def test_a_made_user_signs_in_until_closed(lk, c, made):
    answer = c.login(made["username"], made["password"])
    assert answer.status == 200
    bearer = answer.json["access_token"]
    assert c.get("/auth/verify", bearer=bearer).status == 204
    assert ctl(lk, "session", "list", made["id"])["sessions"][0]["state"] == "live"
    assert ctl(lk, "user", "show", made["id"])["last_login_at"]
    lk.ctl("user", "deactivate", made["id"])
    assert c.get("/auth/verify", bearer=bearer).status == 401
    assert c.login(made["username"], made["password"]).status == 401
    lk.ctl("user", "activate", made["id"])
    assert c.get("/auth/verify", bearer=bearer).status == 401
    assert c.login(made["username"], made["password"]).status == 200


def test_revoked_at_once(lk, c, made):
    bearer = c.login(made["email"], made["password"]).json["access_token"]
    assert ctl(lk, "session", "revoke", made["username"])["sessions_ended"] == 1
    assert c.get("/auth/verify", bearer=bearer).status == 401


def test_a_retried_letter_is_sent(lk):
    to = new_email()
    letter = put_letter(lk, to=to)
    assert ctl(lk, "mail", "retry", letter) == {"retried": 1}
    lk.mail.wait(to)
    other = new_email()
    put_letter(lk, to=other)
    assert ctl(lk, "mail", "retry", "all")["retried"] >= 1
    lk.mail.wait(other)


# figures

def test_stats(lk, made):
    before = ctl(lk, "stats")
    open_session(lk, made["id"])
    put_letter(lk)
    lk.sql("INSERT INTO clients (name, name_key) VALUES (%s, %s)", *[new_name()] * 2)
    after = ctl(lk, "stats")
    assert set(after) == set(before)
    for name in ("sessions", "users_signed_in", "clients"):
        assert after[name] == before[name] + 1, name
    assert after["users"] >= after["users_active"] >= 1 and after["database_bytes"] > 1000000
    assert sum(after[n] - before[n] for n in ("letters_waiting", "letters_dead", "letters_expired")) == 1
    assert "users_signed_in" in text(lk, "stats")
