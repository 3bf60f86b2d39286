"""An nginx that was there before: sites of their own beside the stack, with the snippets as
the stack has them; and an application behind it that tells what reached it."""

import contextlib
import hashlib
import http.server
import itertools
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading

from lib.http import Client
from lib.stack import free_port
from lib.wait import wait_for

DEBIANS = ("fastcgi.conf", "fastcgi_params", "mime.types", "proxy_params", "snippets/fastcgi-php.conf")

# The headers that say who came
NAMES = ["X-Auth-User-Id", "X-Auth-Username", "X-Auth-Email", "X-Auth-Roles", "X-Auth-Client-Id", "X-Auth-Scope"]


def listens(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


class Daemon:
    """A program in the foreground, which ends with us; `log` is where it says why it failed. It has
    a session of its own, as a service has: Linux shares processors out among sessions first (sched(7),
    autogroup)."""

    def __init__(self, *command, ready, log):
        self._process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", "--", *command], stdin=subprocess.DEVNULL,
                                         start_new_session=True,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        self.pid, self._ready, self._log = self._process.pid, ready, log
        try:
            wait_for(self._is_up, 30, f"{command[0]} does not come up")
        except BaseException:
            self.stop()
            raise

    def _is_up(self):
        if self._process.poll() is not None:
            with open(self._log) as file:
                raise AssertionError(file.read()[-3000:])
        return self._ready()

    def stop(self):
        self._process.terminate()
        self._process.wait(10)


class Site:
    """`servers` is the text of server {}s; @PORT@ in it is ours, @DIR@ a directory for files, which
    nginx may read. `edits` are (old, new) in latchkey-http.conf, as an administrator would."""

    def __init__(self, lk, servers, edits=(), port=None):
        self.lk, self.port = lk, port or free_port()
        self.dir = tempfile.mkdtemp(prefix="lk-site-", dir="/tmp")
        os.chmod(self.dir, 0o755)
        os.mkdir(self.path("tmp"))
        shutil.copytree(lk.path("nginx", "snippets"), self.path("snippets"))
        for name in DEBIANS:
            shutil.copy("/etc/nginx/" + name, self.path(name))
        for old, new in edits:
            self._edit("snippets/latchkey-http.conf", old, new)
        self.write("nginx.conf", self._conf(servers.replace("@PORT@", str(self.port)).replace("@DIR@", self.dir)))

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def write(self, name, text):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        return path

    def _edit(self, name, old, new):
        with open(self.path(name)) as file:
            text = file.read()
        assert old in text, old
        self.write(name, text.replace(old, new))

    def _conf(self, servers):
        cert = self.lk.env["CERT"]
        return f"""
            {"user www-data;" if os.getuid() == 0 else ""}
            daemon off;
            pid {self.dir}/nginx.pid;
            worker_processes 2;
            error_log {self.dir}/error.log warn;
            events {{ worker_connections 2048; }}
            http {{
                client_body_temp_path {self.dir}/tmp/body;
                proxy_temp_path {self.dir}/tmp/proxy;
                fastcgi_temp_path {self.dir}/tmp/fastcgi;
                uwsgi_temp_path {self.dir}/tmp/uwsgi;
                scgi_temp_path {self.dir}/tmp/scgi;
                include mime.types;
                access_log {self.dir}/access.log;
                ssl_certificate {cert};
                ssl_certificate_key {os.path.join(os.path.dirname(cert), "key.pem")};
                include snippets/latchkey-http.conf;
                {servers}
            }}"""

    def run(self):
        """nginx, until its stop()."""
        log = self.path("error.log")
        return Daemon("/usr/sbin/nginx", "-p", self.dir + "/", "-c", self.path("nginx.conf"), "-e", log,
                      ready=lambda: listens(self.port), log=log)

    def remove(self):
        shutil.rmtree(self.dir)

    def client(self, **what):
        return Client(self.port, **what)


@contextlib.contextmanager
def site(lk, servers, edits=(), port=None):
    """A site that runs."""
    it = Site(lk, servers, edits, port)
    try:
        nginx = it.run()
        try:
            yield it
        finally:
            nginx.stop()
    finally:
        it.remove()


class Application(http.server.ThreadingHTTPServer):
    """Answers any request with what it saw of it: method, path, headers as they came, length and
    hash of the body, and with the status that ?status= says; `seen` counts them."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Teller)
        self.port = self.server_address[1]
        self.seen = 0
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()


class _Teller(http.server.BaseHTTPRequestHandler):
    def _tell(self):
        self.server.seen += 1
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        text = json.dumps({"method": self.command, "path": self.path, "headers": self.headers.items(),
                           "length": len(body), "sha256": hashlib.sha256(body).hexdigest()}).encode()
        self.send_response(int(self.path.partition("?status=")[2] or 200))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-Request-Id", '"mine"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = _tell

    def log_message(self, *_):
        pass


def spellings(name):
    """A header with each of its - also as _."""
    words = name.split("-")
    for between in itertools.product("-_", repeat=len(words) - 1):
        yield words[0] + "".join(a + b for a, b in zip(between, words[1:]))


def chunked(data, size=70_000):
    pieces = (data[i:i + size] for i in range(0, len(data), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"
