"""latchkeyd serve as systemd runs it: on sockets that are held for it, so that nobody is
refused while there is no process; started anew when it dies."""

import contextlib
import grp
import os
import signal
import socket
import subprocess
import threading
import time

from lib.stack import descendants
from lib.wait import wait_for

NAMES = ("fast", "slow")
RESTART_S = 1  # RestartSec of systemd/latchkey.service
# $1 $2: descriptors, to be 3 and 4; LISTEN_PID has to be who execs
RUN = 'exec 3<&"$1" 4<&"$2"; shift 2; export LISTEN_PID=$$; exec "$@"'


class Held:
    """Takes the place of a stack's own `serve`. `program`: another latchkeyd; `before`: words
    that the command begins with; `env`: more of its environment."""

    def __init__(self, lk, program=None, before=(), env=None, log=None):
        self.lk, self.program = lk, program or os.path.join(lk.env["BUILD"], "latchkeyd")
        self.before, self.env, self.log = before, env or {}, log or lk.path("log", "serve.log")
        self.process, self.statuses = None, []
        lk.part("stop", "serve")
        self.sockets = [self._listen(name) for name in NAMES]
        self.stop = threading.Event()
        self.start()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def _listen(self, name):
        path = os.path.join(self.lk.env["RUN"], name + ".sock")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(path)
        if os.getuid() == 0:
            os.chown(path, -1, grp.getgrnam("www-data").gr_gid)
        os.chmod(path, 0o660)
        listening.listen(4096)
        return listening

    def start(self):
        fds = [listening.fileno() for listening in self.sockets]
        command = ["setpriv", "--pdeathsig", "TERM", "bash", "-c", RUN, "bash", *map(str, fds), *self.before, self.program,
                   "serve", "--config", self.lk.env["CONF"]]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                command, pass_fds=fds, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, **self.env, "LISTEN_FDS": "2", "LISTEN_FDNAMES": ":".join(NAMES)})
        with open(os.path.join(self.lk.env["PIDS"], "serve.pid"), "w") as file:
            file.write(str(self.process.pid))

    def _watch(self):
        while not self.stop.is_set():
            try:
                status = self.process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            self.statuses.append(status)
            if self.stop.wait(0 if status == 0 else RESTART_S):
                return
            self.start()

    def signal(self, number):
        self.process.send_signal(number)

    def replaced(self, number, seconds=20):
        """Sends it, and waits for the next one: how it ended, how long that took."""
        before, began = self.process.pid, time.monotonic()
        n = len(self.statuses)
        self.signal(number)
        wait_for(lambda: len(self.statuses) > n, seconds, "it does not end")
        took = time.monotonic() - began
        wait_for(lambda: self.process.pid != before and self.lk.workers(), seconds, "it is not started anew")
        return self.statuses[n], took

    def end(self):
        """The stack's own is back."""
        self.stop.set()
        self.thread.join()
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
            self.process.wait(20)
        for listening in self.sockets:
            listening.close()
        self.lk.part("start", "serve")


@contextlib.contextmanager
def held(lk, **what):
    of = Held(lk, **what)
    try:
        wait_for(lambda: lk.client().get("/health/ready").status == 200, 20, "not ready")
        yield of
    finally:
        of.end()


def family(pid):
    return set(descendants(pid))
