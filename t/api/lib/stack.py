"""A private stack, one's own or one that already runs, and what a test does with it."""

import configparser
import contextlib
import functools
import os
import socket
import subprocess
import tempfile
import uuid
from dataclasses import dataclass, field

import psycopg2
import pytest
import redis

from lib.http import Client
from lib.log import Log
from lib.mail import Mail
from lib.tokens import Keys
from lib.wait import wait_for

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
GONE = (FileNotFoundError, ProcessLookupError)  # what reading of a process in /proc may say
STACK = os.path.join(ROOT, "t", "stack", "stack")


@dataclass
class User:
    email: str
    username: str
    password: str
    id: str = None
    client: Client = None  # the address it was registered from
    token: str = field(default=None, repr=False)  # the registration token it was made with


def title(pid):
    try:
        with open(f"/proc/{pid}/comm") as file:
            return file.read()
    except GONE:
        return ""


def descendants(pid):
    """It, its children and theirs."""
    out = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(*GONE), open(f"/proc/{pid}/task/{task}/children") as file:
            for child in file.read().split():
                out += descendants(int(child))
    return out


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def new_name(prefix="u"):
    return prefix + uuid.uuid4().hex[:14]


def new_email(prefix="m"):
    return new_name(prefix) + "@example.com"


def new_password():
    return "Quartz-%s-fjord" % uuid.uuid4().hex[:10]


class Stack:
    def __init__(self, var):
        self.var = os.path.abspath(var)
        with open(os.path.join(self.var, "env")) as file:
            self.env = dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line)
        self.port = int(self.env["PORT"])
        self.conf = configparser.ConfigParser(interpolation=None, strict=False,
                                              inline_comment_prefixes=(";",))
        self.conf.read(self.env["CONF"])
        self.mail = Mail(self.env["MAIL"])
        self.log = Log(os.path.join(self.env["LOG"], "serve.log"))
        self.redis = redis.Redis(unix_socket_path=self.env["REDIS_SOCKET"])
        self.keys = Keys(self.conf["tokens"]["key_dir"])
        self._pg = None

    @classmethod
    def start(cls, conf="", **variables):
        """`conf` is laid over the stack's own configuration; @VAR@ in it is its directory."""
        var = tempfile.mkdtemp(prefix="lk-api-", dir="/tmp")
        overlay = os.path.join(var, "overlay.conf")
        with open(overlay, "w") as file:
            file.write(os.environ.get("LATCHKEY_OVERLAY", "") + conf.replace("@VAR@", var))
        settings = dict(VAR=var, CONF=overlay, PORT=str(free_port()), BUILD=built(),
                        **variables)
        try:
            run([STACK, "up"], **settings)
        except Exception:
            run([STACK, "wipe"], VAR=var)
            raise
        return cls(var)

    def down(self):
        run([STACK, "wipe"], VAR=self.var)

    def part(self, verb, name):
        """start, stop, kill or restart of postgres, redis, catcher, serve, outside, mail or nginx."""
        run([STACK, verb, name], VAR=self.var)

    def pid(self, name):
        with open(os.path.join(self.env["PIDS"], name + ".pid")) as file:
            return int(file.read())

    def workers(self, pool="", role="serve"):
        """The pids of a role's workers, of all pools or of one."""
        with open(f"/proc/{self.pid(role)}/task/{self.pid(role)}/children") as file:
            return {int(pid) for pid in file.read().split() if pool in title(pid)}

    def path(self, *names):
        return os.path.join(self.var, *names)

    def client(self, **what):
        return Client(self.port, **what)

    # the stores, as their administrator

    def connect(self, role="ADMIN"):
        """As the superuser, or as OWNER, FAST, SLOW, MAIL, OUTSIDE."""
        connection = psycopg2.connect(self.env["PG_" + role])
        connection.autocommit = True
        return connection

    def forget(self):
        """The connection of sql(): the server is another one, and the old one may hang."""
        self._pg = None

    def sql(self, text, *values):
        """All rows (None for what gives none), as the superuser."""
        if self._pg is None or self._pg.closed:
            self._pg = self.connect()
        try:
            return self._run(text, values)
        except psycopg2.OperationalError:
            self._pg = self.connect()
            return self._run(text, values)

    def _run(self, text, values):
        with self._pg.cursor() as cursor:
            cursor.execute(text, values or None)
            return cursor.fetchall() if cursor.description else None

    def one(self, text, *values):
        (row,) = self.sql(text, *values)
        return row[0] if len(row) == 1 else row

    def posted(self, seconds=15):
        """Waits until every letter that was asked for by now has left the outbox."""
        now = self.one("SELECT now()")
        wait_for(lambda: not self.one("SELECT count(*) FROM outbox WHERE created_at <= %s "
                                      "AND state = 'waiting'", now), seconds, "the outbox is not empty")

    def ctl(self, *words, check=True):
        """latchkeyctl, with the stack's configuration."""
        return subprocess.run([os.path.join(self.env["BUILD"], "latchkeyctl"), "--config", self.env["CONF"],
                               *words],
                              capture_output=True, text=True, timeout=30, check=check, cwd=ROOT)

    # the journeys

    def ask_code(self, email, client=None, path="/register", n=1):
        client = client or self.client()
        answer = client.post(path, {"email": email})
        assert answer.status == 202, answer
        return self.mail.wait(email, n).code

    def token(self, email, client=None, path="/register", n=1):
        """Steps 1 and 2 of registration, or of recovery."""
        client = client or self.client()
        name = "registration_code" if path == "/register" else "confirmation_code"
        code = self.ask_code(email, client, path, n)
        answer = client.post(path, {"email": email, name: code})
        assert answer.status == 200, answer
        return answer.json["token"]

    def register(self, client=None, email=None, username=None, password=None):
        client = client or self.client()
        user = User(email or new_email(), username or new_name(), password or new_password(), client=client)
        user.token = self.token(user.email, client)
        answer = served(lambda: client.post("/register", {"token": user.token, "username": user.username,
                                                          "password": user.password}))
        assert answer.status == 201, answer
        user.id = answer.json["id"]
        return user

    def login(self, user, client=None):
        answer = served(lambda: (client or user.client).login(user.username, user.password))
        assert answer.status == 200, answer
        return answer.json


def served(ask):
    """The answer, asked for again as long as the machine has more to do than it can: nothing was done then."""
    answers = []

    def once():
        answers.append(ask())
        return answers[-1].status != 503 or answers[-1].code != "overloaded"
    wait_for(once, 30, "it is always overloaded")
    return answers[-1]


@functools.cache
def built():
    """The directory of the programs, made once; BUILD as for make."""
    build = os.path.abspath(os.path.join(ROOT, os.environ.get("BUILD", "build")))
    if "LATCHKEY_BUILT" not in os.environ:
        run(["make", "-s", "-C", ROOT, "all", "BUILD=" + os.path.relpath(build, ROOT)])
    return build


def run(command, **variables):
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=300, env={**environment, **variables})
    assert done.returncode == 0, f"{variables} {' '.join(command)}\n{done.stdout[-6000:]}"


def own_stack(conf="", **variables):
    """`lk = own_stack("[limits]…")` gives a module a stack of its own in place of the
    common one."""

    @pytest.fixture(scope="module", name="lk")
    def lk_of_module():
        stack = Stack.start(conf, **variables)
        yield stack
        stack.down()

    return lk_of_module
