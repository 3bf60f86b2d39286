"""slowhttptest: a thousand connections that send, or read, as slowly as they can; and somebody
else, from another address, who signs in and asks who he is meanwhile."""

import csv
import subprocess
import time

import pytest
from lib.me import enter, join
from lib.stack import own_stack

lk = own_stack("[server]\nqueue_timeout_ms = 20000\n")  # of a busy machine

CONNECTIONS, A_SECOND, SECONDS, REST_S = 1000, 200, 20, 10
# From first to last, and while they are held: the machine is the attacker's too, and what its
# 1000 handshakes take is in the first. But slowhttptest turns in a loop on poll(2) when it
# reads slowly and takes a whole core, which it would of its own machine: `nice`.
RATIO, HELD_RATIO, PROBE_S = 4, 2, 5
LOGIN_EVERY_S = 0.25  # nginx takes 5 a second of one client

ATTACKS = {
    "slow headers": ["-H", "-i", "3", "-x", "8", "-u", "{url}/api/v1/health/live"],
    "slow bodies": ["-B", "-i", "3", "-s", "8192", "-x", "8", "-t", "POST", "-u", "{url}/api/v1/auth/login"],
    "slow bodies at unlimited routes": ["-B", "-i", "3", "-s", "8192", "-x", "8", "-t", "GET", "-u", "{url}/api/v1/auth/verify"],
    "slow reading": ["-X", "-n", "2", "-w", "1", "-y", "16", "-z", "5", "-k", "3", "-u", "{url}/api/v1/openapi.json"],
}


class Somebody:
    """Asks one after the other, each on a connection of its own."""

    def __init__(self, lk):
        self.user = join(lk)
        self.pair = enter(self.user)

    def ask(self, until):
        """({what: [(s after the beginning, ms)]}, answers that are none)"""
        times, failed, began = {"verify": [], "login": []}, [], time.monotonic()
        due = began
        while until():
            what = "login" if time.monotonic() >= due else "verify"
            due += LOGIN_EVERY_S * (what == "login")
            try:
                answer = self.login() if what == "login" else self.verify()
            except OSError as problem:
                failed.append((what, problem))
                continue
            times[what].append((time.monotonic() - began, answer.ms))
            if answer.status != (200 if what == "login" else 204):
                failed.append((what, answer))
        return times, failed

    def verify(self):
        return self.user.client.get("/auth/verify", bearer=self.pair["access_token"])

    def login(self):
        return self.user.client.login(self.user.email, self.user.password)


def p99(times, since=0, until=float("inf")):
    ms = sorted(ms for s, ms in times if since <= s <= until)
    return ms[min(len(ms) - 1, int(len(ms) * 0.99))]


def for_seconds(seconds):
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


@pytest.mark.parametrize("name", ATTACKS)
def test_slow(lk, proof, tmp_path, name):
    somebody = Somebody(lk)
    rest, failed = somebody.ask(for_seconds(REST_S))
    assert not failed, failed
    command = ["nice", "-n", "19", "slowhttptest", "-c", str(CONNECTIONS), "-r", str(A_SECOND), "-l", str(SECONDS), "-p", str(PROBE_S),
               "-g", "-o", str(tmp_path / "said"), *(word.replace("{url}", lk.env["URL"]) for word in ATTACKS[name])]
    attack = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        under, failed = somebody.ask(lambda: attack.poll() is None)
    finally:
        attack.kill()
        said = attack.communicate()[0]
    assert attack.returncode == 0, said[-2000:]
    with open(tmp_path / "said.csv", newline="") as file:
        rows = [[int(cell) for cell in row] for row in list(csv.reader(file))[1:]]
    most, opened = max(row[3] for row in rows), max(row[1] + row[3] for row in rows)
    available = [row[4] > 0 for row in rows]
    at_rest, whole = p99(rest["verify"]), p99(under["verify"])
    held = p99(under["verify"], CONNECTIONS / A_SECOND + 2, SECONDS)  # with the time that it takes to begin
    told = "; ".join(f"{what} p99 {p99(rest[what]):.1f} → {p99(under[what]):.1f} ms ({len(under[what])})" for what in rest)
    good = not failed and all(available) and whole / at_rest <= RATIO and held / at_rest <= HELD_RATIO
    proof.claim(f"slowhttptest, {name}: the service stays there for others",
                f"{told}; verify's × {whole / at_rest:.1f}, × {held / at_rest:.1f} while they are held; "
                f"{len(failed)} failed; {opened} connections, at most {most} at once; "
                f"seen available in {sum(available)} of {len(rows)} looks",
                f"0 failed, verify's p99 × {RATIO} at most, × {HELD_RATIO} while they are held, always available", good)
    assert most >= CONNECTIONS // 2, said[-2000:]  # it was an attack
    assert good, (failed[:3], told, available)
