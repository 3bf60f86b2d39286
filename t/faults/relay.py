"""Between the service and PostgreSQL, on a socket of its own: it can cut a connection when
the server has done what it was asked, before the client is told."""

import contextlib
import os
import selectors
import shutil
import socket
import struct
import tempfile
import threading

SOCKET = ".s.PGSQL.5432"


def idle_after(data):
    """ReadyForQuery outside of a transaction ends the server's answer: whatever was asked is
    committed."""
    return data.endswith(b"Z\x00\x00\x00\x05I")


def command(data):
    """The tag of the last CommandComplete in whole messages of the server."""
    tag, at = b"", 0
    while at + 5 <= len(data):
        (length,) = struct.unpack_from("!I", data, at + 1)
        if data[at:at + 1] == b"C":
            tag = data[at + 5:at + 1 + length].rstrip(b"\0")
        at += 1 + length
    return tag


class Relay:
    """`every`: of this many answers one is cut; 0: none. `only`: those to the
    prepared statement of that name."""

    def __init__(self, to):
        self.to = to  # the directory of the server's own socket
        self.directory = tempfile.mkdtemp(prefix="lk-relay-", dir="/tmp")
        self.every = self.answers = self.cuts = 0
        self.only = b""
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(os.path.join(self.directory, SOCKET))
        self._listening.listen(256)
        self._listening.settimeout(0.1)
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def settings(self):
        roles = ("fast", "slow", "mail", "outside")
        return "[database]\n" + "".join(
            f"{role} = host={self.directory} dbname=latchkey user=latchkey_{role}\n" for role in roles)

    def _accept(self):
        while not self._stop.is_set():
            try:
                client, _ = self._listening.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=self._serve, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, client):
        with client, socket.socket(socket.AF_UNIX) as server, contextlib.suppress(OSError):
            server.connect(os.path.join(self.to, SOCKET))
            self._pass_on(client, server)

    def _pass_on(self, client, server):
        asked, answer = b"", b""
        with selectors.DefaultSelector() as both:
            both.register(client, selectors.EVENT_READ, server)
            both.register(server, selectors.EVENT_READ, client)
            while not self._stop.is_set():
                for key, _ in both.select(0.1):
                    data = key.fileobj.recv(65536)
                    if not data:
                        return
                    if key.fileobj is client:
                        asked, answer = data, b""
                    else:
                        answer += data
                        if self._is_cut(asked, answer):
                            return
                    key.data.sendall(data)

    def _is_cut(self, asked, answer):
        if not self.every or self.only not in asked or not idle_after(answer) or not command(answer):
            return False
        with self._lock:
            self.answers += 1
            cut = self.answers % self.every == 0
            self.cuts += cut
        return cut

    def end(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._listening.close()
        shutil.rmtree(self.directory)
