"""latchkeyctl as a program reads it: JSON, the exit code, what it said on stderr."""

import json
import os
import subprocess


def command(lk, *words):
    return [os.path.join(lk.env["BUILD"], "latchkeyctl"), "--config", lk.env["CONF"], *words]


def answer(lk, *words, stdin=None, timeout=60):
    """(exit code, its JSON or None, stderr); `stdin` is bytes."""
    done = subprocess.run(command(lk, "--json", *words), capture_output=True, timeout=timeout, input=stdin)
    said = done.stdout.decode()
    return done.returncode, json.loads(said) if said else None, done.stderr.decode()


def ctl(lk, *words, code=0, stdin=None):
    """The JSON; what it said on stderr when it refuses."""
    got, said, errors = answer(lk, *words, stdin=stdin.encode() if stdin is not None else None)
    assert got == code, (said, errors)
    return said if code == 0 else errors


def text(lk, *words):
    return lk.ctl(*words).stdout
