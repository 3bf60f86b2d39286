"""The mailer against a private PostgreSQL and mail servers that behave, and that do not.
LATCHKEYD names the program, else build/latchkeyd."""

import email.policy
import hashlib
import hmac
import json
import mailbox
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time

import psycopg2
import pytest
from aiosmtpd.controller import Controller

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LATCHKEYD = os.environ.get("LATCHKEYD", str(ROOT / "build/latchkeyd"))
SECRET = bytes(range(32))
NONCE = "00112233445566778899aabbccddeeff"
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
UA = "Canary/1.0"


def code(purpose, address, nonce=NONCE, secret=SECRET):
    text = b"\0".join(part.encode() for part in (purpose, address.lower(), nonce))
    bits = int.from_bytes(hmac.new(secret, text, hashlib.sha256).digest()[:5], "big")
    digits = "".join(DIGITS[bits >> 35 - 5 * i & 31] for i in range(8))
    return digits[:4] + "-" + digits[4:]


def wait_until(true, seconds=10, what=""):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what or true}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Servers:
    """PostgreSQL and the catcher."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="lk-mail.", dir="/tmp"))
        self.dir.chmod(0o711)
        (self.dir / "pg").mkdir()
        self.env = dict(os.environ, LATCHKEY_TEST_DIR=str(self.dir))
        self.catcher = None
        self.pg("start")
        self.psql("postgres", "postgres", "-f", ROOT / "schema/bootstrap.sql")
        for file in sorted((ROOT / "schema").glob("[0-9]*.sql")):
            self.psql("latchkey", "latchkey_owner", "-f", file)
        self.db = None
        self.port_file = self.dir / "port"
        self.start_catcher()

    def pg(self, action):
        subprocess.run([HERE / "server", "pg", action], env=self.env, check=True)

    def psql(self, database, role, *args):
        subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-h", self.dir / "pg",
                        "-U", role, *args, database], check=True, stdout=subprocess.DEVNULL)

    def sql(self, text, *values):
        if not self.db or self.db.closed:
            self.db = psycopg2.connect(host=str(self.dir / "pg"), user="postgres",
                                       dbname="latchkey")
            self.db.autocommit = True
        with self.db.cursor() as cursor:
            cursor.execute(text, values)
            return cursor.fetchall() if cursor.description else None

    def restart_sql(self):
        self.db.close()

    def start_catcher(self):
        self.catcher = subprocess.Popen(["/usr/bin/python3", ROOT / "t/stack/catcher.py",
                                         self.dir / "mail", self.port_file])
        wait_until(self.port_file.exists)
        self.port = int(self.port_file.read_text())
        wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", self.port)) == 0)

    def stop_catcher(self):
        self.catcher.terminate()
        self.catcher.wait()

    def end(self):
        self.stop_catcher()
        self.pg("stop")
        shutil.rmtree(self.dir)

    def clean(self):
        self.sql("TRUNCATE outbox, users CASCADE")
        for folder in ("new", "cur"):
            for file in (self.dir / "mail" / folder).iterdir():
                file.unlink()

    # letters

    def user(self, address, username=None, active=True):
        return self.sql("INSERT INTO users (email, email_key, username, username_key, active)"
                        " VALUES (%s, lower(%s), %s, lower(%s), %s) RETURNING id",
                        address, address, username, username, active)[0][0]

    def put(self, letter, address=None, user=None, kid="c1", lives="10 min", nonce=NONCE):
        with_code = letter.endswith("_code")
        return self.sql(
            "INSERT INTO outbox (letter, address, user_id, nonce, key_id, not_after, ip, user_agent)"
            " VALUES (%s, %s, %s, %s, %s, now() + %s::interval, '192.0.2.7', %s) RETURNING id",
            letter, address, user, nonce if with_code else None, kid if with_code else None,
            lives if with_code else None, UA)[0][0]

    def rows(self):
        return dict((row[0], row[1:]) for row in self.sql(
            "SELECT id, state, attempts, last_error, ended_at IS NOT NULL FROM outbox"))

    def mails(self):
        box = mailbox.Maildir(self.dir / "mail", create=False)
        return [email.message_from_bytes(box.get_bytes(key), policy=email.policy.default)
                for key in box.keys()]

    def to(self, address):
        return [mail for mail in self.mails() if mail["X-RcptTo"] == address]


class Mailer:
    def __init__(self, servers, directory, **settings):
        self.servers = servers
        self.dir = directory
        self.settings = {"host": "127.0.0.1", "port": servers.port, "tls": "never",
                         "from": "noreply@auth.example.org", "deliverers": 4, "timeout_s": 5,
                         "letter_dir": ROOT / "app/letters", "retry_max_s": 2} | settings
        self.keys = directory / "keys"
        self.keys.mkdir()
        self.write_keys({"c1": SECRET})
        self.configure()
        self.log_path = directory / "log"
        self.process = None

    def write_keys(self, keys):
        for kid, secret in keys.items():
            file = self.keys / f"{kid}.key"
            file.write_text(secret.hex() + "\n")
            file.chmod(0o600)
        line = "{} code HMAC 2020-01-01T00:00:00.000Z 2020-01-01T00:00:00.000Z -\n"
        (self.keys / "manifest.new").write_text("".join(line.format(kid) for kid in keys))
        (self.keys / "manifest.new").chmod(0o600)
        (self.keys / "manifest.new").rename(self.keys / "manifest")

    def configure(self, **settings):
        self.settings |= settings
        self.conf = self.dir / "latchkey.conf"
        self.conf.write_text(
            f"[web]\nservice_name = Example\npublic_url = https://auth.example.org\n"
            f"[server]\ndrain_timeout_s = 3\nlog_level = debug\n"
            f"[database]\nmail = host={self.servers.dir}/pg dbname=latchkey user=latchkey_mail\n"
            f"[tokens]\nkey_dir = {self.keys}\n[mail]\n"
            + "".join(f"{key} = {value}\n" for key, value in self.settings.items()))
        self.conf.chmod(0o600)

    def start(self, **env):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([LATCHKEYD, "mail", "--config", self.conf],
                                            stderr=log, env=dict(os.environ, **env))
        return self

    def ready(self):
        wait_until(lambda: self.events("ready"), what="ready")
        return self

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(10)

    def log(self):
        return self.log_path.read_text() if self.log_path.exists() else ""

    def events(self, event):
        lines = [json.loads(line) for line in self.log().splitlines() if line.endswith("}")]
        return [line for line in lines if line["event"] == event]


@pytest.fixture(scope="module")
def servers():
    servers = Servers()
    yield servers
    servers.end()


@pytest.fixture
def mailer(servers, tmp_path):
    servers.clean()
    started = []

    def make(**settings):
        started.append(Mailer(servers, tmp_path, **settings))
        return started[-1]

    yield make
    for one in started:
        if one.process and one.process.poll() is None:
            one.process.kill()
            one.process.wait()
        assert "invariant_broken" not in one.log()


def drained(servers):
    return wait_until(lambda: not servers.rows(), what="an empty outbox")


def test_every_letter(servers, mailer):
    m = mailer().start()
    ann = servers.user("Ann@Example.org", "ann")
    ids = {kind: servers.put(kind, **to) for kind, to in {
        "registration_code": {"address": "new@example.org"},
        "already_registered": {"user": ann},
        "recovery_code": {"user": ann},
        "password_changed": {"user": ann},
        "refresh_reused": {"user": ann}}.items()}
    drained(servers)
    by_id = {mail["Message-ID"]: mail for mail in servers.mails()}
    assert set(by_id) == {f"<{i}@auth.example.org>" for i in ids.values()}
    for kind, row in ids.items():
        mail = by_id[f"<{row}@auth.example.org>"]
        text = mail.get_content().replace("\r\n", "\n")
        to = "new@example.org" if kind == "registration_code" else "Ann@Example.org"
        assert mail["To"].addresses[0].addr_spec == mail["X-RcptTo"] == to
        assert mail["From"].addresses[0].display_name == "Example"
        assert mail["From"].addresses[0].addr_spec == "noreply@auth.example.org"
        assert mail["X-MailFrom"] == "noreply@auth.example.org"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert len(mail.get_all("Date")) == len(mail.get_all("Message-ID")) == 1
        assert mail.get_content_type() == "text/plain" and mail.get_content_charset() == "utf-8"
        assert "192.0.2.7" in text and "https://auth.example.org" in text
        assert (kind in ("already_registered", "registration_code")) != ("ann" in text.split("\n")[0])
        shown = re.findall(r"^[0-9A-Z]{4}-[0-9A-Z]{4}$", text, re.M)
        purpose = kind.removesuffix("_code")
        assert shown == ([code(purpose, to)] if kind.endswith("_code") else [])
        if shown:
            assert "good for 10 minutes" in text
            assert shown[0] not in m.log() and shown[0].replace("-", "") not in m.log()
            assert shown[0] not in mail["Subject"]
        assert (UA in text) == (kind in ("password_changed", "refresh_reused"))  # strangers choose their own
    sent = m.events("letter_sent")
    assert {line["id"] for line in sent} == set(ids.values())
    assert {line["attempts"] for line in sent} <= {1, "1"}
    assert "example.org" not in m.log().lower()
    assert m.stop() == 0


def test_what_is_not_sent(servers, mailer):
    m = mailer().start()
    gone = servers.put("recovery_code", user="6f1c3b60-9d2e-4f61-8a55-0c5f6f4c2a11")
    inactive = servers.put("recovery_code", user=servers.user("b@example.org", "bob", active=False))
    none = servers.sql("INSERT INTO outbox (letter) VALUES ('none') RETURNING id")[0][0]
    late = servers.put("registration_code", "late@example.org", lives="-1 s")
    odd = servers.put("already_registered", "odd@example.org\r\nRCPT TO:<eve@example.org>")
    long = servers.put("already_registered", "a" * 5000 + "@example.org")
    nonce = servers.put("registration_code", "n@example.org", nonce="a" * 5000)
    rows = wait_until(lambda: (rows := servers.rows()) and {gone, inactive, none}.isdisjoint(rows)
                      and all(row[0] != "waiting" for row in rows.values()) and rows)
    assert {i: row[0] for i, row in rows.items()} == {
        late: "expired", odd: "dead", long: "dead", nonce: "dead"}
    assert all(row[3] for row in rows.values())
    assert servers.mails() == []
    assert {line["id"] for line in m.events("letter_dead")} == {odd, long, nonce}
    assert {line["id"] for line in m.events("letter_expired")} == {late}
    assert m.stop() == 0


def test_refusals(servers, mailer):
    m = mailer().start()
    at_rcpt = servers.put("already_registered", "a+refuse550@example.org")
    at_data = servers.put("already_registered", "a+data550@example.org")
    thrice = servers.put("already_registered", "a+later451x2@example.org")
    good = servers.put("already_registered", "good@example.org")
    always = [servers.put("already_registered", f"a+{word}@example.org")
              for word in ("later451", "data451", "drop")]
    wait_until(lambda: {thrice, good}.isdisjoint(servers.rows()), 15)
    wait_until(lambda: all(servers.rows()[i][1] >= 2 for i in always))
    rows = servers.rows()
    assert rows[at_rcpt][:2] == ("dead", 1) and rows[at_rcpt][2].startswith("recipient 550: 5.1.1 ")
    assert rows[at_data][:2] == ("dead", 1) and rows[at_data][2].startswith("message 550: 5.7.1 ")
    assert all(rows[i][0] == "waiting" and rows[i][2] for i in always)
    assert len(servers.to("a+later451x2@example.org")) == 1
    assert [int(line["attempts"]) for line in m.events("letter_retry") if line["id"] == thrice] == [1, 2]
    assert "example.org" not in m.log()
    assert m.stop() == 0


def test_given_up(servers, mailer):
    m = mailer(give_up_h=1).start()
    old = "UPDATE outbox SET created_at = now() - interval '2 h'"
    failed = servers.put("already_registered", "a+later451@example.org")
    servers.sql(old)
    row = wait_until(lambda: (row := servers.rows()[failed])[0] == "dead" and row)
    assert row[2].startswith("recipient 451")
    # one whose deliverers always died, and one brought back by hand
    died = servers.sql("INSERT INTO outbox (letter, address, created_at, claimed_until, attempts)"
                       " VALUES ('already_registered', 'b@example.org', now() - interval '2 h',"
                       " now() - interval '1 s', 7) RETURNING id")[0][0]
    wait_until(lambda: servers.rows()[died][:3] == ("dead", 8, "given up"))
    servers.sql("UPDATE outbox SET state = 'waiting', ended_at = NULL, due_at = now()"
                " WHERE id = %s", died)
    servers.sql("NOTIFY outbox")
    wait_until(lambda: died not in servers.rows() and servers.to("b@example.org"))
    assert m.stop() == 0


def test_one_bad_recipient_stalls_nobody(servers, mailer):
    m = mailer(timeout_s=20).start().ready()
    for _ in range(20):
        servers.put("already_registered", "a+slow20@example.org")
    time.sleep(1)
    assert [row[1] for row in servers.rows().values()].count(1) == 1
    for i in range(20):
        servers.put("already_registered", f"good{i}@example.org")
    wait_until(lambda: len(servers.rows()) == 20, 5)
    m.stop()


def test_many_at_once(servers, mailer):
    m = mailer()
    servers.sql("INSERT INTO outbox (letter, address)"
                " SELECT 'already_registered', 'u' || n || '@example.org'"
                " FROM generate_series(1, 500) AS n")
    began = time.monotonic()
    m.start()
    wait_until(lambda: not servers.rows(), 30)
    took = time.monotonic() - began
    print(f"500 letters in {took:.1f} s")
    mails = servers.mails()
    assert len(mails) == len({mail["Message-ID"] for mail in mails}) == 500
    assert m.stop() == 0


def test_many_slow_retries_leave_room_for_the_new(servers, mailer):
    m = mailer(timeout_s=20)
    for i in range(8):
        servers.put("already_registered", f"a{i}+slow20@example.org")
    servers.sql("UPDATE outbox SET attempts = 1")
    m.start().ready()
    time.sleep(0.5)
    servers.put("already_registered", "good@example.org")
    wait_until(lambda: servers.to("good@example.org"), 2)
    m.stop()


def test_mail_server_down_and_back(servers, mailer):
    m = mailer().start().ready()
    servers.stop_catcher()
    for i in range(10):
        servers.put("already_registered", f"u{i}@example.org")
    wait_until(lambda: all(row[1] >= 2 for row in servers.rows().values()))
    assert "refused" in m.events("letter_retry")[0]["reason"]
    servers.start_catcher()
    drained(servers)
    assert len(servers.mails()) == 10
    assert m.stop() == 0


def drip(server, stop):
    """Sends a greeting one byte in a while, for ever."""
    server.settimeout(0.1)
    held = []
    while not stop.is_set():
        try:
            held.append(server.accept()[0])
        except TimeoutError:
            pass
        for one in held:
            try:
                one.send(b"2")
            except OSError:
                pass


def test_a_dripping_server_ends_at_the_deadline(servers, mailer):
    server, stop = socket.create_server(("127.0.0.1", 0)), threading.Event()
    thread = threading.Thread(target=drip, args=(server, stop))
    thread.start()
    try:
        m = mailer(port=server.getsockname()[1], timeout_s=2, deliverers=1).start()
        row = servers.put("already_registered", "a@example.org")
        began = time.monotonic()
        line = wait_until(lambda: m.events("letter_retry"), 6)[0]
        assert 1.5 < time.monotonic() - began < 4
        assert line["id"] == row and "2 s" in line["reason"]
    finally:
        stop.set()
        thread.join()
        server.close()
    m.stop()


def test_database_restarts(servers, mailer):
    m = mailer().start().ready()
    servers.put("already_registered", "a@example.org")
    drained(servers)
    servers.pg("stop")
    time.sleep(1.5)
    assert m.process.poll() is None
    servers.pg("start")
    servers.restart_sql()
    servers.put("already_registered", "b@example.org")
    wait_until(lambda: servers.to("b@example.org"), 2.5)
    drained(servers)
    # hung, with letters on their way
    for i in range(20):
        servers.put("already_registered", f"u{i}+slow1@example.org")
    time.sleep(0.5)
    servers.pg("pause")
    time.sleep(3)
    servers.pg("resume")
    drained(servers)
    assert len(servers.mails()) == 22  # none twice: written down as soon as that was possible
    assert m.stop() == 0


def test_starts_before_its_database(servers, mailer):
    servers.put("already_registered", "a@example.org")
    servers.pg("stop")
    m = mailer().start().ready()
    time.sleep(0.5)
    servers.pg("start")
    servers.restart_sql()
    drained(servers)
    assert m.stop() == 0


def test_killed_at_random(servers, mailer):
    m = mailer(timeout_s=3)
    chance = random.Random(7)
    wanted, began = set(), time.monotonic()
    for round_ in range(12):
        m.start()
        for i in range(10):
            address = f"r{round_}.{i}{chance.choice(['', '', '+slow1', '+later451x1'])}@example.org"
            servers.put("already_registered", address)
            wanted.add(address)
        time.sleep(chance.uniform(0.05, 0.6))
        m.process.kill()
        m.process.wait()
    m.start()
    # what was on its way is free when its lease (3 + 15 s) is over
    wait_until(lambda: not servers.rows(), 40, "an empty outbox")
    mails = servers.mails()
    assert {mail["X-RcptTo"] for mail in mails} == wanted
    ids = {mail["X-RcptTo"]: set() for mail in mails}
    for mail in mails:
        ids[mail["X-RcptTo"]].add(mail["Message-ID"])
    assert all(len(of) == 1 for of in ids.values())
    print(f"{len(mails) - len(wanted)} copies of {len(wanted)}, {time.monotonic() - began:.0f} s")
    assert m.stop() == 0


def children(pid):
    return [int(p) for p in subprocess.run(["pgrep", "-P", str(pid)], capture_output=True,
                                           text=True).stdout.split()]


def test_killed_deliverers_are_replaced(servers, mailer):
    m = mailer().start().ready()
    wait_until(lambda: len(children(m.process.pid)) == 4)
    for _ in range(3):
        before = set(children(m.process.pid))
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: len(set(children(m.process.pid)) - before) == 4, 2)
    servers.put("already_registered", "a@example.org")
    drained(servers)
    assert m.stop() == 0


def test_stop_finishes_the_letter_in_hand(servers, mailer):
    m = mailer().start().ready()
    servers.put("already_registered", "a+slow2@example.org")
    wait_until(lambda: [row for row in servers.rows().values() if row[1]])
    time.sleep(0.2)
    began = time.monotonic()
    assert m.stop() == 0
    assert time.monotonic() - began > 1
    assert servers.rows() == {} and len(servers.mails()) == 1


def test_stop_is_bounded(servers, mailer):
    m = mailer(timeout_s=30).start().ready()
    servers.put("already_registered", "a+slow25@example.org")
    wait_until(lambda: [row for row in servers.rows().values() if row[1]])
    began = time.monotonic()
    assert m.stop(signal.SIGINT) == 0
    assert 2 < time.monotonic() - began < 5  # drain_timeout_s is 3
    assert len(servers.rows()) == 1


def test_reload(servers, mailer):
    m = mailer(deliverers=2).start().ready()
    m.configure(deliverers=3, **{"from": "other@auth.example.org"})
    m.process.send_signal(signal.SIGHUP)
    wait_until(lambda: m.events("reloaded") and len(children(m.process.pid)) == 3)
    servers.put("already_registered", "a@example.org")
    drained(servers)
    assert servers.mails()[0]["X-MailFrom"] == "other@auth.example.org"
    bad = {"letter_dir": "/nonexistent", "from": "nobody", "host": "::1", "deliverers": "many"}
    for n, (key, value) in enumerate(bad.items(), 1):
        good = m.settings[key]
        m.configure(**{key: value})
        m.process.send_signal(signal.SIGHUP)
        refused = wait_until(lambda: len(found := m.events("reload_refused")) == n and found)
        assert str(value) in refused[-1]["why"] or "mail." + key in refused[-1]["why"]
        m.settings[key] = good
    servers.put("already_registered", "b@example.org")
    drained(servers)
    assert m.stop() == 0


def test_reload_ends_one_that_cannot_write_it_down(servers, mailer):
    m = mailer(timeout_s=2, deliverers=1).start().ready()
    servers.put("already_registered", "a+slow1@example.org")
    wait_until(lambda: [row for row in servers.rows().values() if row[1]])
    (old,) = children(m.process.pid)
    servers.pg("pause")
    try:
        wait_until(servers.mails)
        m.process.send_signal(signal.SIGHUP)
        wait_until(lambda: m.events("reloaded"))
        wait_until(lambda: old not in children(m.process.pid), 8)  # 2 s for the mail server, 3 for the database
    finally:
        servers.pg("resume")
    servers.sql("UPDATE outbox SET claimed_until = now(), due_at = now()")  # as once its lease is over
    servers.sql("NOTIFY outbox")
    drained(servers)
    assert m.stop() == 0


def test_start_refused(servers, mailer):
    m = mailer(**{"from": "nobody"}).start()
    assert m.process.wait(5) == 1
    assert "mail.from" in m.events("configuration_refused")[0]["why"]


def test_new_keys(servers, mailer):
    other = bytes(range(1, 33))
    m = mailer().start().ready()
    row = servers.put("registration_code", "a@example.org", kid="c2")
    wait_until(lambda: servers.rows()[row][1] >= 1)
    assert servers.mails() == []
    m.write_keys({"c1": SECRET, "c2": other})
    drained(servers)
    assert code("registration", "a@example.org", secret=other) in servers.mails()[0].get_content()
    assert m.stop() == 0


# the adapter, through the mailer

class Strict:
    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((session.ssl is not None, getattr(session, "authenticated", False),
                           envelope.rcpt_tos))
        return "250 OK"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tls")
    name = socket.gethostname()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", directory / "key.pem",
                    "-out", directory / "cert.pem", "-days", "2", "-subj", "/CN=x", "-addext",
                    f"subjectAltName=DNS:{name}"], check=True, capture_output=True)
    return directory


@pytest.fixture
def smtp(certificate):
    running = []

    def start(host="127.0.0.1", tls=True, password="vNq7pX2LrT", **options):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
        from aiosmtpd.smtp import AuthResult
        controller = Controller(
            Strict(), hostname=host, port=free_port(), tls_context=context if tls else None,
            authenticator=lambda s, session, e, mechanism, data: AuthResult(
                handled=False,
                success=data.login == b"me" and data.password == password.encode()),
            auth_exclude_mechanism=[], **options)
        controller.start()
        running.append(controller)
        return controller

    yield start
    for one in running:
        one.stop()


def outcome(servers, m, seconds=6):
    """What became of one letter: `sent`, or the reason."""
    servers.put("already_registered", "a@example.org")
    m.start()
    wait_until(lambda: m.events("letter_sent") or m.events("letter_retry") or
               m.events("letter_dead"), seconds)
    m.stop()
    if m.events("letter_sent"):
        return "sent"
    return next(iter(servers.rows().values()))[2]


def remote():
    """A name of this machine that is not loopback's to libesmtp's user."""
    return socket.gethostname()


def test_tls_on_loopback_takes_any_certificate(servers, mailer, smtp):
    server = smtp(require_starttls=True)
    assert outcome(servers, mailer(port=server.port, tls="required")) == "sent"
    assert server.handler.mails[0][0]


def test_tls_required_but_not_offered(servers, mailer, smtp):
    server = smtp(tls=False)
    assert "STARTTLS not offered" in outcome(servers, mailer(port=server.port, tls="required"))
    assert server.handler.mails == []


def test_tls_elsewhere_is_verified(servers, mailer, smtp, certificate):
    server = smtp()
    m = mailer(host=remote(), port=server.port, tls="when-offered")
    assert "certificate not accepted" in outcome(servers, m)
    assert server.handler.mails == []


def test_tls_elsewhere_with_a_known_certificate(servers, mailer, smtp, certificate):
    server = smtp(require_starttls=True)
    m = mailer(host=remote(), port=server.port, tls="when-offered")
    servers.put("already_registered", "a@example.org")
    m.start(SSL_CERT_FILE=str(certificate / "cert.pem"))
    drained(servers)
    assert server.handler.mails[0][0]


@pytest.mark.parametrize("password,expected", [("vNq7pX2LrT", "sent"), ("k8ZwY4mQd1", "sender 530")])
def test_auth(servers, mailer, smtp, password, expected):
    server = smtp(auth_required=True)
    m = mailer(port=server.port, tls="required", user="me", password=password)
    assert outcome(servers, m).startswith(expected)
    assert all(mail[1] for mail in server.handler.mails)
    assert password not in m.log()
    if expected != "sent":  # no letter's fault
        assert next(iter(servers.rows().values()))[0] == "waiting"


def test_password_never_in_the_clear_elsewhere(servers, mailer, smtp):
    server = smtp(tls=False, auth_require_tls=False)
    m = mailer(host=remote(), port=server.port, tls="never", user="me", password="vNq7pX2LrT")
    assert "STARTTLS not offered" in outcome(servers, m)
    assert server.handler.mails == []


def test_nothing_is_read_from_home(servers, mailer, smtp, tmp_path):
    """A file there that libesmtp would refuse to use stops nothing."""
    server = smtp(require_starttls=True)
    for folder in (".config/libesmtp", ".authenticate", "libesmtp"):
        (tmp_path / folder / "private").mkdir(parents=True)
        for name in ("ca.pem", "private/smtp-starttls.pem"):
            (tmp_path / folder / name).write_text("rubbish")
            (tmp_path / folder / name).chmod(0o666)
    m = mailer(port=server.port, tls="required")
    servers.put("already_registered", "a@example.org")
    m.start(HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))
    drained(servers)
