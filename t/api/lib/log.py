"""The service's own log: one JSON object a line."""

import json
import os
import threading

from lib.wait import wait_for


class Log:
    def __init__(self, path):
        self.path, self._offset, self._requests, self.events = path, 0, {}, []
        self._lock = threading.Lock()

    def _read(self):
        with self._lock:
            self._read_more()

    def _read_more(self):
        if not os.path.exists(self.path):
            return
        with open(self.path, "rb") as file:
            file.seek(self._offset)
            data = file.read()
        end = data.rfind(b"\n") + 1
        self._offset += end
        for line in data[:end].splitlines():
            if not line.startswith(b"{"):
                continue
            entry = json.loads(line)
            self.events.append(entry)
            if entry.get("event") == "request":
                self._requests.setdefault(entry.get("request_id"), []).append(entry)

    def lines(self):
        self._read()
        return self.events

    def request(self, answer, seconds=3):
        """What a request cost, both pools' parts added: hashes, pg, redis; and its route."""
        def found():
            self._read()
            lines = self._requests.get(answer.id, [])
            return lines if any(int(line["status"]) == answer.status for line in lines) else None

        lines = wait_for(found, seconds, f"no log line of {answer.id} ({answer.status})")
        cost = {name: sum(int(line[name]) for line in lines) for name in ("hashes", "pg", "redis")}
        return dict(lines[-1], **cost)
