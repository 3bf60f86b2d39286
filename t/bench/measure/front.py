"""The nginx of all measurements: the service's own server as it is shipped, and beside its
locations a fixed answer, the bare worker and the peer, with the same TLS and the same log."""

import contextlib
import os

from lib.site import Daemon, Site

BESIDE = """
	location = /fixed {
		access_log @LOG@ latchkey;
		default_type application/json;
		return 200 '{"status":"ok"}';
	}
	location = /bare {
		include snippets/latchkey-common.conf;
		client_max_body_size 16k;
		limit_conn latchkey_sender 256;
		limit_conn latchkey_open 1024;
		fastcgi_pass unix:@DIR@/bare.sock;
	}
"""
PEER = """
	location /@NAME@/ {
		access_log @LOG@ latchkey;
		proxy_http_version 1.1;
		proxy_set_header Connection "";
		proxy_set_header Host $host;
		proxy_set_header X-Forwarded-For $remote_addr;
		proxy_pass http://@NAME@/;
	}
"""
UPSTREAM = "upstream @NAME@ { server unix:@DIR@/@NAME@.sock; keepalive 64; }\n"


def server(lk, peers):
    with open(lk.path("nginx/snippets/latchkey-server.conf")) as file:
        text = file.read()
    beside = BESIDE + "".join(PEER.replace("@NAME@", name) for name in peers)
    beside = beside.replace("@LOG@", os.path.join(lk.env["LOG"], "access.log"))
    assert f":{lk.port} " in text and "location / {" in text
    upstreams = "".join(UPSTREAM.replace("@NAME@", name) for name in peers)
    return upstreams + text.replace(f":{lk.port} ", ":@PORT@ ").replace("location / {", beside + "\n\tlocation / {")


class Front:
    def __init__(self, lk, workers, peers):
        self.site = Site(lk, server(lk, peers).replace("http2 default_server", "http2"))
        self.url = f"https://127.0.0.1:{self.site.port}"
        self._stack = contextlib.ExitStack()
        self._stack.callback(self.site.remove)
        try:
            bare, log = self.site.path("bare.sock"), self.site.path("bare.log")
            self.bare = self._start(Daemon, os.path.join(lk.env["BUILD"], "t/bench/bare"), bare, str(workers),
                                    ready=lambda: os.path.exists(bare), log=log)
            self.nginx = self._start(self.site.run)
        except BaseException:
            self.stop()
            raise

    def _start(self, make, *words, **what):
        daemon = make(*words, **what)
        self._stack.callback(daemon.stop)
        return daemon

    def stop(self):
        self._stack.close()
