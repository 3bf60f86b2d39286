"""Clients that write down every change that was acknowledged to them, and ask for each of
them afterwards."""

import itertools
import math
import threading
import time
from dataclasses import dataclass, field

from lib import check
from lib.http import Client
from lib.machine import machine, new_role
from lib.me import gen, renew, sid
from lib.stack import new_email, new_name, new_password
from lib.wait import wait_for

AGAIN_S, AGAIN_MOST_S = 0.05, 0.25  # before asking again; nginx lets who signs in ask 5 times a second
LETTER_S = 60  # the lease of a mailer that died is waited for
# What a request may be told in place of its answer: a store is down, or a pool is full
REFUSALS = ((503, "store_unavailable"), (503, "overloaded"))
CUT = (502, "bad_gateway")  # its worker died


class Lost(Exception):
    """An answer that only a lost change explains."""


@dataclass
class Said:
    at: float  # monotonic s, when the answer came
    what: str
    status: int
    code: str  # None: no problem
    ms: float


@dataclass
class Session:
    tokens: dict = field(repr=False)
    client: Client = field(repr=False)
    ended: bool = False


@dataclass
class Account:
    email: str
    username: str
    password: str = field(repr=False)
    client: Client = field(repr=False)
    id: str = None
    old_password: str = field(default=None, repr=False)
    role: str = None
    sessions: list = field(default_factory=list)
    changes: list = field(default_factory=list)  # when each was acknowledged

    def changed_between(self, begin, end):
        return sum(begin <= at <= end for at in self.changes)


class Ledger:
    """What `clients` threads did. `may`: (status, code) that are no answers, though not wrong.
    With `forgives` an answer that only a lost change explains is not wrong: what was lost is
    counted afterwards."""

    def __init__(self, lk, boss, role, *, clients=5, letters=1, mailbox="", may=REFUSALS, forgives=False):
        self.lk, self.boss, self.role, self.may, self.forgives = lk, boss, role, may, forgives
        self.mailbox = mailbox  # what recipients ask of t/stack/catcher.py
        self.said, self.wrong, self.accounts = [], [], []
        self.missing = None  # before the audit
        self.forgotten = 0  # codes that Redis lost
        self.promised = []  # addresses to which 202 said that a letter is on its way
        self.stop = threading.Event()
        self.rounds = itertools.count(1)
        self.round = 0
        self.threads = [threading.Thread(target=self.live, args=(way,))
                        for way in [self.life] * clients + [self.life_by_letter] * letters]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def live(self, way):
        while not self.stop.is_set():
            try:
                way()
            except Lost:
                pass
            except Exception as problem:  # no answer, half of one, or not what it should hold
                self.wrong.append((way.__name__, repr(problem)[:400]))
            self.round = next(self.rounds)

    def settle(self, changes=30, seconds=60):
        """Until that many more changes have been acknowledged."""
        goal = self.acknowledged() + changes
        wait_for(lambda: self.acknowledged() >= goal or self.wrong, seconds, "the load does not go on")

    # one request

    def once(self, what, good, send):
        """The answer, or None where a store was down. Whatever else comes is wrong."""
        answer = send()
        self.said.append(Said(time.monotonic(), what, answer.status, answer.code, answer.ms))
        if answer.status in good:
            return answer
        if (answer.status, answer.code) in self.may:
            check.problem(answer, answer.status)
            return None
        if not self.forgives:
            self.wrong.append((what, answer))
        raise Lost(what)

    def until(self, what, good, send, instead=()):
        """Asks until there is an answer; `instead` are what else may come of asking again
        for something that was done, though the answer was lost."""
        answer, tries = self.once(what, good, send), 1
        while answer is None:
            time.sleep(min(AGAIN_S * tries, AGAIN_MOST_S))
            answer, tries = self.once(what, (*good, *instead), send), tries + 1
            assert tries < 2000, what
        return answer

    def changed(self, account):
        account.changes.append(time.monotonic())

    # what an account does

    def life(self):
        account = self.register()
        if not account:
            time.sleep(AGAIN_S)
            return
        first = self.login(account)
        for _ in range(2):
            self.verify(account, first)
            self.refresh(account, first)
        second = self.login(account)
        self.grant(account)
        for session in (first, second):  # an access token of before the grant is stale
            self.refresh(account, session)
            self.verify(account, session)
        self.look(account, first)
        self.logout(account, second)
        if self.round % 2:
            self.change_password(account)
            self.verify(account, self.login(account))

    def register(self):
        account = Account(new_email(), new_name(), new_password(), self.lk.client())
        made = self.once("register", (201,), lambda: account.client.post(
            "/auth/register", {"email": account.email, "username": account.username, "password": account.password}))
        return self.enlist(account, made) if made else None

    def enlist(self, account, made):
        check.user(made.json, username=account.username, email=account.email, roles=[], active=True)
        account.id = made.json["id"]
        self.changed(account)
        self.accounts.append(account)
        return account

    def login(self, account):
        answer = self.until("login", (200,), lambda: account.client.login(account.email, account.password))
        session = Session(answer.json, account.client)
        account.sessions.append(session)
        self.changed(account)
        return session

    def see(self, session, path="/auth/verify"):
        return session.client.get(path, bearer=session.tokens["access_token"])

    def verify(self, account, session):
        path = "/auth/verify" + (f"?role={account.role}" if account.role else "")
        answer = self.until("verify", (204,), lambda: self.see(session, path))
        assert answer.header("X-Auth-User-Id") == account.id, answer

    def refresh(self, account, session):
        """Where an answer is lost, the grace gives the current pair to who asks again."""
        answer = self.until("refresh", (200,), lambda: renew(session.client, session.tokens))
        assert (sid(answer.json), gen(answer.json)) == (sid(session.tokens), gen(session.tokens) + 1), account
        session.tokens = answer.json
        self.changed(account)

    def look(self, account, session):
        answer = self.until("me", (200,), lambda: self.see(session, "/users/me"))
        check.user(answer.json, id=account.id, username=account.username, email=account.email,
                   roles=[account.role] if account.role else [])

    def gone(self, session):
        self.until("verify ended", (401,), lambda: self.see(session))

    def logout(self, account, session):
        self.until("logout", (204,), lambda: session.client.post("/auth/logout", bearer=session.tokens["access_token"]),
                   instead=(401,))
        session.ended = True
        self.changed(account)
        self.gone(session)

    def change_password(self, account):
        new = new_password()
        body = {"old_password": account.password, "new_password1": new, "new_password2": new}
        session = next(s for s in account.sessions if not s.ended)
        send = lambda: session.client.post("/users/me/change-password", body, bearer=session.tokens["access_token"])
        # 401: done the first time, which ended this session
        self.until("change password", (204,), send, instead=(401,))
        account.password, account.old_password = new, account.password
        self.changed(account)
        for session in account.sessions:
            session.ended = True
        self.gone(session)

    def grant(self, account):
        self.until("grant", (201,), lambda: self.boss.send("POST", f"/users/{account.id}/roles/{self.role['id']}"),
                   instead=(200,))
        account.role = self.role["name"]
        self.changed(account)

    def life_by_letter(self):
        """Registration in three steps, with a letter between: what 202 said must arrive."""
        account = Account(f"{new_name('m')}{self.mailbox}@example.com", new_name(), new_password(), self.lk.client())
        ask = lambda **body: lambda: account.client.post("/register", body)
        answer = self.once("code", (202,), ask(email=account.email))
        if answer is None:
            return
        self.promised.append(account.email)
        code = self.lk.mail.wait(account.email, seconds=LETTER_S).code
        # 400: a Redis that fails over may have forgotten it, as one that is flushed
        answer = self.until("prove", (200, 400), ask(email=account.email, registration_code=code))
        if answer.status == 400:
            check.problem(answer, 400, "invalid_code")
            self.forgotten += 1
            return
        made = self.until("register", (201,), ask(token=answer.json["token"], username=account.username,
                                                  password=account.password))
        self.enlist(account, made)
        self.login(account)

    # afterwards

    def audit(self, workers=4):
        """Asks, once, for each acknowledged change; those that are not there."""
        if self.missing is not None:
            return self.missing
        queue, missing = iter(list(self.accounts)), []
        lock = threading.Lock()

        def work():
            while True:
                with lock:
                    account = next(queue, None)
                if account is None:
                    return
                missing.extend((account, what) for what in self.missing_of(account))

        threads = [threading.Thread(target=work) for _ in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.missing = missing
        return missing

    def asked(self, send, tries=100):
        """Refusals tell nothing of what is there."""
        answer = send()
        while (answer.status, answer.code) in REFUSALS and tries:
            time.sleep(AGAIN_S)
            answer, tries = send(), tries - 1
        return answer

    def missing_of(self, account):
        for session in account.sessions:
            yield from self.wrong_with(account, session)
        (rows,) = self.lk.sql("SELECT count(*), count(DISTINCT id) FROM users WHERE username = %s OR email = %s",
                              account.username, account.email)
        if rows != (1, 1):
            yield f"rows of the account: {rows}"
        wanted = {account.password: 200}
        if account.old_password:
            wanted[account.old_password] = 401
        for password, status in wanted.items():
            got = self.asked(lambda password=password: self.lk.client().login(account.email, password)).status
            if got != status:
                yield f"login {status}: {got}"

    def wrong_with(self, account, session):
        """The newest refresh token of a living session works, and shows the role; nothing of
        one that was ended does."""
        answer = self.asked(lambda: renew(session.client, session.tokens))
        if answer.status != (401 if session.ended else 200):
            yield f"session {'ended' if session.ended else 'living'}: {answer.status}"
            return
        tokens = session.tokens if session.ended else answer.json
        path = "/auth/verify" + (f"?role={account.role}" if account.role else "")
        seen = self.asked(lambda: session.client.get(path, bearer=tokens["access_token"]))
        if session.ended and seen.status != 401:
            yield f"access of an ended session: {seen.status}"
        if not session.ended and (seen.status != 204 or seen.header("X-Auth-User-Id") != account.id):
            yield f"access of a living session, role {account.role}: {seen.status}"

    # figures

    def errors(self, since=0):
        return [said for said in self.said if said.status >= 500 and said.at >= since]

    def acknowledged(self, begin=0, end=math.inf):
        return sum(account.changed_between(begin, end) for account in self.accounts)


def ledger_of(lk, **what):
    return Ledger(lk, machine(lk, "assign:roles"), new_role(machine(lk, "create:roles")), **what)
