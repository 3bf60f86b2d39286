"""The grace as its setting has it, by the clock."""

import time

from lib.me import alive, dead, enter, gen, join, letters, refused, renew
from lib.stack import own_stack

lk = own_stack("[tokens]\nrefresh_grace_s = 1\n")


def test_after_the_grace(lk, c):
    user = join(lk)
    first = enter(user)
    second = renew(c, first).json
    assert gen(renew(c, first).json) == 2
    time.sleep(1.1)
    refused(renew(c, first))
    dead(c, second)
    letters(lk, user, "ended for safety")


def test_grace_counts_from_when_it_was_spent(lk, c):
    """Repeating within the grace does not prolong it."""
    tokens = enter(join(lk))
    spent_at = time.monotonic()
    newest = renew(c, tokens).json
    while time.monotonic() < spent_at + 0.7:
        assert renew(c, tokens).status == 200
        time.sleep(0.05)
    assert alive(c, newest)
    time.sleep(max(0, spent_at + 1.3 - time.monotonic()))
    refused(renew(c, tokens))
