"""Clients that write down every change that was acknowledged to them, and ask for each of
them afterwards."""

import contextlib
import itertools
import math
import threading
import time
from dataclasses import dataclass, field

from lib import check
from lib.http import Client
from lib.me import renew
from lib.stack import new_email, new_name, new_password

AGAIN_S = 0.05


class Lost(Exception):
    """An answer that only a lost change explains."""


@dataclass
class Said:
    at: float  # monotonic s, when the answer came
    what: str
    status: int
    ms: float


@dataclass
class Session:
    tokens: dict
    client: Client
    ended: bool = False


@dataclass
class Account:
    email: str
    username: str
    password: str
    client: Client
    id: str = None
    old_password: str = None
    role: str = None
    sessions: list = field(default_factory=list)
    changes: list = field(default_factory=list)  # when each was acknowledged

    def changed_between(self, begin, end):
        return sum(begin <= at <= end for at in self.changes)


class Ledger:
    """What `clients` threads did. With `forgives` an answer that only a lost change explains
    is not wrong: what was lost is counted afterwards."""

    def __init__(self, lk, boss, role, clients=5, forgives=False):
        self.lk, self.boss, self.role, self.forgives = lk, boss, role, forgives
        self.said, self.wrong, self.accounts = [], [], []
        self.forgotten = 0  # codes that Redis lost
        self.stop = threading.Event()
        self.rounds = itertools.count(1)
        self.round = 0
        self.threads = [threading.Thread(target=self.live, args=(way,))
                        for way in [self.life] * clients + [self.life_by_letter]]

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
            with contextlib.suppress(Lost):
                way()
            self.round = next(self.rounds)

    # one request

    def once(self, what, good, send):
        """The answer, or None where a store was down. Whatever else comes is wrong."""
        answer = send()
        self.said.append(Said(time.monotonic(), what, answer.status, answer.ms))
        if answer.status in good:
            return answer
        try:
            check.problem(answer, 503, "store_unavailable")
        except AssertionError:
            if not self.forgives:
                self.wrong.append((what, answer))
            raise Lost(what) from None
        return None

    def until(self, what, good, send, instead=()):
        """Asks until there is an answer; `instead` are what else may come of asking again
        for something that was done, though the answer was lost."""
        answer, tries = self.once(what, good, send), 1
        while answer is None:
            time.sleep(AGAIN_S)
            answer, tries = self.once(what, (*good, *instead), send), tries + 1
            assert tries < 2000, what
        return answer

    def changed(self, account):
        account.changes.append(time.monotonic())

    # what an account does

    def life(self):
        account = self.register()
        if not account:
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
        session.tokens = answer.json
        self.changed(account)

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
        account = Account(new_email(), new_name(), new_password(), self.lk.client())
        ask = lambda **body: lambda: account.client.post("/register", body)
        answer = self.once("code", (202,), ask(email=account.email))
        if answer is None:
            return
        code = self.lk.mail.wait(account.email, seconds=30).code
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
        """Asks for each acknowledged change; those that are not there."""
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
        return missing

    def missing_of(self, account):
        for session in account.sessions:
            yield from self.wrong_with(account, session)
        wanted = {account.password: 200}
        if account.old_password:
            wanted[account.old_password] = 401
        for password, status in wanted.items():
            got = self.lk.client().login(account.email, password).status
            if got != status:
                yield f"login {status}: {got}"

    def wrong_with(self, account, session):
        """The newest refresh token of a living session works, and shows the role; nothing of
        one that was ended does."""
        answer = renew(session.client, session.tokens)
        if answer.status != (401 if session.ended else 200):
            yield f"session {'ended' if session.ended else 'living'}: {answer.status}"
            return
        tokens = session.tokens if session.ended else answer.json
        path = "/auth/verify" + (f"?role={account.role}" if account.role else "")
        seen = session.client.get(path, bearer=tokens["access_token"])
        if session.ended and seen.status != 401:
            yield f"access of an ended session: {seen.status}"
        if not session.ended and (seen.status != 204 or seen.header("X-Auth-User-Id") != account.id):
            yield f"access of a living session, role {account.role}: {seen.status}"

    # figures

    def acknowledged(self, begin=0, end=math.inf):
        return sum(account.changed_between(begin, end) for account in self.accounts)

    def errors(self, since=0):
        return [said for said in self.said if said.status == 503 and said.at >= since]

    def figures(self, fault_at, back_at):
        """`fault_at`: when the store went; `back_at`: when there was one again."""
        errors = self.errors(fault_at)
        return {
            "requests": len(self.said), "acknowledged_changes": self.acknowledged(), "wrong_answers": len(self.wrong),
            "answers_503": len(errors), "store_gone_s": round(back_at - fault_at, 2),
            "errors_for_s": round(errors[-1].at - fault_at, 2) if errors else 0,
            "back_after_s": round(max(0, errors[-1].at - back_at), 2) if errors else 0,
            "worst_ms": round(max(said.ms for said in self.said)),
        }
