"""The same questions to stacks with few and many users and sessions, in turn, always by 256 of
them spread evenly; and what it costs that a commit is on the disk."""

import contextlib
import time

from lib.stack import Stack
from measure.ours import Ours
from measure.subject import alternately

ASKED = ("GET /auth/verify", "GET /token", "POST /auth/refresh", "GET /users/me/login-history", "POST /login")
SECONDS = 1
DURABLE = ("POST /auth/refresh", "POST /login")


def grown(stack, users, label, **variables):
    """{name: subject} of a stack of its own, as wide."""
    lk = Stack.start(LIMITS="off", **variables)
    stack.callback(lk.down)
    begin = time.monotonic()
    ours = Ours(lk, lk.env["URL"] + "/api/v1", users, label)
    print(f"{users} users and sessions{label}: loaded in {time.monotonic() - begin:.0f} s")
    return ours.subjects(lk.pid("nginx"))


def measure(bench):
    plan, found = bench.plan, {"growth": {}, "durable": {}}
    in_turn = lambda subjects: alternately(subjects, plan.grown_rounds, SECONDS)
    with contextlib.ExitStack() as stack:
        sizes = {n: grown(stack, n, f", {n} users") for n in plan.sizes}
        for name in ASKED:
            got = in_turn([subjects[name] for subjects in sizes.values()])
            found["growth"][name] = {n: got[subjects[name].name] for n, subjects in sizes.items()}
        durable, small = grown(stack, plan.sizes[0], ", on disk", FSYNC="on"), sizes[plan.sizes[0]]
        for name in DURABLE:
            got = in_turn([small[name], durable[name]])
            found["durable"][name] = {"off": got[small[name].name], "on": got[durable[name].name]}
    return found
