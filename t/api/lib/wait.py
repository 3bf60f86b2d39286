"""Waiting for what must come, never for a time."""

import time


def wait_for(what, seconds=10, message="it did not come", every=0.02):
    """The first true value of what(), asked again until the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{message} within {seconds} s")
        time.sleep(every)
