"""The table of what breaks: one row for each fault, what is promised for it, and what a run
has shown. A row is a context: at its end every bound so far has to hold; it may be entered
again for what comes later.

    with table.row("PostgreSQL stopped") as row:
        row.ledger(ledger, fault_at, back_at)
        row.at_most("back after", 1.2, 2, "s")
"""

import collections
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "proof"))
import record  # noqa: E402

GOES_ON = "tokens, sessions, roles go on; 503 for what needs it; nobody is logged out, nothing ended comes back"
POSTED = "requests unaffected (p99 within 5 %); every letter delivered after it returns, or listed as dead"

# Fault: promise, in the order of the table
ROWS = {
    "PostgreSQL stopped": "503 with Retry-After within 1 s; back by itself within 2 s of its return; 0 lost",
    "PostgreSQL killed": "503 with Retry-After within 1 s; back by itself within 2 s of its return; 0 lost",
    "PostgreSQL restarted × 5": "statements are prepared anew; back within 2 s; 0 lost",
    "PostgreSQL hung": "every request ends within 2 s; a breaker then answers at once",
    "A table locked": "every request ends within 2 s; those that do not need the table go on",
    "PostgreSQL fails over, synchronous standby": "reconnects to the writable one; nothing is lost",
    "PostgreSQL hangs and is replaced": "reconnects to the writable one; nothing is lost",
    "PostgreSQL fails over, asynchronous standby": "reconnects to the writable one; what is lost is counted",
    "PostgreSQL turned read-only": "503; the writable one is found again within 2 s; 0 lost",
    "Too many connections to PostgreSQL": "503; back-off with jitter, no storm",
    "The answer of COMMIT is lost": "register 3 again gives the same 201, refresh again the current pair; "
                                    "no duplicates, no orphans",
    "Redis stopped": GOES_ON,
    "Redis killed": GOES_ON,
    "Redis hung": GOES_ON,
    "Redis out of memory": GOES_ON,
    "Redis flushed": "nobody is logged out, nothing ended comes back",
    "Redis fails over, master killed": GOES_ON,
    "Redis fails over, master hung": GOES_ON,
    "Redis fails over, in good order": GOES_ON,
    "SMTP down": POSTED,
    "SMTP tarpit": POSTED,
    "SMTP slow": POSTED,
    "SMTP 4xx": POSTED,
    "SMTP 5xx": POSTED,
    "One bad recipient": "stalls nobody",
    "Mailer killed at any point": "no letter lost once 202 was said; duplicates with the same Message-ID only",
    "Worker killed in a request": "that one request 502; never half a 200; replaced within 100 ms",
    "Workers crash as soon as they start": "backs off 1 → 30 s; the supervisor lives on and recovers",
    "Worker stuck": "killed after its deadline, by the scoreboard",
    "Supervisor killed": "workers die with it; restarted on the same socket; refused connections 0",
    "Reload × 100": "0 failed requests",
    "New binary × 20": "0 failed requests",
    "Bad configuration": "refused, the old one kept",
    "SIGTERM with requests in flight": "they finish, within 10 s; exit 0",
    "More connections than workers": "queue, then 503 by admission; never 502",
    "A body refused, at any size": "0 × 502",
    "The partition of next month missing": "rows go to the default partition; health/ready and check warn",
    "Slow clients": "good clients' p99 ratio ≤ 1.2; no crash, no ledger mismatch",
    "Disconnecting clients": "good clients' p99 ratio ≤ 1.2; no crash, no ledger mismatch",
    "The clock jumps": "no crash; tokens wrong only within the leeway",
    "No descriptors left": "a clean 503 or a clean exit; others live on",
    "No fork left": "a clean 503 or a clean exit; others live on",
    "No memory left": "a clean 503 or a clean exit; others live on",
    "Disk full under PostgreSQL": "503, recovers without hands",
    "Disk full under Redis": "503, recovers without hands",
    "Disk full under the log": "503 at most, recovers without hands",
    "Signing key rotated × 10": "0 wrongly refused tokens",
    "Migration killed at any statement": "converges on rerun; workers go on meanwhile",
    "Old and new version together": "both pass",
}

NOISE_MOST = 1.25

COLUMNS = ("requests", "changes", "wrong answers", "changes lost", "answers 5xx", "error window s",
           "worst before ms", "worst ms", "recovery s")


def number(value):
    return f"{value:.3g}" if isinstance(value, float) else str(value)


class Row:
    def __init__(self, fault):
        self.fault, self.promise = fault, ROWS[fault]
        self.cells, self.bounds = {}, []  # bounds: (what, figure, bound, held)
        self.evidence = []  # shown when a bound does not hold
        self.failure, self.calm_ms = None, 0

    def __enter__(self):
        return self

    def __exit__(self, kind, problem, _):
        if problem is not None:
            self.failure = f"{kind.__name__}: {problem}".split("\n")[0][:200]
            return
        broken = [f"{what}: {figure}, not {bound}" for what, figure, bound, held in self.bounds if held is False]
        assert not broken, "\n".join([f"{self.fault}: " + "; ".join(broken), *map(str, self.evidence)])

    # what has to hold

    def _bound(self, what, figure, bound, held, unit=""):
        self.bounds.append((what, f"{number(figure)} {unit}".strip(), f"{bound} {unit}".strip(), held))

    def at_most(self, what, figure, bound, unit=""):
        self._bound(what, figure, f"≤ {number(bound)}", figure <= bound, unit)

    def at_least(self, what, figure, bound, unit=""):
        self._bound(what, figure, f"≥ {number(bound)}", figure >= bound, unit)

    def exactly(self, what, figure, wanted):
        self._bound(what, figure, str(wanted), figure == wanted)

    def tell(self, what, figure, unit=""):
        """A figure without a bound."""
        self._bound(what, figure, "", None, unit)

    def ledger(self, ledger, begin=0, back=math.inf, lost=0):
        """Its columns. `begin`, `back`: monotonic s, when the fault came and when it was over.
        `lost`: how many changes may be; None: it is told only."""
        missing, wrong = ledger.audit(), ledger.wrong
        errors = ledger.errors(begin)
        self.calm_ms = max((said.ms for said in ledger.said if said.at < begin), default=0)
        self.cells = {
            "requests": len(ledger.said), "changes": ledger.acknowledged(), "wrong answers": len(wrong),
            "changes lost": len(missing), "answers 5xx": len(errors),
            "error window s": round(errors[-1].at - errors[0].at, 2) if errors else 0,
            "worst before ms": round(self.calm_ms), "worst ms": round(max(said.ms for said in ledger.said)),
            "recovery s": round(max(0, errors[-1].at - back), 2) if errors else 0,
        }
        self.exactly("wrong answers", len(wrong), 0)
        if lost is None:
            self.tell("changes lost", len(missing))
        else:
            self.at_most("changes lost", len(missing), lost)
        self.evidence += [*wrong[:3], *missing[:3], collections.Counter((said.status, said.code) for said in errors),
                          *sorted(ledger.said, key=lambda said: -said.ms)[:3], *errors[-2:]]
        return missing

    def back_within(self, seconds):
        """503s after the fault was over, as the ledger saw them."""
        self.at_most("recovery", self.cells["recovery s"], seconds, "s")

    def worst_within(self, ms):
        """The slowest of before the fault tells how busy the machine is."""
        self.at_most(f"worst answer, {ms} ms beyond the slowest of before", self.cells["worst ms"],
                     round(ms + self.calm_ms), "ms")

    def ratio(self, what, ratio, halves, bound):
        """To the same without the fault. `halves`: the ratio of one half of that to the other;
        where it is far from 1 the machine is too busy for an answer, and none is claimed."""
        noise = max(halves, 1 / halves)
        self.tell("noise", noise)
        if noise > NOISE_MOST:
            self.tell(f"{what} (too noisy to tell)", ratio)
        else:
            self.at_most(what, ratio, bound * noise)

    # what is written

    def held(self):
        return bool(self.bounds) and not self.failure and all(held is not False for *_, held in self.bounds)

    def claim(self, proof):
        told = [f"{what} {figure}" for what, figure, _, _ in self.bounds]
        asked = [f"{what} {bound}" for what, _, bound, held in self.bounds if held is not None]
        proof.claim(f"{self.fault}: {self.promise}", "; ".join([*told, *filter(None, [self.failure])]),
                    "; ".join(asked), self.held())

    def line(self):
        return [self.fault, *(self.cells.get(column, "") for column in COLUMNS), "held" if self.held() else "MISSED"]


class Table:
    def __init__(self):
        self.rows = {}

    def row(self, fault):
        self.rows[fault] = Row(fault)
        return self.rows[fault]

    def in_order(self):
        return [self.rows[fault] for fault in ROWS if fault in self.rows]

    def lines(self):
        return [row.line() for row in self.in_order()]

    def write(self, seconds):
        """A run of some rows says so, and is not whole."""
        proof = record.Proof("faults", "What breaks", "make check-faults")
        left_out = [fault for fault in ROWS if fault not in self.rows]
        proof.claim("Every row was run", f"{len(self.rows)} of {len(ROWS)}" +
                    (f"; not: {', '.join(left_out)}" if left_out else ""), str(len(ROWS)), not left_out)
        for row in self.in_order():
            row.claim(proof)
        proof.table("What the ledger's clients saw", ["fault", *COLUMNS, ""], self.lines())
        return proof.write(seconds)
