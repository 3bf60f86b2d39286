"""The peer as it runs: gunicorn behind the same nginx, on a database of its own in the same
PostgreSQL and keys of its own in the same Redis; as many users as ours, asked in the same way."""

import os
import signal
from types import SimpleNamespace

import psycopg2

from lib.http import Client
from lib.site import Daemon
from measure.ours import PASSWORD, PHC, SPREAD, basic, stores
from measure.subject import Subject
from peer import models
from peer.tokens import Tokens

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
THREADS = 4

FILL = """
INSERT INTO users (id, email, username, password_hash, active, roles)
SELECT gen_random_uuid(), 'bench' || n || '@example.com', 'bench' || n, %(hash)s, true, '{}'
  FROM generate_series(1, %(n)s) AS n;
INSERT INTO sessions (id, user_id, gen, user_agent, ip) SELECT gen_random_uuid(), id, 1, 'bench', '127.0.0.1' FROM users;
INSERT INTO login_history (id, user_id, user_agent, ip, success)
SELECT gen_random_uuid(), id, 'bench', '127.0.0.1', true FROM users;
ANALYZE;
"""

ASKED = """
SELECT s.user_id::text, s.id::text, s.gen FROM users u JOIN sessions s ON s.user_id = u.id
 WHERE u.username = ANY (%(names)s) AND s.user_agent = 'bench' AND s.ended_at IS NULL
"""


class Database:
    """What all of the peer's processes share."""

    def __init__(self, lk, users):
        self._users = users
        lk.sql("CREATE DATABASE peer OWNER latchkey_owner")
        self.url = f"postgresql://latchkey_owner@/peer?host={lk.env['PG_SOCKET_DIR']}"
        self.key = next(os.path.join(lk.keys.directory, name) for name in os.listdir(lk.keys.directory)
                        if name.endswith(".pem"))
        self.tokens = Tokens(self.key)
        models.sessions(self.url)  # makes the tables
        self._run(FILL, {"n": users, "hash": PHC})

    def _run(self, statement, values):
        connection = psycopg2.connect(self.url)
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            rows = cursor.fetchall() if cursor.description else None
        connection.close()
        return rows

    def asked(self):
        step = self._users // SPREAD
        return [SimpleNamespace(user_id=user, id=session, gen=gen, roles=[]) for user, session, gen in self._run(
            ASKED, {"names": [f"bench{n * step}" for n in range(1, SPREAD + 1)]})]


class Peer(Daemon):
    def __init__(self, lk, front, database, name, workers):
        self._lk, self.name, self._database = lk, name, database
        self.url = f"{front.url}/{name}"
        self._port = front.site.port
        socket, log = front.site.path(name + ".sock"), front.site.path(name + ".log")
        settings = {"PEER_DATABASE": database.url, "PEER_REDIS": lk.env["REDIS_SOCKET"], "PEER_KEY": database.key}
        super().__init__("/usr/bin/gunicorn", "--chdir", HERE, "--bind", "unix:" + socket, "--workers", str(workers),
                         "--worker-class", "gthread", "--threads", str(THREADS), "--keep-alive", "75", "--preload",
                         "--worker-tmp-dir", "/dev/shm", "--log-file", log,
                         *(f"--env={name}={value}" for name, value in settings.items()), "peer:create_app()",
                         ready=lambda: os.path.exists(socket), log=log)

    def stop(self):
        """At once: nginx keeps its connections open, and a polite end would wait for it to close them."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(60)

    def _access(self):
        return [("Bearer " + self._database.tokens.access(row, row), "", "") for row in self._database.asked()]

    def _refresh(self):
        return [("Bearer " + self._database.tokens.refresh(row), "", "") for row in self._database.asked()]

    @staticmethod
    def _logins():
        return [(basic(f"bench{n}@example.com"), "", "") for n in range(1, SPREAD + 1)]

    def subjects(self):
        parts = lambda: {"gunicorn": [self.pid], **stores(self._lk)}
        make = lambda name, path, **what: Subject(f"{name} ({self.name})", self.url + path, parts=parts, **what)
        return {"GET /auth/verify": make("GET /auth/verify", "/auth/verify", requests=self._access),
                "POST /auth/refresh": make("POST /auth/refresh", "/auth/refresh", requests=self._refresh, method="POST",
                                           rotate=True),
                "POST /login": make("POST /login", "/login", requests=self._logins, method="POST")}

    def prove(self):
        """It answers rightly: a login, its tokens, a rotation, the reuse of a spent token."""
        client, base = Client(self._port), "/" + self.name
        ask = lambda method, path, status, **what: self._expect(client.send(method, path, base=base, **what), status)
        ask("POST", "/login", 401, basic=("bench1@example.com", "wrong"))
        first = ask("POST", "/login", 200, basic=("bench1@example.com", PASSWORD)).json
        ask("GET", "/auth/verify", 204, bearer=first["access_token"])
        ask("GET", "/auth/verify", 401, bearer=first["refresh_token"])
        second = ask("POST", "/auth/refresh", 200, bearer=first["refresh_token"]).json
        ask("GET", "/auth/verify", 204, bearer=second["access_token"])
        ask("POST", "/auth/refresh", 401, bearer=first["refresh_token"])
        ask("GET", "/auth/verify", 401, bearer=second["access_token"])
        ask("POST", "/auth/refresh", 401, bearer=second["refresh_token"])

    @staticmethod
    def _expect(answer, status):
        assert answer.status == status, answer
        return answer
