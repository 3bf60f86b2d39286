"""Faults that take long or much of the machine: `make check-faults`. What the tests of t/api
are made of is at hand here too."""

import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "api"))

pytest.register_assert_rewrite("ledger")

_figures = []


@pytest.fixture
def state():
    """Prints a line of figures when all is over."""
    return lambda name, **figures: _figures.append((name, figures))


def pytest_terminal_summary(terminalreporter):
    if _figures:
        terminalreporter.section("figures")
    for name, figures in _figures:
        told = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in figures.items())
        terminalreporter.write_line(f"{name}: {told}")
