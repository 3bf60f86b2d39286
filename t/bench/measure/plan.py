"""How much is measured: in full, or quickly."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    rounds: int
    seconds: int            # a measurement
    turn: int               # one of a round
    short: int              # one of a sweep
    concurrency: tuple      # connections, beside the 64 of all else
    workers: tuple
    sizes: tuple            # users and sessions, the fewest first
    grown_rounds: int       # many short ones: the difference looked for is smaller than the noise
    flat_requests: int
    flat_seconds: int       # at most
    builds: bool            # the first make, too


FULL = Plan(rounds=5, seconds=3, turn=2, short=3, concurrency=(1, 16, 256), workers=(1, 2, 4, 8), sizes=(1000, 100000, 1000000),
            grown_rounds=7, flat_requests=1000000, flat_seconds=150, builds=True)
QUICK = Plan(rounds=1, seconds=2, turn=2, short=1, concurrency=(1, 256), workers=(1, 4), sizes=(1000, 100000),
             grown_rounds=3, flat_requests=100000, flat_seconds=15, builds=False)


def chosen():
    return QUICK if os.environ.get("QUICK") == "1" else FULL
