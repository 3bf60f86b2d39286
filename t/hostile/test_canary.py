"""Each secret that is told to the service, or by it, while everything that doc/openapi.yaml
describes is done once: none of them is left anywhere but where it must be.

The services log what they can: ours at level debug, PostgreSQL each statement with its values."""

import base64
import json
import os
import re
import subprocess
import tempfile
import urllib.parse

import pytest
import test_openapi_answers as story
from lib.ctl import ctl
from lib.http import Client
from lib.machine import SCOPES, machine
from lib.openapi import walk
from lib.social import SECRET, Idp, section, wait_discovered
from lib.stack import Stack, new_email, new_name
from lib.wait import wait_for

SECRET_FIELDS = {"password", "old_password", "new_password1", "new_password2", "token", "access_token", "refresh_token",
                 "registration_code", "confirmation_code", "code", "client_secret"}
SECRET_PARAMETERS = {"code", "state", "nonce", "code_verifier", "client_secret", "id_token"}
SHORTEST = 8  # bytes: what is looked for must not be in there by chance


class Secrets:
    """{secret: kind}, from requests and answers as they go by; and answers that repeat one."""

    def __init__(self):
        self.found, self.echoed, self.requests = {}, [], 0

    def add(self, kind, value):
        if len(value) >= SHORTEST and len(set(value)) > 4 and not value.isalpha():  # no 00000000, no word
            self.found.setdefault(value, kind)
        return value

    def fields(self, where, node):
        def visit(mapping):
            for name in SECRET_FIELDS & set(mapping):
                if isinstance(mapping[name], str):
                    self.add(f"{where} {name}", mapping[name])
        walk(node, visit)

    def url(self, url):
        for name, value in urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query):
            if name in SECRET_PARAMETERS:
                self.add("parameter " + name, value)

    def request(self, path, what):
        """Its secrets are in no answer."""
        before = set(self.found)
        for name in ("json", "form"):
            if isinstance(what.get(name), dict):
                self.fields("request", what[name])
        if isinstance(what.get("basic"), tuple):
            self.add("password", what["basic"][1])
            self.add("basic", base64.b64encode(":".join(what["basic"]).encode()).decode())
        self.add("bearer", what.get("bearer") or "")
        for name, value in what.get("headers", ()):
            if name == "Cookie":
                for cookie in value.split("; "):
                    self.add("cookie", cookie.partition("=")[2])
        self.url(path)
        return set(self.found) - before

    def answer(self, answer):
        self.requests += 1
        if answer.status < 400 and answer.body[:1] == b"{":
            self.fields("answer", answer.json)
            self.url(answer.json.get("authorization_url", ""))
        for name, value in answer.headers:
            if name == "Location":
                self.url(value)
            if name == "Set-Cookie":
                self.add("cookie", value.split(";")[0].partition("=")[2])

    def watch(self, monkeypatch):
        send = Client.send

        def watched(client, method, path, **what):
            new = self.request(path, what)
            answer = send(client, method, path, **what)
            seen = answer.body + repr(answer.headers).encode()
            self.echoed += [(path, self.found[value]) for value in new if value.encode() in seen]
            self.answer(answer)
            return answer

        monkeypatch.setattr(Client, "send", watched)

    def letters(self, lk):
        for name in os.listdir(lk.mail.directory):
            with open(os.path.join(lk.mail.directory, name), encoding="utf-8") as file:
                for code in re.findall(r"^[0-9A-Z]{4}-[0-9A-Z]{4}\b", file.read(), re.M):
                    self.add("code", code)

    def provider(self, idp):
        for form in idp.asked:
            for name in SECRET_PARAMETERS & set(form):
                self.add("provider " + name, form[name])
        for name, grant in idp.codes.items():
            self.add("provider token", name)
            self.add("provider id_token", grant["id_token"])

    def needles(self):
        """In every spelling that one could be written down in."""
        return {spelling.encode(): kind for value, kind in self.found.items() for spelling in spellings(value)
                if len(spelling) >= SHORTEST}


def spellings(value):
    yield from (value, value.lower(), value.replace("-", ""), value.replace("-", "").lower())
    yield from (urllib.parse.quote(value, safe=""), urllib.parse.quote_plus(value), json.dumps(value)[1:-1])
    yield value.encode().hex()
    for start in range(3):  # base64, by where in a longer text it stands
        for coded in (base64.b64encode, base64.urlsafe_b64encode):
            yield coded(b"x" * start + value.encode()).decode()[4 if start else 0:].rstrip("=")[:-1]
    if value.count(".") == 2:  # what proves a token
        yield value.split(".")[2]


class Search:
    """grep has one automaton for all needles."""

    def __init__(self, needles):
        self.needles, self.bytes, self.places = needles, 0, 0

    def _grep(self, *where, **more):
        """(file, needle) of each hit; GREP_COLORS and the locale would change what is seen."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"\n".join(self.needles))
            file.flush()
            done = subprocess.run(["grep", "-aoF", "--null", "-f", file.name, *where], capture_output=True,
                                  env={"LC_ALL": "C", "PATH": os.environ["PATH"]}, **more)
        assert done.returncode < 2 and not done.stderr, done.stderr
        return [line.split(b"\0", 1) for line in done.stdout.splitlines()]

    def data(self, data):
        self.bytes += len(data)
        self.places += 1
        return {self.needles[needle] for _, needle in self._grep("-H", input=data)}

    def directory(self, top):
        sizes = [os.path.getsize(os.path.join(folder, name)) for folder, _, files in os.walk(top) for name in files]
        self.bytes, self.places = self.bytes + sum(sizes), self.places + len(sizes)
        return sorted({(self.needles[needle], path.decode()) for path, needle in self._grep("-r", top)})


@pytest.fixture(scope="module")
def idp():
    idp = Idp()
    yield idp
    idp.stop()


@pytest.fixture(scope="module")
def lk(idp):
    stack = Stack.start(section("google", "oidc", idp.url) +
                        f"[web]\nreturn_to = {story.PAGE}\n[server]\nlog_level = debug\n")
    try:
        # A database's settings go before those of the command line, which is terse
        for setting in ("log_statement = 'all'", "log_error_verbosity = 'default'", "log_parameter_max_length = -1",
                        "log_parameter_max_length_on_error = -1", "log_min_duration_statement = 0"):
            stack.sql("ALTER DATABASE latchkey SET " + setting)
        for part in ("serve", "outside", "mail"):
            stack.part("restart", part)
        wait_discovered(stack, "google")
        yield stack
    finally:
        stack.down()


@pytest.fixture(scope="module")
def secrets(lk, idp):
    """After the whole story of the API, and a letter that nobody has sent yet."""
    secrets = Secrets()
    with pytest.MonkeyPatch.context() as patch:
        secrets.watch(patch)
        made = ctl(lk, "client", "create", "--name", new_name(), "--scope", " ".join(SCOPES))
        secrets.fields("ctl", made)
        tell(lk, idp, made)
    secrets.letters(lk)
    secrets.provider(idp)
    secrets.add("provider client_secret", SECRET)
    secrets.add("redis password", lk.env["REDIS_PASSWORD"])
    for use in ("refresh", "registration", "recovery", "code", "index", "secret"):
        secrets.add("key", lk.keys.secret(use).hex())
    return secrets


def tell(lk, idp, made):
    """What test_openapi_answers tells, which succeeds and fails at each operation."""
    t = story.Teller(lk)
    boss = {"bearer": machine(lk, *SCOPES).token}
    pair = made["client_id"], made["client_secret"]
    client = story.types.SimpleNamespace(basic=tuple(map(urllib.parse.quote_plus, pair)),
                                         fill={"client_id": pair[0], "client_secret": pair[1]})
    for part, *more in ((story.registration,), (story.sessions,), (story.recovery,), (story.accounts,),
                        (story.social, idp), (story.machines, client), (story.roles, boss), (story.users, boss)):
        t.c = lk.client()
        part(t, *more)
    lk.posted()
    lk.part("stop", "mail")
    assert lk.client().post("/register", {"email": new_email()}).status == 202


@pytest.fixture
def search(secrets):
    return Search(secrets.needles())


# What Redis keeps for a login that is under way (600 s): of no use without the state, the cookie
# and the provider's code, which it has not got
BOUND = {"provider code_verifier", "parameter nonce"}


def none(proof, what, hits, search, secrets):
    figure = f"{len(hits)} hits of {len(search.needles)} spellings of {len(secrets.found)} secrets in {what}"
    assert proof.claim(f"No secret in {what}", figure + f" ({search.places} places, {search.bytes / 1e6:.1f} MB)",
                       "0 hits", not hits), hits


def test_kinds(secrets):
    """All that there is was seen."""
    kinds = set(secrets.found.values())
    assert {"request password", "basic", "cookie", "code", "key", "redis password", "ctl client_secret",
            "provider token", "provider id_token", "parameter code", "provider code_verifier", "parameter state",
            "parameter nonce", "answer access_token", "answer refresh_token", "answer token"} <= kinds, sorted(kinds)
    assert len(secrets.found) > 100 and secrets.requests > 150


def test_the_search_finds(secrets, search, tmp_path, proof):
    """Each of them, in each spelling, amid other bytes."""
    for number, needle in enumerate(search.needles):
        (tmp_path / str(number)).write_bytes(os.urandom(50) + b"\0" + needle + b"\0" + os.urandom(50))
    found = {path for _, path in search.directory(tmp_path)}
    assert proof.claim("The search finds each secret where it is put, in each spelling",
                       f"{len(found)} of {len(search.needles)}", "all", len(found) == len(search.needles))
    assert search.data(b"x" + next(iter(search.needles)) + b"\n")


def test_logs(lk, secrets, search, proof):
    with open(os.path.join(lk.env["LOG"], "postgres.log"), encoding="utf-8") as file:
        told = file.read()
    assert "$argon2id$" in told and "parameters: $1 = " in told  # it does log values
    assert {"request"} <= {line["event"] for line in lk.log.lines()}
    none(proof, "the logs of the service, nginx, PostgreSQL (each statement with its values) and Redis",
         search.directory(lk.env["LOG"]), search, secrets)


def test_database_files(lk, secrets, search, proof):
    lk.sql("CHECKPOINT")
    data = os.path.realpath(lk.path("pg")) + "/data"
    marker = b"marker-" + os.urandom(12).hex().encode()
    lk.sql("CREATE TABLE marker AS SELECT %s::text AS x", marker.decode())
    lk.sql("CHECKPOINT")
    planted = Search({marker: "marker"})
    places = {os.path.relpath(path, data).split("/")[0] for _, path in planted.directory(data)}
    lk.sql("DROP TABLE marker")
    assert {"base", "pg_wal"} <= places, places
    none(proof, "PostgreSQL's files and write-ahead log", search.directory(data), search, secrets)


def test_tables(lk, secrets, search, proof):
    """As rows too: what is long lies compressed in the files."""
    hits = []
    for (table,) in lk.sql("SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p') "
                           "AND relnamespace = 'public'::regnamespace"):
        rows = lk.sql(f"SELECT t::text FROM {table} t")
        hits += [(kind, table) for kind in search.data("\n".join(row[0] for row in rows).encode())]
    assert lk.one("SELECT count(*) FROM outbox WHERE state = 'waiting'") == 1
    none(proof, "the rows of all tables, the outbox with a letter waiting among them", hits, search, secrets)


def test_redis(lk, secrets, search, proof):
    """What it was told ever, and what it holds now."""
    directory = lk.path("redis", "appendonlydir")
    marker = b"marker-" + os.urandom(12).hex().encode()
    lk.redis.set("marker", marker, px=1)
    wait_for(lambda: Search({marker: "marker"}).directory(directory), 10, "Redis did not write it down")
    hits = search.directory(directory)
    for key in lk.redis.scan_iter(count=1000):
        hits += [(kind, key) for kind in search.data(key + (lk.redis.dump(key) or b""))]
    assert {kind for kind, _ in hits} >= BOUND  # it does find
    none(proof, "Redis and its append-only file (but nonce and PKCE verifier of a login under way)",
         [hit for hit in hits if hit[0] not in BOUND], search, secrets)


def test_answers(secrets, proof):
    assert proof.claim("No answer repeats a secret of its request",
                       f"{len(secrets.echoed)} of {secrets.requests} answers", "0", not secrets.echoed), secrets.echoed
