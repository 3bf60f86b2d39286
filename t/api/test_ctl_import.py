"""latchkeyctl user import and export."""

import csv
import io
import json
import os
import pty
import stat
import subprocess
import threading
import time
import uuid

import pytest

from lib.ctl import answer, command, ctl
from lib.hashes import all_kinds
from lib.stack import new_email, new_name
from lib.wait import wait_for

CURRENT = "$argon2id$v=19$m=19456,t=2,p=1$"


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def load(lk, data, *words, code=0):
    """Its result; where refused, the problems as (line, text)."""
    if not isinstance(data, bytes):
        data = lines(data)
    got, said, errors = answer(lk, "user", "import", "-", *words, stdin=data, timeout=120)
    assert got == code, (said, errors)
    return said if not code else [(row["line"], row["problem"]) for row in said["problems"]]


def count(lk):
    return lk.one("SELECT count(*), (SELECT count(*) FROM audit), (SELECT count(*) FROM user_roles) FROM users")


def made(lk, email):
    return lk.one("SELECT row_to_json(u) FROM users u WHERE email_key = lower(%s)", email)


@pytest.fixture(scope="module")
def roles(lk):
    names = [new_name("B-"), new_name("A-")]
    for name in names:
        ctl(lk, "role", "create", "--name", name)
    return names


# what is made

def test_a_row_of_all(lk, roles):
    email, name, own = new_email("Local.Part+tag"), new_name("U"), str(uuid.uuid4())
    before = lk.one("SELECT count(*) FROM outbox")
    said = load(lk, [{"email": email.replace("example.com", "EXAMPLE.com"), "username": name, "id": own.upper(),
                      "email_verified": True, "active": False, "created_at": "2019-08-07T06:05:04.321987+02:00",
                      "roles": [roles[0].upper(), roles[1], roles[0]], "password_hash": all_kinds("x")["argon2id"]}])
    assert said == {"problems": [], "rows": 1, "refused": 0, "skipped": 0, "imported": 1}
    row = made(lk, email)
    assert row["id"] == own and row["email"] == email and row["email_key"] == email.lower()
    assert row["username"] == name and row["username_key"] == name.lower()
    assert row["email_verified"] is True and row["active"] is False and row["has_password"] is True
    assert row["created_at"].startswith("2019-08-07T04:05:04.321+00") and row["roles"] == sorted(roles)
    assert row["rev"] == row["epoch"] == 0
    assert lk.one("SELECT count(*) FROM user_roles WHERE user_id = %s", own) == 2
    assert lk.one("SELECT count(*) FROM outbox") == before
    assert lk.one("SELECT detail FROM audit WHERE event = 'users_imported' AND actor = 'ctl' ORDER BY id DESC LIMIT 1") \
        == "1 made, 0 there already"


def test_a_row_of_an_address(lk):
    email = new_email()
    load(lk, [{"email": email, "username": None, "password_hash": "", "roles": None, "id": None}])
    row = made(lk, email)
    assert row["username"] is None and row["password_hash"] is None and row["has_password"] is False
    assert row["active"] is True and row["email_verified"] is False and row["roles"] == []


def test_djangos_unusable_password_is_none(lk):
    email = new_email()
    load(lk, [{"email": email, "password_hash": "!cG0yQ3Zk"}])
    assert made(lk, email)["has_password"] is False


@pytest.mark.parametrize("typed, kept", [
    ("2020-02-29", "2020-02-29T00:00:00"), ("2020-02-29 12:00:01", "2020-02-29T12:00:01"),
    ("2020-02-29T12:00:01Z", "2020-02-29T12:00:01"), ("2020-02-29 12:00:01.5+00", "2020-02-29T12:00:01.5"),
    ("2020-02-29T12:00:01.123456789-0330", "2020-02-29T15:30:01.123"), ("1969-12-31t23:59:59z", "1969-12-31T23:59:59"),
])
def test_times(lk, typed, kept):
    email = new_email()
    load(lk, [{"email": email, "created_at": typed}])
    assert made(lk, email)["created_at"] == kept + "+00:00"


# hashes

def test_every_kind_of_hash_signs_in_and_is_replaced(lk, roles):
    password = "Grüße-Quartz-fjord"
    kinds = all_kinds(password)
    emails = {kind: new_email(kind.replace("_", "-") + "-") for kind in kinds}
    many = list(kinds.items())
    rows = [{"email": emails[kind], "password_hash": made_} for kind, made_ in many]
    for i in range(5000 - len(rows)):
        rows.append({"email": new_email(), "username": new_name(), "password_hash": many[i % len(many)][1],
                     "roles": [roles[i % 2]], "email_verified": i % 2 == 0})
    begin = time.monotonic()
    assert load(lk, rows)["imported"] == 5000
    assert time.monotonic() - begin < 15
    for kind, email in emails.items():
        client, right = lk.client(), "password" if "argon2" in kind else password
        assert client.login(email, right + "x").status == 401, kind
        assert not made(lk, email)["password_hash"].startswith(CURRENT)
        assert client.login(email, right).status == 200, kind
        assert made(lk, email)["password_hash"].startswith(CURRENT), kind
        assert client.login(email, right).status == 200, kind
    assert lk.one("SELECT count(*) FROM user_roles g JOIN users u ON u.id = g.user_id JOIN roles r ON r.id = g.role_id"
                  " WHERE u.email = %s AND u.roles = ARRAY[r.name]", rows[-1]["email"]) == 1


@pytest.mark.parametrize("hash_", [
    "plain-Quartz-fjord", "5f4dcc3b5aa765d61d8327deb882cf99", "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/", "$2b$04$tooshort",
    "$2b$31$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$" + "A" * 43,
    "$argon2id$v=19$m=4194304,t=60,p=1$c29tZXNhbHQ$" + "A" * 43, "pbkdf2:sha256:99999999$x$" + "0f" * 32, "{SHA}abc",
    "x" * 600, " $2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW", "argon2$argon2i$v=19",
])
def test_no_hash(lk, hash_):
    problems = load(lk, [{"email": new_email(), "password_hash": hash_}], code=1)
    assert [line for line, _ in problems] == [1] and "password_hash" in problems[0][1]
    assert hash_ not in problems[0][1]


# what is refused

def test_all_or_nothing_and_every_problem_is_told(lk):
    there, there_name, there_id = new_email(), new_name(), str(uuid.uuid4())
    load(lk, [{"email": there, "username": there_name, "id": there_id}])
    twice, name, own = new_email("Twice"), new_name(), str(uuid.uuid4())
    data = lines([
        {"email": new_email()},                                     # 1: nothing wrong
        {"email": twice, "username": name, "id": own},
        {"email": twice.upper()},                                   # 3
        {"email": new_email(), "username": name.upper()},           # 4
        {"email": new_email(), "id": own},                          # 5
        {"email": there.upper()},                                   # 6
        {"email": new_email(), "username": there_name.upper()},     # 7
        {"email": new_email(), "id": there_id},                     # 8
        {"email": new_email(), "roles": ["nosuch"]},                # 9
        {"email": "nobody"}, {"username": "x"}, {},                 # 10, 11, 12
        {"email": new_email(), "username": "a:b"},                  # 13
        {"email": new_email(), "id": "1"},                          # 14
        {"email": new_email(), "id": "0" * 8 + "-0000-0000-0000-" + "0" * 12},
        {"email": new_email(), "created_at": "yesterday"},          # 16
        {"email": new_email(), "created_at": "2999-01-01"},
        {"email": new_email(), "active": "yes"},                    # 18
        {"email": new_email(), "roles": "x"}, {"email": new_email(), "roles": [1]},
        {"email": new_email(), "roles": ["a b"]},                   # 21
        {"email": new_email(), "created": "2020-01-01"},            # 22
        {"email": 1},                                               # 23
    ])
    before = count(lk)
    for words in ([], ["--dry-run"], ["--skip-existing"]):
        problems = load(lk, data, *words, code=1)
        expected = set(range(3, 24)) - ({6} if words == ["--skip-existing"] else set())
        assert {line for line, _ in problems} == expected
        assert problems == sorted(problems, key=lambda row: row[0])
        said = dict(problems)
        assert said[3] == "email is that of line 2" and said[4] == "username is that of line 2"
        assert said[5] == "id is that of line 2" and said[9] == "there is no role nosuch"
        assert said[7] == "username is already in use" and said[8] == "id is that of an account"
        assert said[22] == "created: there is no such field" and said[12] == "email: is missing"
    assert count(lk) == before
    got, said, errors = answer(lk, "user", "import", "-", stdin=data)
    assert (said["rows"], said["refused"], said["imported"]) == (23, 21, 0) and "nothing was imported" in errors
    shown = subprocess.run(command(lk, "user", "import", "-"), input=data, capture_output=True)
    assert b"line 3: email is that of line 2\n" in shown.stdout and shown.returncode == 1


def test_too_many_roles_for_one(lk):
    stem = new_name("r")
    names = ["%s-%02d" % (stem, i) + "x" * 60 for i in range(20)]
    for name in names:
        ctl(lk, "role", "create", "--name", name)
    assert load(lk, [{"email": new_email(), "roles": names}], code=1) == \
        [(1, "the names of its roles are too long together")]
    load(lk, [{"email": new_email(), "roles": names[:19]}])
    for name in names:
        ctl(lk, "role", "delete", name)


def test_a_dry_run_changes_nothing(lk, roles):
    before = count(lk)
    said = load(lk, [{"email": new_email(), "roles": roles}, {"email": new_email()}], "--dry-run")
    assert said == {"problems": [], "rows": 2, "refused": 0, "skipped": 0, "imported": 0}
    assert count(lk) == before


def test_run_again(lk):
    rows = [{"email": new_email("Again"), "id": str(uuid.uuid4()), "username": new_name()}, {"email": new_email()}]
    load(lk, rows)
    assert [line for line, _ in load(lk, rows, code=1)] == [1, 1, 1, 2]
    lk.sql("UPDATE users SET email_verified = true WHERE email = %s", rows[0]["email"])
    more = [*rows, {"email": new_email()}]
    assert load(lk, more, "--skip-existing", "--dry-run")["skipped"] == 2
    said = load(lk, more, "--skip-existing")
    assert said["skipped"] == 2 and said["imported"] == 1
    assert made(lk, rows[0]["email"])["email_verified"] is True
    assert load(lk, more, "--skip-existing")["imported"] == 0
    other = [dict(rows[0], id=str(uuid.uuid4()))]
    assert {text for _, text in load(lk, other, "--skip-existing", code=1)} >= {"email already has an account"}
    moved = [dict(rows[0], email=new_email())]
    assert "id is that of an account" in {text for _, text in load(lk, moved, "--skip-existing", code=1)}


# files

@pytest.mark.parametrize("data, line, said", [
    (b"[]", 1, "no JSON object"), (b'{"email":', 1, "no JSON object"), (b"{} {}", 1, "no JSON object"),
    (b'{"email":"a@b.example","email":"c@d.example"}', 1, "twice"),
    (b'{"email":"a\\u0000@b.example"}', 1, "no JSON object"), (b'{"email":"\xff@b.example"}', 1, "not UTF-8"),
    (b'{"email":"a@b.example\x00"}', 1, "NUL"), (b'{"email":"a@b.example\\ud800"}', 1, "no JSON object"),
    (b"\n\n  \r\n{\n", 4, "no JSON object"), (b'{"a":' * 20000 + b"}" * 20000, 1, "longer than 16384"),
    (b"{" + b" " * 16382 + b"}", 1, "email: is missing"), (b"{" + b" " * 16383 + b"}", 1, "longer than 16384"),
    (b'{"a":' * 1000 + b"1" + b"}" * 1000, 1, "no JSON object"),
    (b'{"roles":["' + b'","'.join([b"x"] * 300) + b'"],"email":"a@b.example"}', 1, "too many"),
    (b'{"email":"a@b.example","' + b"\\u202e\\u001b" * 300 + b'":1}', 1, "no such field"),
])
def test_hostile_json(lk, tmp_path, data, line, said):
    path = tmp_path / "x.jsonl"
    good = lines([{"email": new_email()}])
    path.write_bytes(data + b"\n" + good)
    got, result, errors = answer(lk, "user", "import", str(path))
    assert got == 1 and result["refused"] == 1 and result["rows"] == 2, (result, errors)
    assert result["problems"][0]["line"] == line and said in result["problems"][0]["problem"]
    shown = subprocess.run(command(lk, "user", "import", str(path)), capture_output=True).stdout.decode()
    assert not any(c in shown for c in "\x00\x1b\u202e")


def table(*rows, end="\r\n"):
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows(rows)
    return out.getvalue().encode()


def test_csv(lk, tmp_path, roles):
    path = tmp_path / "people.csv"
    one, two, three = new_email(), new_email(), new_email()
    path.write_bytes(b"\xef\xbb\xbf" + table(
        ["Email", " username", "email_verified", "active", "roles", "created_at", "password_hash"],
        [one, "", "yes", "0", " ; ".join(roles), "2020-01-01 10:00:00", "$2b$04$abcdefghijklmnopqrstuuN2vsZ8w.BgVWJ8qjzJYy9tz4PYdWIKC"],
        [two, "", "False", "T", ",".join(roles), "", ""], [three, "", "", "", "", "", ""]) + b"\r\n\r\n")
    assert ctl(lk, "user", "import", str(path))["imported"] == 3
    row = made(lk, one)
    assert row["email_verified"] is True and row["active"] is False and row["roles"] == sorted(roles)
    assert row["created_at"] == "2020-01-01T10:00:00+00:00" and row["has_password"]
    row = made(lk, two)
    assert row["email_verified"] is False and row["active"] is True and row["roles"] == sorted(roles)
    assert made(lk, three)["roles"] == []


def test_csv_by_its_first_byte(lk):
    one, two = new_email(), new_email()
    assert load(lk, f'"email"\n"{one}"\n{two}'.encode())["imported"] == 2


@pytest.mark.parametrize("data, line, said", [
    (b"email\na@b.example,x", 2, "2 fields"), (b"email,username\na@b.example", 2, "1 fields"),
    (b'email\n"a@b.example', 2, "without its other"), (b'email\n"a@b.example"x', 2, "behind a closing"),
    (b'email\na"b@b.example"', 2, "inside of a field"), (b"email\n\xff", 2, "not UTF-8"), (b"email\na\x00b", 2, "NUL"),
    (b"email,active\na@b.example,maybe", 2, "true or false"), (b'email,username\na@b.example,"x\ny"', 2, "username"),
    (b'email,username\n"a@b.example","x\n\ny"\nb@b.example,', 2, "username"),
    (b"email\n" + b"x" * 20000, 2, "longer"), (b'email\n"' + b"x\n" * 20000 + b'"', 2, "longer"),
    (b"email,roles\na@b.example," + b"x;" * 300, 2, "too many"), (b"username\nabcd", 2, "email: is missing"),
    (b"email\n" + b"," * 100, 2, "too many fields"),
])
def test_hostile_csv(lk, tmp_path, data, line, said):
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    got, result, errors = answer(lk, "user", "import", str(path))
    assert got == 1 and result["problems"], errors
    assert result["problems"][0]["line"] == line and said in result["problems"][0]["problem"]


@pytest.mark.parametrize("data, said", [
    (b"", "no first line"), (b"email,emial\n", "emial: there is no such field"), (b"email,EMAIL\n", "is there twice"),
    (b"email,\xff\n", "not UTF-8"), (b'"email\n', "without its other"), (b"a," * 40 + b"\n", "too many fields"),
    (b"email" + b" " * 20000 + b"\n", "longer"), (b"em\x1b[31mail\n", "no such field"),
])
def test_hostile_header(lk, tmp_path, data, said):
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    got, result, errors = answer(lk, "user", "import", str(path))
    assert got == 1 and said in errors and str(path) in errors and "\x1b" not in errors


def test_no_file(lk, tmp_path):
    assert "No such file" in ctl(lk, "user", "import", str(tmp_path / "x"), code=1)
    assert "Is a directory" in ctl(lk, "user", "import", str(tmp_path), code=1)
    assert "Is a directory" in ctl(lk, "user", "import", str(tmp_path) + "/.", code=1)


def test_nothing(lk):
    before = count(lk)
    assert load(lk, b"") == {"problems": [], "rows": 0, "refused": 0, "skipped": 0, "imported": 0}
    assert count(lk) == before


def test_nothing_but_rubbish(lk):
    """Far more problems than are listed in JSON; all of them in text."""
    data = b"{\n" * 30000
    got, said, _ = answer(lk, "user", "import", "-", stdin=data)
    assert got == 1 and said["refused"] == 30000 and len(said["problems"]) == 10000
    shown = subprocess.run(command(lk, "user", "import", "-"), input=data, capture_output=True)
    assert shown.stdout.count(b": is no JSON object") == 30000


# on the way

def start(lk, *words):
    return subprocess.Popen(command(lk, "--json", "user", "import", "-", *words), stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def staging(lk):
    return lk.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'latchkey_owner' AND query LIKE '%%import_rows%%'")


def test_a_connection_that_breaks(lk):
    rows = [{"email": new_email()} for _ in range(3000)]
    process = start(lk)
    process.stdin.write(lines(rows[:1500]))
    process.stdin.flush()
    for (pid,) in wait_for(lambda: staging(lk), 10, "nothing is staged"):
        assert lk.one("SELECT pg_terminate_backend(%s)", pid)
    _, errors = process.communicate(lines(rows[1500:]), timeout=30)
    assert process.returncode == 1, errors
    assert made_count(lk, rows) == 0


def made_count(lk, rows):
    return lk.one("SELECT count(*) FROM users WHERE email = ANY (%s)", [row["email"] for row in rows])


def test_an_address_that_is_taken_meanwhile(lk):
    rows = [{"email": new_email()} for _ in range(2500)]
    with lk.connect("OWNER") as other:
        other.autocommit = False
        with other.cursor() as cursor:
            cursor.execute("INSERT INTO users (email, email_key) VALUES (%s, %s)", (rows[-1]["email"],) * 2)
            process = start(lk)
            timer = threading.Timer(2, other.commit)
            timer.start()
            _, errors = process.communicate(lines(rows), timeout=30)
            timer.join()
    assert process.returncode == 1 and b"meanwhile" in errors
    assert made_count(lk, rows) == 1


def test_a_slow_writer_is_waited_for(lk):
    """The server's patience with what is idle in a transaction is 5 s."""
    rows = [{"email": new_email()} for _ in range(1100)]
    process = start(lk)
    process.stdin.write(lines(rows[:1050]))
    process.stdin.flush()
    time.sleep(6)
    said, errors = process.communicate(lines(rows[1050:]), timeout=30)
    assert process.returncode == 0 and json.loads(said)["imported"] == 1100, errors


def test_progress_on_a_terminal(lk, tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(lines({"email": new_email()} for _ in range(20000)))
    main, side = pty.openpty()
    shown = b""
    with subprocess.Popen(command(lk, "user", "import", str(path), "--dry-run"), stdout=subprocess.DEVNULL,
                          stderr=side) as process:
        os.close(side)
        try:
            while block := os.read(main, 4096):
                shown += block
        except OSError:
            pass
    os.close(main)
    assert process.returncode == 0
    assert b"\r[" in shown and b"#] 100%  20000 rows read, 0 s left" in shown


# out again

def exported(lk, *words):
    return [json.loads(line) for line in lk.ctl("user", "export", *words).stdout.splitlines()]


def test_export_and_back(lk, tmp_path, roles):
    emails = [new_email("Out") for _ in range(3)]
    load(lk, [{"email": emails[0], "username": new_name("N"), "roles": roles, "email_verified": True,
               "created_at": "2001-02-03T04:05:06.789Z", "password_hash": all_kinds("x")["ssha"]},
              {"email": emails[1], "active": False, "created_at": "2001-02-03"},
              {"email": emails[2], "created_at": "2001-02-03", "password_hash": all_kinds("x")["bcrypt_b"]}])
    path = str(tmp_path / "out.jsonl")
    total = lk.one("SELECT count(*) FROM users")
    assert ctl(lk, "user", "export", path, "--with-hashes") == {"file": path, "exported": total}
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    with open(path) as file:
        rows = [json.loads(line) for line in file]
    assert len(rows) == total == len({row["id"] for row in rows})
    mine = [row for row in rows if row["email"] in emails]
    assert len(mine) == 3
    before = lk.sql("SELECT row_to_json(u)::jsonb - 'updated_at' FROM users u WHERE email = ANY (%s) ORDER BY id", emails)
    for email in emails:
        ctl(lk, "user", "delete", email)
    load(lk, mine)
    assert before == lk.sql("SELECT row_to_json(u)::jsonb - 'updated_at' FROM users u WHERE email = ANY (%s) ORDER BY id",
                            emails)
    assert lk.one("SELECT count(*) FROM audit WHERE event = 'users_exported' AND detail LIKE 'with%%'") >= 1


def test_export_without_hashes(lk):
    email = new_email()
    load(lk, [{"email": email, "password_hash": all_kinds("x")["ssha"]}])
    rows = exported(lk)
    (mine,) = [row for row in rows if row["email"] == email]
    assert set(mine) == {"id", "email", "email_verified", "username", "active", "created_at", "roles"}
    assert not any("password_hash" in row for row in rows)
    assert exported(lk, "-") == rows


def test_export_touches_no_file_that_is_there(lk, tmp_path):
    path, link = tmp_path / "there", tmp_path / "link"
    path.write_text("mine")
    link.symlink_to(tmp_path / "nowhere")
    for name in (path, link):
        assert "File exists" in ctl(lk, "user", "export", str(name), code=1)
    assert path.read_text() == "mine" and not (tmp_path / "nowhere").exists()
    with open("/dev/full", "w") as full:
        assert subprocess.run(command(lk, "user", "export"), stdout=full, stderr=subprocess.PIPE).returncode == 1
