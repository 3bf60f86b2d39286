"""Attacks with the tools of the trade, and what is left of secrets: `make check-hostile`. What the
tests of t/api are made of is at hand here too."""

import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "api"), os.path.join(HERE, "..", "proof")]

from record import Proof  # noqa: E402: after the path


@pytest.fixture(scope="session")
def proof():
    """What all of them have shown, in one record."""
    proof = Proof("hostile", "A hostile world", "make check-hostile")
    yield proof
    proof.write()
