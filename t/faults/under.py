"""A fault that comes and goes while the ledger's clients go on."""

import time

from ledger import ledger_of

HOLD_S = 2  # how long it lasts
BEFORE, AFTER = 30, 40  # changes


def under(row, lk, fault, hold_s=HOLD_S, meanwhile=None, lost=0, **what):
    """`fault`: a context manager. `meanwhile()` is called while it lasts, for what it adds to
    the row. The ledger, audited, and what meanwhile() gave."""
    with ledger_of(lk, **what) as ledger:
        ledger.settle(BEFORE)
        begin = time.monotonic()
        with fault:
            told = meanwhile() if meanwhile else None
            time.sleep(max(0, begin + hold_s - time.monotonic()))
        back = time.monotonic()
        ledger.settle(AFTER)
    row.ledger(ledger, begin, back, lost)
    return ledger, told
