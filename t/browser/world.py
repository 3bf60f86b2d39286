"""What logins in a browser take place in: providers, a service with web pages on its own
host, and the same pages at other origins."""

import contextlib
import json
import os
import shutil
from dataclasses import dataclass

from lib.provider import Provider, application
from lib.site import Site, site
from lib.social import CLIENT_ID, SECRET, Person, oauth2, section, wait_discovered
from lib.stack import Stack, free_port
from yandex import Yandex

PAGES = os.path.join(os.path.dirname(__file__), "pages")
OIDC = {"google": "RS256", "corp": "ES256"}  # the algorithm of its ID tokens
PROVIDERS = (*OIDC, "yandex")
SERVERS = """
server {
    listen 127.0.0.1:@PORT@ ssl http2;
    server_name localhost;
    include snippets/latchkey-locations.conf;
    location / { root @DIR@/files; }
}
server {
    listen 127.0.0.1:%d ssl http2;
    listen 127.0.0.1:%d ssl http2;
    listen 127.0.0.1:%d;
    listen 127.0.0.1:%d;
    root @DIR@/files;
}"""


@dataclass
class World:
    """Origins: `home` is the service's; an application is at `near`, of the same site as the
    service (its host, another port), and at `far`, of another site; `evil_near` and `evil_far`
    are nobody's that the service knows."""

    home: str
    near: str
    evil_near: str
    far: str
    evil_far: str
    people: list
    providers: dict = None
    lk: Stack = None
    site: Site = None

    @property
    def api(self):
        return self.home + "/api/v1"

    def callback(self, provider):
        return f"{self.api}/social/auth/{provider}"

    def visits(self):
        """Of the pages: nginx's own log, with the query and the Referer."""
        with open(self.site.path("access.log")) as file:
            return file.read()

    def person(self, verified=True):
        """Somebody new, who has an account at each provider."""
        who = next(one for one in self.people if one.verified == verified)
        self.people.remove(who)
        return who


def oidc(world, name, alg):
    client = dict(application(CLIENT_ID, SECRET, world.callback(name)), id_token_signed_response_alg=alg)
    return Provider(algs=(alg,), accounts=[one.claims for one in world.people], clients=[client])


def configuration(world):
    at = {name: provider.url for name, provider in world.providers.items()}
    return (section("google", "google", at["google"]) + section("corp", "oidc", at["corp"], algorithms="ES256") +
            oauth2("yandex", "yandex", world.providers["yandex"]) +
            f"[web]\npublic_url = {world.home}\nallowed_origins = {world.near} {world.far}\n"
            f"return_to = {world.home} {world.near} {world.far}\n")


@contextlib.contextmanager
def world():
    ports = [free_port() for _ in range(5)]
    hosts = ["https://127.0.0.1"] * 3 + ["http://localhost"] * 2
    it = World(*(f"{host}:{port}" for host, port in zip(hosts, ports)),
               people=[Person(verified=n % 4 > 0) for n in range(60)])
    with contextlib.ExitStack() as ends:
        it.providers = {name: ends.enter_context(oidc(it, name, alg)) for name, alg in OIDC.items()}
        it.providers["yandex"] = Yandex(it.callback("yandex"), it.people)
        ends.callback(it.providers["yandex"].stop)
        it.lk = Stack.start(configuration(it))
        ends.callback(it.lk.down)
        it.site = ends.enter_context(site(it.lk, SERVERS % tuple(ports[1:]), port=ports[0]))
        shutil.copytree(PAGES, it.site.path("files"))
        it.site.write("files/config.js", f"const API = {json.dumps(it.api)};\nconst PROVIDERS = {json.dumps(PROVIDERS)};\n")
        wait_discovered(it.lk, *PROVIDERS)
        yield it
