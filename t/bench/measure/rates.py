"""What is served in a second by one stack: floors, ours and peers, in turn; and by how many
connections, beside a flood of logins, and with how many workers."""

import os
import subprocess

from lib.wait import wait_for
from measure.subject import BARE, FIXED, FLOOD, LIVE, LOGIN, Subject, alternately, tell
from measure.usage import cpu_seconds, workers
from measure.verdict import OF_LIVE

BESIDE_LIVE = (BARE, *(name for name, _ in OF_LIVE))
SWEPT = ("GET /health/live", "GET /auth/verify", "GET /token", "POST /auth/refresh", "POST /login")
HASHES = ("hash_kept", "hash_ours")


def hash_rate(lk, program, seconds):
    """Hashes a second of all cores at the same time."""
    command = [os.path.join(lk.env["BUILD"], "t/bench", program), str(seconds)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(os.cpu_count())]
    return sum(float(process.communicate()[0]) for process in running)


def floors(bench):
    return [Subject(FIXED, bench.front.url + "/fixed"), Subject(BARE, bench.front.url + "/bare")]


def in_turn(bench):
    """All subjects, each of the peers' next to ours of the same name: what is compared is near in time."""
    theirs = [peer.subjects() for peer in bench.peers]
    for subject in (*floors(bench), *bench.asked.values()):
        yield subject
        yield from (of[subject.name] for of in theirs if subject.name in of)


def one_round(bench, rates, hashes):
    """A machine that others share changes within minutes: F is measured again before and after
    whatever is compared with it, and the hash around the login."""
    live = bench.asked[LIVE]
    before = live.measure(bench.plan.turn)
    for subject in in_turn(bench):
        if subject is live:
            continue
        if subject.name == LOGIN:
            hashes["hash_kept"].append(hash_rate(bench.lk, "hash_kept", bench.plan.turn))
        got = subject.measure(bench.plan.turn)
        tell(subject.name, got)
        rates.setdefault(subject.name, []).append(got)
        if subject.name == LOGIN:
            hashes["hash_ours"].append(hash_rate(bench.lk, "hash_ours", bench.plan.turn))
        if subject.name in BESIDE_LIVE:
            rates.setdefault(LIVE, []).append(before)
            after = live.measure(bench.plan.turn)
            got["beside"] = (before["rate"] + after["rate"]) / 2
            before = after
    tell(LIVE, before)


def one_run(bench):
    rates, hashes = {}, {name: [] for name in HASHES}
    for _ in range(bench.plan.rounds):
        one_round(bench, rates, hashes)
        bench.trim_logs()
    return {"rates": rates, "hashes": hashes}


def by_connections(bench):
    found = {}
    for n in bench.plan.concurrency:
        print(f"{n} connections")
        for name, got in alternately([*floors(bench), *bench.asked.values()], 1, bench.plan.short, n).items():
            found.setdefault(name, {})[n] = got
        bench.trim_logs()
    return {"connections": found}


def beside_flood(bench):
    """/auth/verify alone, and while others sign in."""
    verify, login, slow = bench.asked["GET /auth/verify"], bench.asked[LOGIN], workers(bench.lk, "slow")
    found = {"alone": [], "beside": []}
    for _ in range(max(bench.plan.rounds, 2)):
        found["alone"].append(verify.measure(bench.plan.seconds))
        before = sum(cpu_seconds(slow).values())
        flood = login.start(bench.plan.seconds + 60, FLOOD)
        try:
            wait_for(lambda: sum(cpu_seconds(slow).values()) > before + 0.05, 60, "nobody hashes")
            found["beside"].append(verify.start(bench.plan.seconds).result())
        finally:
            flood.stop()
        print(f"verify p99 {found['alone'][-1]['p99']:.1f} ms alone, {found['beside'][-1]['p99']:.1f} ms beside logins")
    return {"flood": found}


def by_workers(bench):
    found = {}
    for n in bench.plan.workers:
        print(f"{n} workers in each pool")
        with bench.configured(f"[server]\nfast_workers = {n}\nslow_workers = {n}\n"):
            found[n] = alternately([bench.asked[name] for name in SWEPT], 1, bench.plan.short)
    return {"workers": found, "cores": os.cpu_count()}
