"""Where a fast worker's time goes while it answers: perf's samples by library and symbol. Where
it may not look (in a container, say), that is told and left out."""

import collections
import os
import re
import subprocess

from lib.wait import wait_for
from measure.usage import cpu_seconds, workers

ASKED = ("GET /token", "POST /auth/refresh", "GET /auth/verify")
HERTZ = 999
GROUPS = (("kernel", r"\[kernel|\[vdso|\[unknown"), ("OpenSSL", r"libcrypto|libssl"), ("libpq", r"libpq"),
          ("libc", r"libc\.|ld-linux"), ("libjwt, jansson", r"libjwt|libjansson"), ("cJSON", r"libcjson"), ("hiredis", r"hiredis"), ("libfcgi", r"libfcgi"),
          ("latchkeyd", r"latchkeyd"), ("other", r""))
LINE = re.compile(r"^\s*([\d.]+)%\s+(\S+)\s+\[(.)\]\s+(\S.*?)\s*$", re.M)


def group(library):
    return next(name for name, pattern in GROUPS if re.search(pattern, library))


def record(subject, pids, path, seconds):
    load = subject.start(seconds + 30)
    try:
        before = sum(cpu_seconds(pids).values())
        wait_for(lambda: sum(cpu_seconds(pids).values()) > before + 0.02, 20, "nothing is answered")
        subprocess.run(["perf", "record", "-q", "-e", "cpu-clock", "-F", str(HERTZ), "-p", ",".join(map(str, sorted(pids))),
                        "-o", path, "--", "sleep", str(seconds)], check=True, stderr=subprocess.DEVNULL)
    finally:
        load.stop()


def report(path):
    """perf's own, by library and symbol."""
    return subprocess.run(["perf", "report", "-i", path, "--stdio", "-s", "dso,symbol"], check=True,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout


def shares(text):
    found = collections.Counter()
    for percent, library, kind, _ in LINE.findall(text):
        found["kernel" if kind == "k" else group(library)] += float(percent)
    return dict(found)


def profile(bench, out):
    """{name: {group: per cent}}; perf's reports stay in `out`."""
    found, data = {}, bench.lk.path("perf.data")
    for name in ASKED:
        record(bench.asked[name], workers(bench.lk, "fast"), data, bench.plan.seconds)
        text = report(data)
        with open(os.path.join(out, f"profile-{name.rpartition('/')[2]}.txt"), "w") as file:
            file.write(text)
        found[name] = shares(text)
        print(name, ", ".join(f"{each} {share:.0f} %" for each, share in
                              sorted(found[name].items(), key=lambda pair: -pair[1])))
    os.unlink(data)
    return found


def measure(bench):
    may = subprocess.run(["perf", "stat", "-e", "cpu-clock", "true"], capture_output=True, text=True)
    if may.returncode:
        print("no profile: " + may.stderr.strip())
        return {}
    return {"profile": profile(bench, bench.out)}
