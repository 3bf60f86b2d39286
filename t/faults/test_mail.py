"""The mail server is away, slow or refuses: requests do not notice, and no letter is lost."""

import contextlib
import itertools
import random
import threading
import time

import pytest

from conftest import SETTINGS
from ledger import ledger_of
from lib.fault import hung, stopped
from lib.stack import Stack, new_email, new_name
from lib.wait import wait_for

RATIO = 1.05
ROUNDS, TURN_S, CLIENTS = 3, 1.5, 2
LETTERS_S = 120  # until every letter of a run has found its way

# How the server behaves, and what one of `every` recipients asks of it (see t/stack/catcher.py)
FAULTS = {
    "down": (lambda lk: stopped(lk, "catcher"), "", 1),
    "tarpit": (lambda lk: hung(lk, "catcher"), "", 1),
    "slow": (contextlib.nullcontext, "+slow1", 20),
    "4xx": (contextlib.nullcontext, "+later451x2", 4),
    "5xx": (contextlib.nullcontext, "+refuse550", 4),
}


@pytest.fixture(scope="module")
def posts():
    """Letters of its own; those on their way when the mailer dies are free after 2 + 15 s."""
    stack = Stack.start(SETTINGS + "timeout_s = 2\n")
    yield stack
    stack.down()


class Turn:
    """Codes asked for by a few clients for a while: the addresses, and how long each took."""

    def __init__(self, lk, suffix="", every=1):
        self.lk, self.suffix, self.every = lk, suffix, every
        self.asked, self.wrong = [], []  # (address, ms)
        self.waiting = None  # letters, at the end of it
        threads = [threading.Thread(target=self.ask) for _ in range(CLIENTS)]
        self.end = time.monotonic() + TURN_S
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def ask(self):
        for n in itertools.count():
            if time.monotonic() > self.end:
                return
            address = new_name("p") + ("" if n % self.every else self.suffix) + "@example.com"
            answer = self.lk.client().post("/register", {"email": address})
            self.asked.append((address, answer.ms))
            if answer.status != 202:
                self.wrong.append(answer)


def p99(turns):
    times = sorted(ms for turn in turns for _, ms in turn.asked)
    return times[int(len(times) * 0.99)]


@pytest.fixture(scope="module")
def turns(posts):
    """Each fault between two turns without any, round by round."""
    turns = {name: [] for name in ["calm", *FAULTS]}
    for _ in range(ROUNDS):
        for name, (fault, suffix, every) in FAULTS.items():
            turns["calm"].append(Turn(posts))
            with fault(posts):
                turns[name].append(Turn(posts, suffix, every))
                turns[name][-1].waiting = posts.one("SELECT count(*) FROM outbox WHERE state = 'waiting'")
            posts.posted(LETTERS_S)
    return turns


def outcome(lk, address):
    """Delivered once, dead, or what else."""
    if letters := lk.mail.letters(address):
        return "delivered" if len({letter.parsed["Message-ID"] for letter in letters}) == 1 else "twice"
    return lk.one("SELECT coalesce(max(state::text), 'lost') FROM outbox WHERE address = %s", address)


@pytest.mark.parametrize("fault", FAULTS)
def test_mail_server(posts, turns, table, fault):
    with table.row(f"SMTP {fault}") as row:
        mine, calm = turns[fault], turns["calm"]
        asked = [address for turn in mine for address, _ in turn.asked]
        row.cells = {"requests": len(asked), "wrong answers": sum(len(turn.wrong) for turn in mine),
                     "worst before ms": round(max(ms for turn in calm for _, ms in turn.asked)),
                     "worst ms": round(max(ms for turn in mine for _, ms in turn.asked))}
        row.exactly("wrong answers", row.cells["wrong answers"], 0)
        row.tell("requests' p99", p99(mine), "ms")
        row.tell("p99 without the fault", p99(calm), "ms")
        row.ratio("p99 with to p99 without", p99(mine) / p99(calm), p99(calm[0::2]) / p99(calm[1::2]), RATIO)
        found = {address: outcome(posts, address) for address in asked}
        refused = {address for address in asked if "+refuse550" in address}
        row.cells["changes"] = len(asked)
        row.cells["changes lost"] = sum(found[address] != ("dead" if address in refused else "delivered")
                                        for address in asked)
        row.exactly("letters neither delivered nor dead", row.cells["changes lost"], 0)
        row.tell("letters dead, as they have to be", len(refused))
        if fault in ("down", "tarpit"):
            row.at_least("letters held back meanwhile", sum(turn.waiting for turn in mine), len(asked))


def test_one_bad_recipient(posts, table):
    """Whose letters each take all the time there is; those of others are on time."""
    with table.row("One bad recipient") as row:
        bad = f"{new_name('b')}+slow9@example.com"
        posts.sql("INSERT INTO outbox (letter, address) SELECT 'already_registered', %s FROM generate_series(1, 20)", bad)
        took = []
        for _ in range(20):
            address, began = new_email(), time.monotonic()
            assert posts.client().post("/register", {"email": address}).status == 202
            posts.mail.wait(address, seconds=20)
            took.append(time.monotonic() - began)
        row.cells = {"requests": len(took), "changes": len(took), "changes lost": 0, "worst ms": round(max(took) * 1000)}
        row.at_most("median time to a letter of others", sorted(took)[len(took) // 2], 1, "s")
        row.at_most("slowest", max(took), 5, "s")
    posts.sql("DELETE FROM outbox WHERE address = %s", bad)


def test_mailer_killed(posts, table):
    """Again and again, while letters are on their way, which takes them a second each."""
    with table.row("Mailer killed at any point") as row, \
            ledger_of(posts, clients=1, letters=6, mailbox="+slow1") as ledger:
        dice, kills = random.Random(7), 0
        ledger.settle(4)
        begin = time.monotonic()
        for kills in range(1, 21):
            time.sleep(dice.uniform(0.05, 0.6))  # anywhere in a delivery
            posts.part("kill", "mail")
            posts.part("start", "mail")
        back = time.monotonic()
        ledger.settle(10, 90)
    with row:
        row.ledger(ledger, begin, back)
        wait_for(lambda: not posts.one("SELECT count(*) FROM outbox WHERE state = 'waiting'"), 60,
                 "letters are left")
        codes = [[letter.parsed["Message-ID"] for letter in posts.mail.letters(address) if letter.codes]
                 for address in ledger.promised]
        row.tell("times killed", kills)
        row.exactly("letters lost", codes.count([]), 0)
        row.tell("letters that came again", sum(len(ids) > 1 for ids in codes))
        row.exactly("of those with another Message-ID", sum(len(set(ids)) > 1 for ids in codes), 0)
