"""The service with so many users, one session and one line of history each, and what is asked
of it: by 256 of them in turn, spread evenly over all."""

import base64
import json
import time
import uuid

from argon2 import PasswordHasher

from lib import tokens
from lib.machine import machine, new_role
from measure.subject import Subject

SPREAD = 256
UNSEEN = 8192  # app/token_cache.c has 1024 places
ACCESS_S = 600
UNSEEN_TOKENS = "GET /auth/verify, tokens not seen before"
PASSWORD = "a horse, a stapler"
PHC = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1).hash(PASSWORD)  # the default cost

# Foreign keys are not looked at row by row: what is loaded here is right.
FILL = """
SET session_replication_role = replica;
INSERT INTO users (email, email_key, email_verified, username, username_key, password_hash, roles)
SELECT e || '@example.com', e || '@example.com', true, e, e, %(hash)s, %(roles)s
  FROM (SELECT 'bench' || n FROM generate_series(1, %(n)s) AS n) AS g (e);
INSERT INTO user_roles SELECT id, %(role)s FROM users WHERE username_key LIKE 'bench%%';
INSERT INTO sessions (user_id, epoch, method, user_agent, ip, expires_at)
SELECT id, epoch, 'password', 'bench', '127.0.0.1', now() + interval '90 days'
  FROM users WHERE username_key LIKE 'bench%%';
INSERT INTO login_history (user_id, user_agent, ip, device_type, method, success)
SELECT id, 'bench', '127.0.0.1', 'pc', 'password', true FROM users WHERE username_key LIKE 'bench%%';
RESET session_replication_role;
"""

ASKED = """
SELECT u.id::text, u.username, s.id::text, s.gen FROM users u JOIN sessions s ON s.user_id = u.id
 WHERE u.username_key = ANY (%s) AND s.user_agent = 'bench' AND s.ended_at IS NULL
"""


def basic(name, password=PASSWORD):
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def stores(lk):
    return {"PostgreSQL": [lk.pid("postgres")], "Redis": [lk.pid("redis")]}


class Ours:
    """`url` is where nginx has it; `label` distinguishes one of several."""

    def __init__(self, lk, url, users, label=""):
        self.lk, self.url, self.users, self.label = lk, url, users, label
        boss = machine(lk, "create:roles", "validate:roles")
        self._machine, self._role = boss.token, new_role(boss)
        self._fill()
        self._signers = {"access": (tokens.ecdsa_sign, lk.keys.private("access")),
                         "refresh": (tokens.hmac_sign, lk.keys.secret("refresh"))}
        self._models = {"refresh": ({"alg": "HS256", "typ": "JWT", "kid": lk.keys.kid("refresh")},
                                    {"iss": lk.env["URL"], "aud": "latchkey:refresh", "token_use": "refresh"})}
        self._models["access"] = tokens.parts(self._first_access())
        self._access_tokens, self._renew_at = [], 0

    def _fill(self):
        lk, role = self.lk, self._role
        with lk.connect() as connection, connection.cursor() as cursor:
            cursor.execute(FILL, {"n": self.users, "roles": [role["name"]], "role": role["id"], "hash": PHC})
        lk.sql("VACUUM ANALYZE")
        lk.sql("CHECKPOINT")

    def _first_access(self):
        """As the service writes it: the model of all others."""
        bearer = next(self._signed("refresh", self._asked()))[0]
        answer = self.lk.client().get("/token", bearer=bearer.removeprefix("Bearer "))
        assert answer.status == 200, answer
        return answer.json["access_token"]

    def _asked(self):
        step = self.users // SPREAD
        return self.lk.sql(ASKED, [f"bench{n * step}" for n in range(1, SPREAD + 1)])

    def _signed(self, use, rows):
        """Bearers of those sessions, as the service itself would write them now."""
        header, body = self._models[use]
        now, head = int(time.time()), tokens.b64(json.dumps(header))
        for user, _, session, gen in rows:
            own = {"sub": user, "sid": session, "jti": str(uuid.uuid4()), "iat": now, "nbf": now, "exp": now + ACCESS_S,
                   **({"gen": gen} if use == "refresh" else {"roles": [self._role["name"]]})}
            data = head + "." + tokens.b64(json.dumps({**body, **own}))
            sign, key = self._signers[use]
            yield f"Bearer {data}.{tokens.b64(sign(key, data))}", "", ""

    def _refresh(self):
        return list(self._signed("refresh", self._asked()))

    def _access(self):
        """The same ones for a while, as clients use them: they have been seen before."""
        now = time.monotonic()
        if now > self._renew_at:
            self._access_tokens, self._renew_at = list(self._signed("access", self._asked())), now + ACCESS_S / 2
        return self._access_tokens

    def _unseen(self):
        """So many that each worker has forgotten one before it comes again."""
        return [token for _ in range(UNSEEN // SPREAD) for token in self._signed("access", self._asked())]

    def _role_checks(self):
        return [("Bearer " + self._machine, f"/api/v1/users/{user}/roles/{self._role['id']}", "")
                for user, *_ in self._asked()]

    def _logins(self):
        return [(basic(f"{name}@example.com"), "", "") for _, name, *_ in self._asked()]

    @staticmethod
    def _registrations():
        tag = uuid.uuid4().hex[:10]
        return [("", "", json.dumps({"email": f"r{n}.{tag}@example.com", "username": f"r{n}.{tag}", "password": PASSWORD}))
                for n in range(8000)]

    def roots(self):
        return [self.lk.pid(name) for name in ("serve", "outside", "mail")]

    def parts(self, nginx):
        """Whose processor time a request takes."""
        return {"latchkeyd": self.roots(), "nginx": [nginx], **stores(self.lk)}

    def subjects(self, nginx):
        """By name; `nginx` is the pid of the one at `url`."""
        make = lambda name, path, **what: Subject(name + self.label, self.url + path, parts=lambda: self.parts(nginx), **what)
        every = (
            make("GET /health/live", "/health/live"),
            make("GET /auth/verify", "/auth/verify", requests=self._access),
            make(UNSEEN_TOKENS, "/auth/verify", requests=self._unseen),
            make("GET /token", "/token", requests=self._refresh),
            make("POST /auth/refresh", "/auth/refresh", requests=self._refresh, method="POST", rotate=True),
            make("HEAD /users/{}/roles/{}", "/", requests=self._role_checks, method="HEAD"),
            make("GET /users/me", "/users/me", requests=self._access),
            make("GET /users/me/login-history", "/users/me/login-history", requests=self._access),
            make("POST /login", "/login", requests=self._logins, method="POST"),
            make("POST /auth/register", "/auth/register", requests=self._registrations, method="POST"))
        return {subject.name.removesuffix(self.label): subject for subject in every}
