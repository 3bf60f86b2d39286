"""Canaries: what is secret is in no log, no answer, no table, no WAL, no Redis."""

import base64
import os
import secrets

import pytest

from lib.stack import ROOT, new_email, new_name, own_stack
from lib.tokens import b64

# Everything is logged that can be.
lk = own_stack("[server]\nlog_level = debug\n")


def canary(kind):
    return f"Canary-{kind}-{secrets.token_hex(12)}"


@pytest.fixture(scope="module")
def told(lk):
    """All secrets that were told to the service or by it, by name, after journeys with each
    of them in right and in wrong places; and the answers of requests that were refused."""
    found, answers = {}, []
    keep = lambda name, value: found.setdefault(f"{name}-{len(found)}", value) and value
    c = lk.client()

    email = new_email()
    code = keep("code", lk.ask_code(email, c))
    token = keep("registration", c.post("/register", {"email": email,
                                                      "registration_code": code}).json["token"])
    password, name = keep("password", canary("password")), new_name()
    assert c.post("/register", {"token": token, "username": name, "password": password}).status == 201
    for method in ("GET", "POST"):
        tokens = c.login(name, password, method).json
        keep("access", tokens["access_token"]), keep("refresh", tokens["refresh_token"])
    keep("basic", base64.b64encode(f"{name}:{password}".encode()).decode())
    keep("access", c.post("/token", bearer=tokens["refresh_token"]).json["access_token"])
    code = keep("code", lk.ask_code(email, c, "/password", 2))
    token = keep("recovery", c.post("/password", {"email": email, "confirmation_code": code}).json["token"])
    password = keep("password", canary("password"))
    assert c.post("/password", {"token": token, "username": name, "password": password}).status == 200

    def refused(*args, **kw):
        answer = c.send(*args, **kw)
        assert answer.status >= 400, answer
        answers.append(answer)

    for field in ("password", "token", "username", "email", "registration_code", "confirmation_code",
                  "access_token"):
        for path in ("/register", "/password"):
            refused("POST", path, json={field: keep("field", canary(field))})
            refused("POST", path, form={field: keep("field", canary(field)),
                                        "token": keep("token", canary("token"))})
            refused("POST", path, json={field: [keep("field", canary(field))]})
    refused("POST", "/register", json={"token": keep("token", canary("token")), "username": "x",
                                       "password": keep("password", canary("password"))})
    refused("POST", "/register", body='{"password":"%s"' % keep("broken", canary("broken")),
            type="application/json")
    refused("POST", "/register", body="password=%s&password=x" % keep("form", canary("form")),
            type="application/x-www-form-urlencoded")
    refused("POST", "/register", body=keep("type", canary("type")), type="text/plain")
    refused("POST", "/login", basic=(name, keep("password", canary("wrong"))))
    refused("POST", "/login", basic=(canary("nobody"), keep("password", canary("wrong"))))
    refused("POST", "/login", basic=b"nocolon" + keep("basic", canary("nocolon")).encode())
    refused("POST", "/login", headers=[("Authorization", "Digest " + keep("digest", canary("digest")))])
    refused("POST", "/token", bearer=keep("bearer", canary("bearer")))
    refused("GET", "/users/me", bearer=keep("bearer", canary("bearer")))
    refused("GET", "/users/me", bearer=b64('{"alg":"none"}') + "." + keep("bearer", canary("bearer")) + ".x")
    refused("GET", "/auth/verify?token=" + keep("query", canary("query")))
    refused("GET", "/users/me?code=" + keep("query", canary("query")),
            bearer=tokens["access_token"][:-2] + "AA")
    refused("GET", "/nothing?password=" + keep("query", canary("query")),
            bearer=keep("bearer", canary("bearer")))
    refused("GET", "/users/me", headers=[("Cookie", "__Host-latchkey=" + keep("cookie", canary("cookie")))])
    refused("POST", "/register", json={"email": "%s" % keep("long", canary("x") * 300)})
    refused("POST", "/register", body=keep("huge", canary("huge")) * 800, type="application/json")
    keep("redis-password", lk.env["REDIS_PASSWORD"])
    for use in ("refresh", "registration", "recovery", "code", "index", "secret"):
        keep("key", lk.keys.secret(use).hex())
    lk.posted()
    return found, answers


def needles(found):
    """In every spelling that one could be written down in."""
    out = {}
    for name, value in found.items():
        spellings = {value, value.replace("-", ""),
                     base64.b64encode(value.encode()).decode().rstrip("=")[:-1]}
        if value.count(".") == 2:  # the secret part of a token
            spellings = {value, value.split(".")[2], value.split(".")[1]}
        if name.startswith("code"):
            spellings |= {value.lower(), value.replace("-", "").lower()}
        for spelling in spellings:
            if len(spelling) >= 8:
                out[spelling.encode()] = name
    return out


def hits(directory, wanted):
    for folder, _, files in os.walk(directory):
        for file in files:
            path = os.path.join(folder, file)
            if not os.path.isfile(path) or os.path.islink(path):
                continue
            with open(path, "rb") as handle:
                data = handle.read()
            for needle, name in wanted.items():
                if needle in data:
                    yield name, path


def test_the_search_finds(lk, told, tmp_path):
    found, _ = told
    (tmp_path / "x").write_bytes(b"..." + found["password-2"].encode() + b"...")
    assert list(hits(tmp_path, needles(found)))
    assert len(found) > 40


def test_logs(lk, told):
    assert list(hits(lk.env["LOG"], needles(told[0]))) == []


def test_logs_have_what_they_should(lk, told):
    """The search above is not of empty files."""
    events = {line["event"] for line in lk.log.lines()}
    assert "request" in events
    for name in ("serve.log", "access.log", "postgres.log"):
        assert os.path.getsize(os.path.join(lk.env["LOG"], name)) > 100, name


def test_answers_do_not_echo(told):
    found, answers = told
    for answer in answers:
        seen = answer.body + repr(answer.headers).encode()
        assert not [name for needle, name in needles(found).items() if needle in seen], answer


def test_tables_and_wal(lk, told):
    lk.sql("CHECKPOINT")
    data = os.path.realpath(lk.path("pg")) + "/data"
    assert os.path.isdir(data + "/pg_wal")
    wanted = {n: name for n, name in needles(told[0]).items() if not name.startswith("redis-password")}
    assert list(hits(data, wanted)) == []


def test_redis(lk, told):
    wanted = needles(told[0])
    for key in lk.redis.scan_iter(count=1000):
        dump = key + (lk.redis.dump(key) or b"")
        assert not [name for needle, name in wanted.items() if needle in dump], key
    aof = lk.path("redis", "appendonlydir")
    assert os.path.isdir(aof)
    assert list(hits(aof, wanted)) == []


def test_command_lines_and_environment(lk, told):
    """What `ps` shows."""
    wanted = needles(told[0])
    for pid in [lk.pid("serve"), lk.pid("mail"), *lk.workers()]:
        for what in ("cmdline", "environ"):
            with open(f"/proc/{pid}/{what}", "rb") as file:
                data = file.read()
            assert not [name for needle, name in wanted.items() if needle in data], (pid, what)


def test_no_core(lk):
    """PR_SET_DUMPABLE 0: the files in /proc belong to root, and no core is ever written."""
    for pid in [lk.pid("serve"), *lk.workers()]:
        with open(f"/proc/{pid}/limits") as file:
            (line,) = [line for line in file if line.startswith("Max core file size")]
        assert line.split()[4] == "0", line


def test_only_a_hash_is_stored(lk):
    user = lk.register()
    stored = lk.one("SELECT password_hash FROM users WHERE id = %s", user.id)
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$") and user.password not in stored
    other = lk.register(password=user.password)
    assert lk.one("SELECT password_hash FROM users WHERE id = %s", other.id) != stored


def check_all(lk):
    return lk.ctl("check", "--schema-dir", os.path.join(ROOT, "schema"), check=False)


@pytest.mark.parametrize("mode", [0o644, 0o604])
def test_open_key_file_is_refused(lk, mode):
    path = os.path.join(lk.keys.directory, lk.keys.kid("refresh") + ".key")
    before = os.stat(path).st_mode & 0o777
    assert before & 0o007 == 0, oct(before)
    os.chmod(path, mode)
    try:
        done = check_all(lk)
        assert done.returncode != 0 and lk.keys.kid("refresh") in done.stdout + done.stderr, done
    finally:
        os.chmod(path, before)
    assert check_all(lk).returncode == 0
