"""Fixtures of the tests with what people really run behind nginx, PHP-FPM and Apache, each with
a configuration and files of its own. The sites are those of doc/guide-protect.md."""

import os
import re
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "api"))

from backends import Apache, PhpFpm  # noqa: E402: after the path
from lib.site import Application, Site  # noqa: E402
from lib.stack import ROOT, Stack, free_port  # noqa: E402


def guide(heading, kind):
    """The blocks of that kind below a heading."""
    with open(os.path.join(ROOT, "doc/guide-protect.md"), encoding="utf-8") as file:
        parts = re.split(r"^## (.+)$", file.read(), flags=re.M)
    text = dict(zip(parts[1::2], parts[2::2]))[heading]
    found = re.findall(rf"^```{kind}\n(.*?)^```$", text, flags=re.M | re.S)
    assert found, (heading, kind)
    return "".join(found)


HEADINGS = ("Files", "PHP", "Behind a proxy", "Apache behind nginx", "Signing in with a page")


@pytest.fixture(scope="session")
def port():
    return free_port()


@pytest.fixture(scope="session")
def lk(port):
    known = guide("Signing in with a page", "ini").replace("app.example.org", f"127.0.0.1:{port}")
    stack = Stack.start(known)
    yield stack
    stack.down()


@pytest.fixture(scope="session")
def app():
    app = Application()
    yield app
    app.stop()


@pytest.fixture(scope="session")
def web(lk, port, app):
    """All sites of the guide in one server, with the programs behind it."""
    apache_port = free_port()
    servers = "".join(guide(heading, "nginx") for heading in HEADINGS)
    for old, new in (("/srv/app", "@DIR@/app"), ("/run/php/php-fpm.sock", "@DIR@/sock/php.sock"), (":8000", f":{app.port}"),
                     (":8080", f":{apache_port}")):
        assert old in servers, old
        servers = servers.replace(old, new)
    site = Site(lk, f"server {{ listen 127.0.0.1:@PORT@ ssl; client_max_body_size 10m;\n{servers}}}\n", port=port)
    for name in ("reports/a.html", "pages/index.html"):
        site.write("app/" + name, "inside " + name)
    site.write("app/login.html", guide("Signing in with a page", "html"))
    with open(os.path.join(HERE, "who.php"), encoding="utf-8") as file:
        who = file.read()
    for name in ("app/php/who.php", "apache/legacy/who.php"):
        site.write(name, who)
    running = []
    try:
        running.append(PhpFpm(site))
        running.append(Apache(site, apache_port, guide("Apache behind nginx", "apache").replace("8080", str(apache_port))))
        site.apache_port = apache_port
        running.append(site.run())
        yield site
    finally:
        for program in reversed(running):
            program.stop()
        site.remove()


@pytest.fixture
def c(web):
    return web.client()
