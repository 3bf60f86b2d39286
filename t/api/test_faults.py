"""Each store, the mailer, the mail server and workers stopped, hung, killed: 503 or an
untouched answer, never a wrong one, and back by themselves."""

import contextlib
import os
import signal
import threading
import time

import pytest

from lib import check
from lib.fault import hung, stopped
from lib.stack import new_email, new_name, new_password, own_stack
from lib.tokens import parts
from lib.wait import wait_for

lk = own_stack("[server]\nfast_workers = 3\nslow_workers = 2\nrequest_timeout_s = 2\n")

QUICK_MS, DEADLINE_MS, BACK_S = 1000, 2500, 3


@pytest.fixture(autouse=True)
def healthy(lk):
    ready = lambda: lk.client().get("/health/ready").status == 200
    wait_for(ready, 10, "not ready before the test")
    yield
    wait_for(ready, 10, "not ready after the test")
    lk.posted(20)


@pytest.fixture(scope="module")
def somebody(lk):
    user = lk.register()
    return user, lk.login(user)


def down(answer, most_ms=QUICK_MS):
    check.problem(answer, 503, "store_unavailable")
    assert answer.header("Retry-After") == "1" and answer.ms < most_ms, answer


def back(send, status, seconds=BACK_S):
    return wait_for(lambda: (a := send()).status == status and a, seconds, f"no {status} again")


# PostgreSQL

@pytest.mark.parametrize("verb", ["stop", "kill"])
def test_postgres_down(lk, somebody, verb):
    user, tokens = somebody
    c, email = lk.client(), new_email()
    registration = lk.token(new_email())
    with stopped(lk, "postgres", verb):
        for _ in range(3):
            down(c.get("/users/me", bearer=tokens["access_token"]))
            down(c.get("/auth/verify", bearer=tokens["access_token"]))
            down(c.post("/token", bearer=tokens["refresh_token"]))
            down(user.client.login(user.username, user.password))
            down(c.post("/register", {"email": email}))
            down(c.post("/password", {"email": user.email}))
            down(c.post("/register", {"token": registration, "username": new_name("f"),
                                      "password": new_password()}))
        assert c.get("/health/live").status == 200
        assert c.get("/.well-known/jwks.json").status == 200
        assert c.get("/users/me").status == 401
        check.invalid(c.post("/register", {"email": "bad"}), "email")
        ready = c.get("/health/ready")
        assert ready.status == 503 and b"postgres" in ready.body.lower(), ready
        assert b"redis" not in ready.body.lower().replace(b'"redis":"ok"', b""), ready
    back(lambda: c.get("/users/me", bearer=tokens["access_token"]), 200)
    back(lambda: c.post("/token", bearer=tokens["refresh_token"]), 200)
    back(lambda: lk.client().login(user.username, user.password), 200)
    # nothing half-done: the throttle was given back, the token is good
    assert c.post("/register", {"email": email}).status == 202
    assert c.post("/register", {"token": registration, "username": new_name("f"),
                                "password": new_password()}).status == 201


def test_failures_of_a_store_count_as_no_attempt(lk, somebody):
    user, _ = somebody
    c = lk.client()
    with stopped(lk, "postgres"):
        for _ in range(8):
            down(c.login(user.username, user.password))
    back(lambda: c.login(user.username, user.password), 200)


def test_postgres_hung(lk, somebody):
    user, tokens = somebody
    c = lk.client()
    assert c.get("/users/me", bearer=tokens["access_token"]).status == 200
    with hung(lk, "postgres"):
        down(c.get("/users/me", bearer=tokens["access_token"]), DEADLINE_MS)
        for send in (lambda: c.get("/users/me", bearer=tokens["access_token"]),
                     lambda: c.login(user.username, user.password),
                     lambda: c.post("/register", {"email": new_email()})):
            down(send(), DEADLINE_MS)
        # the breaker answers at once; a probe now and then may wait
        times = sorted(c.get("/users/me", bearer=tokens["access_token"]).ms for _ in range(12))
        assert times[len(times) // 2] < 300, times
        assert c.get("/health/live").ms < QUICK_MS and c.get("/.well-known/jwks.json").status == 200
    back(lambda: c.get("/users/me", bearer=tokens["access_token"]), 200)
    back(lambda: c.login(user.username, user.password), 200)


def test_table_locked(lk, somebody):
    _, tokens = somebody
    c = lk.client()
    lock = lk.connect()
    lock.autocommit = False
    try:
        lock.cursor().execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        down(c.get("/users/me", bearer=tokens["access_token"]), DEADLINE_MS)
        assert c.get("/.well-known/jwks.json").status == 200 and c.get("/health/live").status == 200
    finally:
        lock.rollback()
        lock.close()
    back(lambda: c.get("/users/me", bearer=tokens["access_token"]), 200)


def test_connections_cut(lk, somebody):
    """What was prepared is prepared anew."""
    user, tokens = somebody
    c = lk.client()
    for _ in range(3):
        lk.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'latchkey%%'")
        back(lambda: c.get("/users/me", bearer=tokens["access_token"]), 200, 2)
        back(lambda: c.login(user.username, user.password), 200, 2)
    statuses = {c.get("/users/me", bearer=tokens["access_token"]).status for _ in range(30)}
    assert statuses == {200}


def test_read_only(lk, somebody):
    _, tokens = somebody
    c, email = lk.client(), new_email()
    lk.sql("ALTER DATABASE latchkey SET default_transaction_read_only = on")
    lk.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'latchkey%%'")
    try:
        wait_for(lambda: c.post("/register", {"email": email}).status == 503, 3)
    finally:
        lk.sql("ALTER DATABASE latchkey RESET default_transaction_read_only")
    back(lambda: c.post("/register", {"email": email}), 202)
    back(lambda: c.get("/users/me", bearer=tokens["access_token"]), 200)


# Redis

def with_code(lk):
    """An address and its code, asked for while all was well."""
    email = new_email()
    return {"email": email, "registration_code": lk.ask_code(email)}


def without_redis(lk, user, tokens, proof, most_ms):
    """Tokens and sessions go on; what needs a counter or a code does not."""
    c = lk.client()
    assert c.get("/users/me", bearer=tokens["access_token"]).status == 200
    assert c.post("/token", bearer=tokens["refresh_token"]).status == 200
    assert c.get("/auth/verify", bearer=tokens["access_token"]).status == 204
    assert c.get("/users/me", bearer=tokens["refresh_token"]).status == 401
    down(c.login(user.username, user.password), most_ms)
    down(c.login(user.username, "wrong"), most_ms)
    down(c.post("/register", {"email": new_email()}), most_ms)
    down(c.post("/password", {"email": user.email}), most_ms)
    down(c.post("/register", proof), most_ms)
    down(c.post("/register", {**proof, "registration_code": "00000000"}), most_ms)


def test_redis_down(lk, somebody):
    user, tokens = somebody
    c = lk.client()
    token, proof = lk.token(new_email()), with_code(lk)
    with stopped(lk, "redis"):
        without_redis(lk, user, tokens, proof, QUICK_MS)
        ready = c.get("/health/ready")
        assert ready.status == 503 and b"redis" in ready.body.lower(), ready
        made = c.post("/register", {"token": token, "username": new_name("f"), "password": new_password()})
        assert made.status == 201, made  # step 3 asks PostgreSQL only
    back(lambda: c.login(user.username, user.password), 200)
    assert c.post("/register", {"email": new_email()}).status == 202
    assert c.post("/register", proof).status == 200


def test_redis_hung(lk, somebody):
    user, tokens = somebody
    proof = with_code(lk)
    with hung(lk, "redis"):
        without_redis(lk, user, tokens, proof, DEADLINE_MS)
    back(lambda: lk.client().login(user.username, user.password), 200)


@pytest.mark.parametrize("setting, bad, good", [("maxmemory", "1", "268435456"),
                                                ("min-replicas-to-write", "1", "0")])
def test_redis_refuses_writes(lk, somebody, setting, bad, good):
    user, tokens = somebody
    proof = with_code(lk)
    lk.redis.config_set(setting, bad)
    try:
        without_redis(lk, user, tokens, proof, QUICK_MS)
    finally:
        lk.redis.config_set(setting, good)
    back(lambda: lk.client().login(user.username, user.password), 200)
    # Each worker that was refused pauses by itself (lib/call.h), and the login was no fast one's
    wait_for(lambda: all(lk.client().get("/health/ready").status == 200 for _ in range(20)), BACK_S)
    assert lk.client().post("/register", proof).status == 200


def test_redis_flushed(lk, somebody):
    user, tokens = somebody
    c, email = lk.client(), new_email()
    ended = lk.login(user)
    lk.sql("UPDATE sessions SET ended_at = now() WHERE id = %s", parts(ended["refresh_token"])[1]["sid"])
    code = lk.ask_code(email, c)
    lk.redis.flushall()
    check.problem(c.post("/register", {"email": email, "registration_code": code}), 400, "invalid_code")
    assert c.post("/register", {"email": email}).status == 202
    assert c.get("/users/me", bearer=tokens["access_token"]).status == 200
    assert c.post("/token", bearer=tokens["refresh_token"]).status == 200
    assert c.get("/users/me", bearer=ended["access_token"]).status == 401
    assert c.login(user.username, user.password).status == 200


def test_scripts_flushed(lk, somebody):
    user, _ = somebody
    for _ in range(2):
        lk.redis.script_flush()
        assert lk.client().login(user.username, user.password).status == 200
        assert lk.client().post("/register", {"email": new_email()}).status == 202


def test_redis_connections_cut(lk, somebody):
    user, _ = somebody
    lk.redis.execute_command("CLIENT", "KILL", "USER", "latchkey")
    back(lambda: lk.client().login(user.username, user.password), 200, 2)


# mail

def test_mailer_killed(lk):
    addresses = [new_email() for _ in range(6)]
    lk.part("kill", "mail")
    try:
        for address in addresses:
            assert lk.client().post("/register", {"email": address}).status == 202
    finally:
        lk.part("start", "mail")
    assert len({lk.mail.wait(address).code for address in addresses}) == 6


def test_mailer_killed_while_it_delivers(lk):
    """No letter is lost; one whose delivery was cut may come again, with the same id."""
    addresses = [f"{new_name('k')}+slow1@example.com" for _ in range(4)] + [new_email() for _ in range(8)]
    for address in addresses[:6]:
        assert lk.client().post("/register", {"email": address}).status == 202
    lk.part("kill", "mail")
    lk.part("start", "mail")
    for address in addresses[6:]:
        assert lk.client().post("/register", {"email": address}).status == 202
    # a cut delivery comes back when its lease is over
    lk.sql("UPDATE outbox SET claimed_until = now(), due_at = now() WHERE claimed_until > now()")
    lk.part("restart", "mail")
    for address in addresses:
        lk.mail.wait(address, seconds=20)
    lk.posted(20)
    for address in addresses:
        assert len({letter.parsed["Message-ID"] for letter in lk.mail.letters(address)}) == 1


def test_mail_server_down(lk):
    addresses = [new_email() for _ in range(5)]
    with stopped(lk, "catcher"):
        for address in addresses:
            answer = lk.client().post("/register", {"email": address})
            assert answer.status == 202 and answer.ms < QUICK_MS, answer
        wait_for(lambda: lk.one("SELECT bool_and(attempts > 0) FROM outbox WHERE address = ANY(%s)",
                                addresses), 8)
        assert lk.one("SELECT count(*) FROM outbox WHERE state = 'waiting' AND address = ANY(%s)",
                      addresses) == 5
    for address in addresses:
        assert lk.mail.wait(address, seconds=15).code
        assert len(lk.mail.letters(address)) == 1


def test_mail_server_hung(lk):
    address = new_email()
    with hung(lk, "catcher"):
        for _ in range(5):
            answer = lk.client().post("/register", {"email": new_email()})
            assert answer.status == 202 and answer.ms < QUICK_MS, answer
        assert lk.client().post("/register", {"email": address}).status == 202
    assert lk.mail.wait(address, seconds=15).code


def test_postgres_restarted_under_the_mailer(lk):
    lk.part("restart", "postgres")
    address = new_email()
    back(lambda: lk.client().post("/register", {"email": address}), 202)
    assert lk.mail.wait(address, seconds=10).code


# processes

def test_worker_killed_is_replaced(lk):
    """Within 100 ms; on a busy machine, at least once in three."""
    took = []
    for _ in range(3):
        before = wait_for(lambda: len(lk.workers()) == 5 and lk.workers(), 5)
        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        start = time.monotonic()
        wait_for(lambda: victim not in lk.workers() and len(lk.workers()) == 5, 3, "it is not replaced",
                 every=0.002)
        took.append(time.monotonic() - start)
        assert {lk.client().get("/users/me").status for _ in range(10)} == {401}
    assert min(took) < 0.1, took


def test_all_workers_killed(lk, somebody):
    user, tokens = somebody
    for pid in lk.workers():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    c = lk.client()
    back(lambda: c.get("/users/me", bearer=tokens["access_token"]), 200, 5)
    back(lambda: c.login(user.username, user.password), 200, 5)
    wait_for(lambda: len(lk.workers()) == 5, 10)


def test_stuck_worker_is_killed(lk, somebody):
    """Workers stopped in the middle of a request: past its deadline they are replaced."""
    _, tokens = somebody
    lock = lk.connect()
    lock.autocommit = False
    lock.cursor().execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
    answers = []
    client = lk.client()
    thread = threading.Thread(target=lambda: answers.append(client.get("/users/me",
        bearer=tokens["access_token"])))
    before = lk.workers()
    try:
        thread.start()
        wait_for(lambda: lk.one("SELECT count(*) FROM pg_locks WHERE NOT granted"), 2)
        for pid in before:
            os.kill(pid, signal.SIGSTOP)
        wait_for(lambda: before - lk.workers(), 6, "the stuck worker lives on")
        thread.join(5)
    finally:
        for pid in before:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        lock.rollback()
        lock.close()
    assert len(before - lk.workers()) == 1
    check.problem(answers[0], answers[0].status)
    assert answers[0].status in (502, 503, 504), answers


class Load:
    """Requests without end from a few threads; what is not as it should be is kept."""

    def __init__(self, lk, tokens, threads=3):
        self.lk, self.tokens, self.wrong, self.done, self.stop = lk, tokens, [], 0, threading.Event()
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]

    def run(self):
        client = self.lk.client()
        while not self.stop.is_set():
            for answer, status in ((client.get("/users/me", bearer=self.tokens["access_token"]), 200),
                                   (client.post("/token", bearer=self.tokens["refresh_token"]), 200),
                                   (client.get("/users/me"), 401)):
                self.done += 1
                if answer.status != status:
                    self.wrong.append(answer)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def test_reload_under_load(lk, somebody):
    """Each reload brings new workers; no request notices."""
    user, tokens = somebody
    with Load(lk, tokens) as load:
        for _ in range(6):
            before = lk.workers()
            os.kill(lk.pid("serve"), signal.SIGHUP)
            wait_for(lambda: not before & lk.workers() and len(lk.workers()) >= 5, 12, "no new workers")
            assert lk.client().login(user.username, user.password).status == 200
    assert load.done > 50 and load.wrong == [], (load.done, len(load.wrong), load.wrong[:3])


def test_bad_configuration_is_refused_and_the_old_kept(lk, somebody):
    _, tokens = somebody
    path = lk.path("conf.d", "zz-bad.conf")
    seen = len(lk.log.lines())
    with open(path, "w") as file:
        file.write("[tokens]\naccess_tll = 5\n")
    try:
        os.kill(lk.pid("serve"), signal.SIGHUP)
        told = wait_for(lambda: [line for line in lk.log.lines()[seen:] if "access_tll" in str(line)], 5,
                        "nothing is logged")
        assert told[0]["level"] in ("error", "warn")
        for _ in range(10):
            assert lk.client().get("/users/me", bearer=tokens["access_token"]).status == 200
    finally:
        os.unlink(path)
    before = lk.workers()
    os.kill(lk.pid("serve"), signal.SIGHUP)
    wait_for(lambda: not before & lk.workers(), 12)


def test_stop_lets_requests_finish(lk, somebody):
    """TERM while logins are hashed: each gets its answer. The stack's own sockets close
    then, so those that come later are not asked about."""
    user, _ = somebody
    lock = lk.connect()
    lock.autocommit = False
    lock.cursor().execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
    answers = []
    threads = [threading.Thread(target=lambda c=c: answers.append(c.login(user.username, user.password)))
               for c in (lk.client(), lk.client())]
    for thread in threads:
        thread.start()
    try:
        wait_for(lambda: lk.one("SELECT count(*) FROM pg_locks WHERE NOT granted") == 2, 2)
        stopper = threading.Thread(target=lk.part, args=("stop", "serve"))
        stopper.start()
        time.sleep(0.1)  # the signal is on its way; the requests still wait for the lock
    finally:
        lock.rollback()
        lock.close()
    for thread in [*threads, stopper]:
        thread.join(15)
    lk.part("start", "serve")
    assert sorted(a.status for a in answers) == [200, 200], answers
