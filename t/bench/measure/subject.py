"""What is measured: a name, where it is, and what is sent there."""

from dataclasses import dataclass

from lib.stack import descendants
from lib.wait import wait_for
from measure import wrk
from measure.usage import TICK_S, Watch, cpu_seconds

# What more than one section knows by name
FIXED, BARE = "nginx, fixed answer", "bare FastCGI worker"
LIVE, LOGIN = "GET /health/live", "POST /login"
FLOOD = 16  # connections that sign in, beside others or to be looked at

SERVERS = ("latchkeyd", "gunicorn")
LONGEST_S = 4


def settle(pids):
    """Until what a load has left behind is done: a queue of logins takes a second."""
    seen = None

    def rests():
        nonlocal seen
        before, seen = seen, cpu_seconds(pids)
        return seen == before

    wait_for(rests, 60, "it does not come to rest", every=5 * TICK_S)


@dataclass
class Subject:
    name: str
    url: str
    requests: object = None  # a function that gives them, fresh each time
    method: str = "GET"
    rotate: bool = False
    parts: object = dict  # a function: whose processor time it takes, {name: pids of their roots}

    def served_by(self):
        """The pids of the service itself, not of its stores."""
        parts = self.parts()
        return [pid for name in SERVERS if name in parts for root in parts[name] for pid in descendants(root)]

    def start(self, seconds, connections=64):
        return wrk.Load(self.url, seconds, connections, requests=self.requests() if self.requests else None,
                        method=self.method, rotate=self.rotate)

    def measure(self, seconds, connections=64):
        """wrk's figures, and µs of processor time a request, by part. Longer, where nobody was
        served in that time."""
        served = self.served_by()
        load, watch = self.start(seconds, connections), Watch(self.parts())
        got = load.result()
        got["cpu_us"] = {name: spent / max(got["requests"], 1) * 1e6 for name, spent in watch.spent().items()}
        settle(served)
        if not got["rate"] and seconds < LONGEST_S:
            return self.measure(seconds * 4, connections)
        return got


def tell(name, got):
    print(f"{name:34s} {got['rate']:9.0f} a second, p99 {got['p99']:6.1f} ms"
          + (f"   refused {got['refused']}" if got["refused"] else ""))


def alternately(subjects, rounds, seconds, connections=64):
    """{name: a list of figures, one for each round}; all of a round, then the next."""
    found = {subject.name: [] for subject in subjects}
    for _ in range(rounds):
        for subject in subjects:
            got = subject.measure(seconds, connections)
            found[subject.name].append(got)
            tell(subject.name, got)
    return found
