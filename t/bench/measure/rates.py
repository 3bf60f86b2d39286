"""What is served in a second by one stack: floors, ours and peers, in turn; and by how many
connections, beside a flood of logins, and with how many workers."""

import os
import subprocess

from lib.wait import wait_for
from measure.subject import Subject, alternately
from measure.usage import cpu_seconds, pss_kib, workers

FIXED, BARE = "nginx, fixed answer", "bare FastCGI worker"
SWEPT = ("GET /health/live", "GET /auth/verify", "GET /token", "POST /auth/refresh", "POST /login")
HASHES = ("hash_kept", "hash_ours")
FLOOD = 16  # connections
SAMPLES = 200  # of memory: half a second


def hash_rate(lk, program, seconds):
    """Hashes a second of all cores at the same time."""
    command = [os.path.join(lk.env["BUILD"], "t/bench", program), str(seconds)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(os.cpu_count())]
    return sum(float(process.communicate()[0]) for process in running)


def floors(bench):
    return [Subject(FIXED, bench.front.url + "/fixed"), Subject(BARE, bench.front.url + "/bare")]


def one_run(bench):
    every = [*floors(bench), *bench.asked.values()] + [each for peer in bench.peers for each in peer.subjects().values()]
    rates, hashes = {}, {name: [] for name in HASHES}
    for _ in range(bench.plan.rounds):
        for name in HASHES:
            hashes[name].append(hash_rate(bench.lk, name, bench.plan.seconds))
        for name, got in alternately(every, 1, bench.plan.seconds).items():
            rates.setdefault(name, []).extend(got)
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
    """/auth/verify alone, and while others sign in; and the slow workers' memory then."""
    verify, login, slow = bench.asked["GET /auth/verify"], bench.asked["POST /login"], workers(bench.lk, "slow")
    found = {"alone": [], "beside": [], "slow_workers": len(slow), "slow_hashing_kib": 0}
    for _ in range(max(bench.plan.rounds, 2)):
        found["alone"].append(verify.measure(bench.plan.seconds))
        before = sum(cpu_seconds(slow).values())
        flood = login.start(bench.plan.seconds + 60, FLOOD)
        try:
            wait_for(lambda: sum(cpu_seconds(slow).values()) > before + 0.05, 60, "nobody hashes")
            found["slow_hashing_kib"] = max(found["slow_hashing_kib"], *(pss_kib(slow) for _ in range(SAMPLES)))
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
