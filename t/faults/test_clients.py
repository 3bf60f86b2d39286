"""Clients that are slow, or go away: the good ones do not notice."""

import contextlib
import multiprocessing
import random
import select
import socket
import struct
import time

import pytest

from ledger import ledger_of
from lib.me import enter, join
from lib.wait import wait_for

RATIO, ROUNDS, TURN_S = 1.2, 3, 2
SLOW, DRIP_S = 200, 1  # connections, and seconds between two bytes of each
GONE_A_SECOND = 40


class Bad:
    """A process of its own, which must not take the good clients' time. To be made before any
    thread is; it is bad inside of `with`."""

    def __init__(self, lk):
        self.lk = lk
        here = multiprocessing.get_context("fork")
        self.active, self.over, self.begun = here.Event(), here.Event(), here.Value("i", 0)
        self.process = here.Process(target=self.live, daemon=True)
        self.process.start()

    def live(self):
        while not self.over.is_set():
            if self.active.wait(0.1):
                self.run()

    def __enter__(self):
        before = self.begun.value
        self.active.set()
        wait_for(lambda: self.begun.value >= before + self.many, 60, "the bad clients do not come")

    def __exit__(self, *_):
        self.active.clear()

    def end(self):
        self.over.set()
        self.process.join(10)
        assert self.process.exitcode == 0


class Slow(Bad):
    """Connections that send their requests a byte a while: half of them never end the headers,
    half of them the body. Those that nginx closes come anew."""

    many = SLOW

    def begin(self, n):
        client = self.lk.client()
        sock = client.open()
        data = client.build("POST", "/login", body=b"{" + b" " * 16000, type="application/json")
        sock.sendall(data[:40] if n % 2 else data[:data.index(b"\r\n\r\n") + 4])
        self.begun.value += 1
        return sock

    def run(self):
        socks = [self.begin(n) for n in range(SLOW)]
        while self.active.is_set():
            time.sleep(DRIP_S)
            for n, sock in enumerate(socks):
                try:
                    sock.sendall(b"x")
                except OSError:
                    sock.close()
                    socks[n] = self.begin(n)
        for sock in socks:
            sock.close()


class Leaving(Bad):
    """Clients that hang up: while they ask, before the answer, or in the midst of it."""

    many = 10

    def __init__(self, lk):
        self.token = enter(join(lk))["access_token"]
        super().__init__(lk)

    def run(self):
        dice = random.Random(7)
        while self.active.is_set():
            time.sleep(1 / GONE_A_SECOND)
            client = self.lk.client()
            data = client.build("GET", "/users/me", bearer=self.token)
            with client.open() as sock, contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST
                sock.sendall(data[:dice.choice((10, len(data) - 1, len(data)))])
                if dice.random() < 0.3 and select.select([sock], [], [], 0.05)[0]:
                    sock.recv(10)
            self.begun.value += 1


class Good:
    """Who asks who they are, steadily."""

    def __init__(self, lk):
        self.client = lk.client()
        self.token = enter(join(lk, self.client))["access_token"]

    def turn(self):
        end, times = time.monotonic() + TURN_S, []
        while time.monotonic() < end:
            answer = self.client.get("/users/me", bearer=self.token)
            assert answer.status == 200, answer
            times.append(answer.ms)
        return times


def p99(turns):
    times = sorted(ms for turn in turns for ms in turn)
    return times[int(len(times) * 0.99)]


@pytest.mark.parametrize("kind", [Slow, Leaving])
def test_bad_clients(lk, table, kind):
    """By turns with and without them."""
    with table.row("Slow clients" if kind is Slow else "Disconnecting clients") as row:
        bad, good, before = kind(lk), Good(lk), lk.workers()
        calm, loaded = [], []
        with ledger_of(lk, clients=1, may=()) as ledger:
            ledger.settle(5)
            for _ in range(ROUNDS):
                calm.append(good.turn())
                with bad:
                    loaded.append(good.turn())
                calm.append(good.turn())
            ledger.settle(5)
        bad.end()
        row.ledger(ledger)
        row.tell("bad clients", bad.begun.value)
        row.tell("good clients' p99", p99(loaded), "ms")
        row.tell("p99 without the others", p99(calm), "ms")
        row.ratio("p99 with to p99 without", p99(loaded) / p99(calm), p99(calm[0::2]) / p99(calm[1::2]), RATIO)
        row.exactly("failed requests", len(ledger.errors()) + len(ledger.wrong), 0)
        row.exactly("workers that died", len(before - lk.workers()), 0)
