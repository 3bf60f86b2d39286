"""The stack that most is measured on: ours, the floors and the peers, behind one nginx."""

import contextlib
import os

from lib.stack import Stack
from measure.front import Front
from measure.ours import Ours
from measure.peer import Database, Peer
from measure.usage import workers

PEER_WORKERS = (2, 4)


class Bench:
    def __init__(self, plan, out):
        self.plan, self.out, self._stack = plan, out, contextlib.ExitStack()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self):
        keep, users = self._stack.callback, self.plan.sizes[0]
        self.lk = Stack.start(LIMITS="off")
        keep(self.lk.down)
        names = {f"flask{n}": n for n in PEER_WORKERS}
        self.front = Front(self.lk, len(workers(self.lk, "fast")), names)
        keep(self.front.stop)
        self.ours = Ours(self.lk, self.front.url + "/api/v1", users)
        self.asked = self.ours.subjects(self.front.nginx.pid)
        database, self.peers = Database(self.lk, users), []
        for name, count in names.items():
            peer = Peer(self.lk, self.front, database, name, count)
            keep(peer.stop)
            self.peers.append(peer)
            peer.prove()

    @contextlib.contextmanager
    def configured(self, text):
        """With this laid over the configuration; the service starts anew, before and after."""
        path = self.lk.path("conf.d/stack.conf")
        try:
            with open(path, "w") as file:
                file.write(text)
            self.lk.part("restart", "serve")
            yield
        finally:
            os.unlink(path)
            self.lk.part("restart", "serve")

    def trim_logs(self):
        """A line for each request, of millions: their writing is measured, their keeping is not wanted."""
        for name in ("access.log", "serve.log"):
            os.truncate(os.path.join(self.lk.env["LOG"], name), 0)

    def stop(self):
        self._stack.close()
