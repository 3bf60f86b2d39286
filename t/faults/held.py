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

from lib.wait import wait_for

NAMES = ("fast", "slow")
RESTART_S = 1  # RestartSec of systemd/latchkey.service
# $1 $2: descriptors, to be 3 and 4; LISTEN_PID has to be who execs
RUN = 'exec 3<&"$1" 4<&"$2"; shift 2; export LISTEN_PID=$$; exec "$@"'


class Held:
    """Takes the place of a stack's own `serve`. `program`: another latchkeyd; `log`: a
    file that is not the stack's."""

    def __init__(self, lk, program=None, log=None):
        self.lk, self.program = lk, program or os.path.join(lk.env["BUILD"], "latchkeyd")
        self.log = log or lk.path("log", "serve.log")
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
        command = ["setpriv", "--pdeathsig", "TERM", "bash", "-c", RUN, "bash", *map(str, fds), self.program, "serve",
                    "--config", self.lk.env["CONF"]]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                command, pass_fds=fds, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, "LISTEN_FDS": "2", "LISTEN_FDNAMES": ":".join(NAMES)})
        path = os.path.join(self.lk.env["PIDS"], "serve.pid")
        with open(path + ".new", "w") as file:
            file.write(str(self.process.pid))
        os.replace(path + ".new", path)  # never half of it

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
        wait_for(lambda: self.process.pid != before and self._crew(), seconds, "it is not started anew")
        return self.statuses[n], took

    def _crew(self):
        with contextlib.suppress(FileNotFoundError):
            return self.lk.workers()

    def end(self):
        """The stack's own is back."""
        self.stop.set()
        self.thread.join()
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
            self.process.wait(20)
        for listening in self.sockets:
            os.unlink(listening.getsockname())  # for whoever waits until the next one is there
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


def alive(pids):
    """Those of them that live on; whom nobody has buried yet is dead."""
    def lives(pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"

    return {pid for pid in pids if lives(pid)}
