"""Clients that are slow, or go away: the good ones do not notice."""

import contextlib
import random
import select
import socket
import struct
import threading
import time

import pytest

from ledger import ledger_of
from lib.me import enter, join
from lib.wait import wait_for

RATIO, ROUNDS, TURN_S = 1.2, 4, 2
SLOW, DRIP_S = 200, 1  # connections, and seconds between two bytes of each
GONE_A_SECOND = 40


class Slow:
    """Connections that send their requests a byte a while: half of them never end the headers,
    half of them the body. Those that nginx closes come anew."""

    def __init__(self, lk):
        self.lk, self.stop, self.begun = lk, threading.Event(), 0
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        wait_for(lambda: self.begun >= SLOW, 60, "the slow clients do not come")
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()

    def begin(self, n):
        client = self.lk.client()
        sock = client.open()
        data = client.build("POST", "/login", body=b"{" + b" " * 16000, type="application/json")
        sock.sendall(data[:40] if n % 2 else data[:data.index(b"\r\n\r\n") + 4])
        self.begun += 1
        return sock

    def run(self):
        socks = []
        with contextlib.ExitStack() as all_of_them:
            for n in range(SLOW):
                socks.append(self.begin(n))
            while not self.stop.wait(DRIP_S):
                for n, sock in enumerate(socks):
                    try:
                        sock.sendall(b"x")
                    except OSError:
                        sock.close()
                        socks[n] = self.begin(n)
            all_of_them.callback(lambda: [sock.close() for sock in socks])


class Leaving:
    """Clients that hang up: while they ask, before the answer, or in the midst of it."""

    def __init__(self, lk, token):
        self.lk, self.token, self.stop, self.begun = lk, token, threading.Event(), 0
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()

    def run(self):
        dice = random.Random(7)
        while not self.stop.wait(1 / GONE_A_SECOND):
            client = self.lk.client()
            data = client.build("GET", "/users/me", bearer=self.token)
            sock = client.open()
            with sock, contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST
                sock.sendall(data[:dice.choice((10, len(data) - 1, len(data)))])
                if dice.random() < 0.3:
                    select.select([sock], [], [], 0.05)
                    sock.recv(10)
            self.begun += 1


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


@pytest.mark.parametrize("kind", ["Slow", "Disconnecting"])
def test_bad_clients(lk, table, kind):
    """By turns with and without them."""
    with table.row(f"{kind} clients") as row:
        good, before = Good(lk), lk.workers()
        bad = (lambda: Slow(lk)) if kind == "Slow" else (lambda: Leaving(lk, good.token))
        calm, loaded, begun = [], [], 0
        with ledger_of(lk, clients=1, may=()) as ledger:
            ledger.settle(5)
            for _ in range(ROUNDS):
                calm.append(good.turn())
                with bad() as them:
                    loaded.append(good.turn())
                begun += them.begun
                calm.append(good.turn())
            ledger.settle(5)
        row.ledger(ledger)
        noise = p99(calm[0::2]) / p99(calm[1::2])
        noise = max(noise, 1 / noise)
        row.tell("bad clients", begun)
        row.tell("good clients' p99", p99(loaded), "ms")
        row.tell("p99 without the others", p99(calm), "ms")
        row.tell("of one half of those to the other", noise)
        row.at_most("p99 with to p99 without", p99(loaded) / p99(calm), RATIO * noise)
        row.exactly("failed requests", len(ledger.errors()) + len(ledger.wrong), 0)
        row.exactly("workers that died", len(before - lk.workers()), 0)
