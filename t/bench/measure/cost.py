"""Memory, and the time until it is there."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time

from lib.stack import ROOT, descendants
from lib.wait import wait_for
from measure.subject import FLOOD, LOGIN, settle
from measure.usage import pss_kib, workers

HASH_KIB = 19456  # [passwords] memory_kib
GIVEN_BACK_S = 60  # app/worker.c does it after 10
FLAT = ("GET /auth/verify", "GET /token", "POST /auth/refresh")


def pss_of(roots):
    return pss_kib([pid for root in roots for pid in descendants(root)])


def memory(bench):
    return {"ours": pss_of(bench.ours.roots()), **{peer.name: pss_of([peer.pid]) for peer in bench.peers}}


def at_rest(bench):
    """When all have answered, and ours has not hashed since its start."""
    bench.lk.part("restart", "serve")
    for each in (bench.asked, *(peer.subjects() for peer in bench.peers)):
        each["GET /auth/verify"].measure(bench.plan.short)
    return {"rest_kib": memory(bench), "processes": sum(len(descendants(root)) for root in bench.ours.roots())}


def while_hashing(subject, size, seconds):
    """The most that size() was while logins ran."""
    load, most = subject.start(seconds, FLOOD), 0
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            most = max(most, size())
    finally:
        load.stop()
    settle(subject.served_by())
    return most


def after_load(bench):
    """While people sign in; and after it, when ours has given back what hashes took. A slow worker
    does so after a while without one, and then has met every request it will meet."""
    slow, ours = workers(bench.lk, "slow"), lambda: pss_of(bench.ours.roots())
    seconds, login = bench.plan.seconds, bench.asked[LOGIN]
    busy = {"ours": while_hashing(login, ours, seconds)}
    busy |= {peer.name: while_hashing(peer.subjects()[LOGIN], lambda of=peer: pss_of([of.pid]), seconds) for peer in bench.peers}
    hashing = while_hashing(login, lambda: pss_kib(slow), seconds)
    wait_for(lambda: pss_kib(slow) < hashing - len(slow) * HASH_KIB / 2, GIVEN_BACK_S,
             "the memory of hashes is not given back", every=0.2)
    return {"busy_kib": busy, "loaded_kib": memory(bench),
            "slow_hash_kib": (hashing - pss_kib(slow)) / len(slow)}


def flat(bench):
    """The fast workers' memory after some requests, and after all; none is replaced."""
    plan, done, sizes, begin = bench.plan, 0, [], time.monotonic()
    with bench.configured("[server]\nworker_requests = 0\n"):
        fast = workers(bench.lk, "fast")
        while done < plan.flat_requests and time.monotonic() - begin < plan.flat_seconds:
            for name in FLAT:
                done += bench.asked[name].measure(plan.seconds)["requests"]
            sizes.append((done, pss_kib(fast)))
            bench.trim_logs()
        assert workers(bench.lk, "fast") == fast, "a worker was replaced"
    print(f"{done} requests, PSS of the fast workers {sizes[0][1]} kB, then {sizes[-1][1]} kB")
    return {"flat": sizes}


@contextlib.contextmanager
def served_by_us(bench):
    """latchkeyd as our child in place of the stack's, on the same sockets."""
    command = [os.path.join(bench.lk.env["BUILD"], "latchkeyd"), "serve", "--config", bench.lk.env["CONF"]]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def start(bench, times=5):
    """Seconds from exec to the first answer of /health/ready through nginx."""
    client, found = bench.front.site.client(), []
    ready = lambda: client.get("/health/ready").status == 200
    bench.lk.part("stop", "serve")
    for _ in range(times):
        begin = time.monotonic()
        with served_by_us(bench):
            wait_for(ready, 20, "it does not come up", every=0.002)
            found.append(time.monotonic() - begin)
    bench.lk.part("start", "serve")
    print(f"ready after {max(found):.3f} s at most")
    return {"start_s": found}


def first_make(bench):
    """As it is typed, and nothing built before."""
    if not bench.plan.builds:
        return {}
    build = tempfile.mkdtemp(prefix="lk-build-", dir="/tmp")
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "BUILD")}
    try:
        begin = time.monotonic()
        subprocess.run(["make", "-C", ROOT, "all", "BUILD=" + build], check=True, env=environment, stdout=subprocess.DEVNULL)
        return {"make_s": time.monotonic() - begin}
    finally:
        shutil.rmtree(build)
