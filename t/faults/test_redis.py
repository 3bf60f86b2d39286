"""Redis is away, hangs, is empty or full: what asks PostgreSQL alone never notices."""

import contextlib

import pytest

from lib.fault import hung, stopped
from lib.me import dead, enter, join
from under import under

# Whatever else is asked of the ledger's clients
NEEDS_REDIS = {"register", "login", "change password", "code", "prove"}
DEADLINE_MS, BACK_S = 2000, 2


@contextlib.contextmanager
def full(lk):
    before = lk.redis.config_get("maxmemory")["maxmemory"]
    lk.redis.config_set("maxmemory", "1")
    try:
        yield
    finally:
        lk.redis.config_set("maxmemory", before)


@contextlib.contextmanager
def flushed(lk):
    lk.redis.flushall()
    lk.redis.script_flush()
    yield


FAULTS = {"stopped": lambda lk: stopped(lk, "redis"), "killed": lambda lk: stopped(lk, "redis", "kill"),
          "hung": lambda lk: hung(lk, "redis"), "out of memory": full, "flushed": flushed}


@pytest.mark.parametrize("fault", FAULTS)
def test_redis(lk, table, fault):
    with table.row(f"Redis {fault}") as row:
        user = join(lk)
        ended = enter(user)
        assert user.client.post("/auth/logout", bearer=ended["access_token"]).status == 204
        ledger, _ = under(row, lk, FAULTS[fault](lk), 3, lambda: dead(user.client, ended))
        refused = ledger.errors()
        row.exactly("refused though it needs no Redis", sum(said.what not in NEEDS_REDIS for said in refused), 0)
        row.tell("codes forgotten", ledger.forgotten)
        row.worst_within(DEADLINE_MS)
        row.back_within(BACK_S)
        if fault == "flushed":
            row.exactly("answers 503", len(refused), 0)
        else:
            row.at_least("answers 503", len(refused), 1)
        dead(user.client, ended)
