#!/usr/bin/python3
"""What a check has shown, kept for doc/proof.md: each claim with its figure, beside the command
that repeats it, the day, the machine and the version.

    proof = Proof("fuzz", "Hostile bytes", "make fuzz")
    proof.claim("No finding in 10 minutes", "0 findings, 812 000 runs a second", held=True)
    proof.table("Targets", ["target", "runs"], [["json", 1000]])
    proof.write()                        # VAR/proof/fuzz.json, replacing what an earlier run left

From a shell, a claim a line on standard input: CLAIM <tab> BOUND <tab> FIGURE <tab> yes|no|-

    t/proof/record.py NAME TITLE COMMAND [SECONDS] < claims
"""

import datetime
import json
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HELD = {"yes": True, "no": False, "-": None}


def directory():
    return os.path.join(os.path.abspath(os.environ.get("VAR") or os.path.join(ROOT, "var")), "proof")


def first(path, pattern):
    with open(path) as file:
        found = re.search(pattern, file.read(), re.M)
    return found[1] if found else "unknown"


def machine():
    """Its kind, not its name."""
    kib = int(first("/proc/meminfo", r"^MemTotal:\s+(\d+)"))
    return (f"{os.cpu_count()} cores ({first('/proc/cpuinfo', r'^model name.*?: (.*)')}), "
            f"{kib / 2**20:.0f} GiB, {first('/etc/os-release', r'^PRETTY_NAME=.(.*).$')}")


def revision():
    git = lambda *words: subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True).stdout.strip()
    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!doc/proof.md", ":!README.md")
    return (git("rev-parse", "--short=10", "HEAD") or "unknown") + (" and changes" if changed else "")


class Proof:
    def __init__(self, name, title, command):
        self._began = time.monotonic()
        self._held = {"name": name, "title": title, "command": command,
                      "date": datetime.date.today().isoformat(), "machine": machine(),
                      "revision": revision(), "claims": [], "tables": []}

    def claim(self, text, figure, bound="", held=None):
        """`held`: True, False, or None where there is nothing that it has to be. Returned as given."""
        self._held["claims"].append({"claim": text, "bound": bound, "figure": str(figure), "held": held})
        return held

    def table(self, title, columns, rows):
        self._held["tables"].append({"title": title, "columns": columns, "rows": rows})

    def missed(self):
        return [row["claim"] for row in self._held["claims"] if row["held"] is False]

    def write(self, seconds=None):
        self._held["seconds"] = round(time.monotonic() - self._began if seconds is None else seconds)
        path = os.path.join(directory(), self._held["name"] + ".json")
        os.makedirs(directory(), exist_ok=True)
        with open(path + ".new", "w") as file:
            json.dump(self._held, file, indent=1, ensure_ascii=False)
        os.replace(path + ".new", path)
        return path


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    proof = Proof(*sys.argv[1:4])
    for line in sys.stdin:
        text, bound, figure, held = line.rstrip("\n").split("\t")
        proof.claim(text, figure, bound, HELD[held])
    print(proof.write(float(sys.argv[4]) if len(sys.argv) == 5 else None))


if __name__ == "__main__":
    main()
