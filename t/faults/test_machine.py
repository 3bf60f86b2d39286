"""The machine itself: its clock jumps; descriptors, processes, memory or disks are used up."""

import contextlib
import os
import resource
import signal
import subprocess
import tempfile
import time

import pytest

from conftest import SETTINGS
from held import held
from ledger import CUT, REFUSALS, ledger_of
from lib.me import enter, join
from lib.stack import Stack
from lib.wait import wait_for
from under import under

LEEWAY_S = 60  # JWT_LEEWAY_S of lib/jwt.h
AS_ROOT = pytest.mark.skipif(os.getuid() != 0, reason="mounts, and limits other processes")


# the clock

# Redis keeps its own time, for libfaketime and its allocator do not go together; and nginx,
# which forgets its environment. By the latter's time workers know how long a request waited.
PARTS = ("postgres", "serve", "outside", "mail")
CLOCKED = SETTINGS.replace("queue_timeout_ms = 10000", "queue_timeout_ms = 60000")


class Clock:
    """What libfaketime tells them; the monotonic clock is left alone."""

    def __init__(self, path):
        self.path = path
        self.set(0)

    def set(self, seconds):
        with open(self.path + ".new", "w") as file:
            file.write(f"{seconds:+d}s\n")
        os.rename(self.path + ".new", self.path)

    def wrap(self):
        """Words for Stack.start()."""
        (library,) = [line.split()[-1] for line in subprocess.run(
            ["dpkg", "-L", "libfaketime"], capture_output=True, text=True, check=True).stdout.splitlines()
            if line.endswith("libfaketime.so.1")]
        wrap = (f"env LD_PRELOAD={library} FAKETIME_TIMESTAMP_FILE={self.path} FAKETIME_NO_CACHE=1"
                " FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1")
        return {f"WRAP_{part}": wrap for part in PARTS}


@pytest.fixture
def clocked():
    """Nearly as if it were the host's clock."""
    with tempfile.TemporaryDirectory(prefix="lk-clock-", dir="/tmp") as directory:
        os.chmod(directory, 0o755)
        clock = Clock(os.path.join(directory, "clock"))
        stack = Stack.start(CLOCKED, **clock.wrap())
        yield stack, clock
        clock.set(0)
        stack.down()


def test_clock(clocked, table):
    """Within the leeway nobody notices. Far ahead tokens are over, far back they are not yet
    good: then 401, until the clock is right again. Who signs in meanwhile gets what is good then."""
    lk, clock = clocked
    with table.row("The clock jumps") as row:
        user = join(lk)
        session, before = enter(user), lk.workers()
        see = lambda: user.client.get("/auth/verify", bearer=session["access_token"])
        with ledger_of(lk, may=()) as ledger:
            ledger.settle(10)
            for seconds in (LEEWAY_S // 3, 0, -LEEWAY_S // 3, 0):
                clock.set(seconds)
                ledger.settle(20)
        row.ledger(ledger)
        row.exactly("failed requests within the leeway", len(ledger.errors()) + len(ledger.wrong), 0)
        answers = {}
        for seconds in (3600, 0, -3600, 0, 86400 * 400, 0, -86400 * 400, 0):
            clock.set(seconds)
            answers.setdefault(seconds, []).append(see())
        row.exactly("a token far ahead", answers[3600][0].status, 401)
        row.exactly("a token when it is over", {answer.status for answer in answers[0]}, {204})
        row.tell("a token far back", answers[-3600][0].status)
        clock.set(-86400 * 400)  # before there was a key
        then = user.client.get("/auth/verify", bearer=enter(user)["access_token"])
        clock.set(0)
        row.exactly("a token signed far back, then", then.status, 204)
        row.at_most("slowest of these", max(answer.ms for told in answers.values() for answer in told), 1000, "ms")
        row.exactly("workers that died", len(before - lk.workers()), 0)


# descriptors, processes, memory

# Soft limits with which a running process gets nothing more, and keeps what it has
NOTHING_MORE = {resource.RLIMIT_NOFILE: 3, resource.RLIMIT_AS: 4096}


@contextlib.contextmanager
def limited(pids, what):
    before = {pid: resource.prlimit(pid, what) for pid in pids}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, what, (NOTHING_MORE[what], hard))
    try:
        yield
    finally:
        for pid, old in before.items():
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(pid, what, old)


def lives_on(row, lk, ledger, supervisor):
    row.exactly("the supervisor lives", lk.pid("serve") == supervisor and os.path.exists(f"/proc/{supervisor}"), True)
    row.exactly("answers other than 502, 503", sum(said.status not in (502, 503) for said in ledger.errors()), 0)


@AS_ROOT
def test_descriptors(lk, table):
    """Half of the workers, and the supervisor, may open nothing more; then they may again."""
    with table.row("No descriptors left") as row:
        supervisor = lk.pid("serve")
        some = [*sorted(lk.workers("fast"))[:2], *sorted(lk.workers("slow"))[:1], supervisor]
        seen = len(lk.log.lines())
        ledger, _ = under(row, lk, limited(some, resource.RLIMIT_NOFILE), 4, may=(*REFUSALS, CUT))
        lives_on(row, lk, ledger, supervisor)
        row.at_least("times that a worker could open nothing", sum(
            line.get("event") == "fcgi_accept_failed" for line in lk.log.lines()[seen:]), 1)
        row.back_within(2)


@contextlib.contextmanager
def no_fork(pid, log):
    with open(log, "w") as out:
        tracer = subprocess.Popen(["strace", "-p", str(pid), "-e", "trace=fork,vfork,clone,clone3",
                                   "-e", "inject=fork,vfork,clone,clone3:error=EAGAIN"], stderr=out)

    def is_traced():
        with open(f"/proc/{pid}/status") as status:
            return f"TracerPid:\t{tracer.pid}\n" in status.read()

    try:
        wait_for(is_traced, 5, "strace does not attach")
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait(10)


@AS_ROOT
def test_fork(lk, table):
    """A worker dies, and none can be born: the others go on. It comes when that is over."""
    with table.row("No fork left") as row:
        supervisor, before = lk.pid("serve"), lk.workers()

        def kill_one():
            os.kill(min(lk.workers("fast")), signal.SIGKILL)
            refused = lambda: [line for line in lk.log.lines() if line.get("event") == "worker_not_started"]
            wait_for(refused, 5, "nothing is logged")
            return len(lk.workers())

        ledger, left = under(row, lk, no_fork(supervisor, lk.path("log", "strace.log")), 3, kill_one,
                             may=(*REFUSALS, CUT))
        row.exactly("workers left meanwhile", left, len(before) - 1)
        wait_for(lambda: len(lk.workers()) == len(before), 5, "it does not come back")
        lives_on(row, lk, ledger, supervisor)
        row.at_most("answers 502", sum(said.status == 502 for said in ledger.errors()), 1)


@pytest.fixture
def hungry():
    """Of two lanes, whose memory is not kept, and more than the 64 MiB that malloc(3) has reserved for
    each arena: every hash asks the system anew."""
    stack = Stack.start(SETTINGS.replace("memory_kib = 1024", "memory_kib = 69632\nlanes = 2"))
    yield stack
    stack.down()


@AS_ROOT
def test_memory(hungry, table):
    """There is none for another hash, and a fast worker finds none for anything."""
    lk = hungry
    with table.row("No memory left") as row:
        supervisor = lk.pid("serve")
        some = [*lk.workers("slow"), min(lk.workers("fast"))]
        ledger, _ = under(row, lk, limited(some, resource.RLIMIT_AS), 4, clients=2,
                          may=(*REFUSALS, CUT))
        lives_on(row, lk, ledger, supervisor)
        row.at_least("answers 502, 503", len(ledger.errors()), 1)
        row.back_within(2)


# disks

@contextlib.contextmanager
def small_disk(mib, path=None):
    """A file system of its own, there or at a path of its own."""
    at = path or tempfile.mkdtemp(prefix="lk-disk-", dir="/tmp")
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=755", "latchkey-test", at], check=True)
    try:
        yield at
    finally:
        subprocess.run(["umount", "--lazy", at], check=True)
        if not path:
            os.rmdir(at)


@contextlib.contextmanager
def moved_to_small_disk(lk, part, path, mib):
    """What a server has at `path`; it is stopped afterwards, for there its past is."""
    lk.part("stop", part)
    copy = path + ".copy"
    subprocess.run(["cp", "-a", path, copy], check=True)
    with small_disk(mib, path):
        subprocess.run(["cp", "-a", copy + "/.", path], check=True)
        lk.part("start", part)
        wait_for(lambda: lk.client().get("/health/ready").status == 200, 10, "not ready")
        yield
        lk.part("stop", part)


@contextlib.contextmanager
def filled(path):
    """By a file that takes what is left."""
    ballast = os.path.join(path, "ballast")
    with open(ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
    try:
        yield
    finally:
        os.unlink(ballast)


@pytest.fixture
def own():
    stack = Stack.start(SETTINGS)
    yield stack
    stack.down()


@AS_ROOT
def test_disk_of_postgres(own, table):
    """The database's files are on it; the log that it writes ahead is elsewhere: without that
    PostgreSQL ends, which is the row of a PostgreSQL that was killed."""
    base = os.path.join(own.one("SHOW data_directory"), "base")
    with table.row("Disk full under PostgreSQL") as row, moved_to_small_disk(own, "postgres", base, 96):
        ledger, _ = under(row, own, filled(base), 6)
        row.at_least("answers 503", len(ledger.errors()), 1)
        with open(f"{own.env['LOG']}/postgres.log") as log:
            row.at_least("times that PostgreSQL said it was full", log.read().count("No space left"), 1)
        row.back_within(2)


@AS_ROOT
def test_disk_of_redis(own, table):
    """Its append-only file cannot grow: it refuses writes until it can."""
    path = own.path("redis", "appendonlydir")
    with table.row("Disk full under Redis") as row, moved_to_small_disk(own, "redis", path, 4):
        ledger, _ = under(row, own, filled(path), 5)
        row.at_least("answers 503", len(ledger.errors()), 1)
        row.back_within(2)


@AS_ROOT
def test_disk_of_the_log(lk, table):
    """What cannot be written down is lost, and nothing else."""
    with table.row("Disk full under the log") as row, small_disk(1) as disk, \
            held(lk, log=os.path.join(disk, "serve.log")):
        size = lambda: os.path.getsize(os.path.join(disk, "serve.log"))

        def grown():
            before = size()
            time.sleep(3)
            return size() - before

        ledger, bytes_ = under(row, lk, filled(disk), 4, grown, may=())
        row.exactly("failed requests", len(ledger.errors()) + len(ledger.wrong), 0)
        row.at_most("logged meanwhile", bytes_, 4096, "bytes")  # what is left of a page
        before = size()
        assert lk.client().get("/users/me").status == 401
        wait_for(lambda: size() > before, 5, "it does not log again")
