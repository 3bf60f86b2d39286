"""The caught mail: a Maildir."""

import email
import email.policy
import os
import re
import threading

from lib.wait import wait_for

CODE = re.compile(r"^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$", re.M)


def numbers(name):
    """Maildir names count in numbers without leading zeros."""
    return [int(part) for part in re.findall(r"\d+", name)]


class Letter:
    def __init__(self, raw):
        self.raw = raw
        self.parsed = email.message_from_bytes(raw, policy=email.policy.default)
        self.to = self.parsed["X-RcptTo"] or self.parsed["To"]
        self.subject = self.parsed["Subject"]
        self.body = self.parsed.get_body(("plain",)).get_content().replace("\r\n", "\n")
        self.codes = CODE.findall(self.body)

    @property
    def code(self):
        assert len(self.codes) == 1, self.body
        return self.codes[0]


class Mail:
    def __init__(self, directory):
        self.directory = os.path.join(directory, "new")
        self._seen = set()
        self._by_address = {}
        self._lock = threading.Lock()

    def _read(self):
        with self._lock:
            self._read_more()

    def _read_more(self):
        for name in sorted(set(os.listdir(self.directory)) - self._seen, key=numbers):
            with open(os.path.join(self.directory, name), "rb") as file:
                letter = Letter(file.read())
            self._seen.add(name)
            for to in str(letter.to).split(","):
                self._by_address.setdefault(to.strip().lower(), []).append(letter)

    def letters(self, to):
        self._read()
        return list(self._by_address.get(to.lower(), []))

    def wait(self, to, n=1, seconds=10):
        """The n-th letter to this address (from 1)."""
        return wait_for(lambda: self.letters(to)[n - 1:n], seconds, f"letter {n} to {to} did not come")[0]
