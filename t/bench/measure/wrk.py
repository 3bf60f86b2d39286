"""wrk, and what it tells: requests a second that were served, and ms at three percentiles."""

import collections
import json
import os
import re
import subprocess
import tempfile

SCRIPT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "load.lua")
THREADS = 2


class Load:
    """wrk as it runs; `requests` are (Authorization, path, body), sent in turn by `connections`
    at once; what is empty in them is that of the URL. Without them the same request is sent again and again."""

    def __init__(self, url, seconds, connections=64, requests=None, method="GET", type="application/json",
                 rotate=False, count=False):
        self.url, self.seconds, self._counts = url, seconds, count
        self._file = self._write(requests) if requests else None
        threads = min(THREADS, connections)
        words = {"METHOD": method, "TYPE": type, "THREADS": str(threads), "REQUESTS": self._file and self._file.name,
                 "ROTATE": rotate and "1", "COUNT": count and "1"}
        environment = {**os.environ, **{name: value for name, value in words.items() if value}}
        self._process = subprocess.Popen(
            ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", SCRIPT, url],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
            start_new_session=True)

    @staticmethod
    def _write(requests):
        file = tempfile.NamedTemporaryFile("w", prefix="lk-wrk-")
        file.writelines("\t".join(request) + "\n" for request in requests)
        file.flush()
        return file

    def stop(self):
        self._process.kill()
        self._process.communicate()

    def result(self):
        """The figures; refusals and broken connections are counted in them."""
        said = self._process.communicate(timeout=self.seconds + 60)[0]
        found = re.search(r"^figures (.*)$", said, re.M)
        assert found, f"{self.url}: {said[-2000:]}"
        figures = json.loads(found[1])
        if self._counts:
            figures["answers"] = collections.Counter()
            for status, n in re.findall(r"^answers (\d+) (\d+)$", said, re.M):
                figures["answers"][status] += int(n)
        return figures


def run(url, seconds, **what):
    return Load(url, seconds, **what).result()
