"""GET /metrics: Prometheus text, to the host itself."""

import os
import re
import signal

import pytest

from lib import check
from lib.stack import ROOT
from lib.wait import wait_for

LINE = re.compile(r'latchkey_\w+(\{(\w+="[^"\\\n]*"(,\w+="[^"\\\n]*")*)?\})? (\d+(\.\d+)?|\+Inf)')


def scrape(lk):
    answer = lk.client(address="127.0.0.1").get("/metrics", base="")
    assert answer.status == 200, answer
    assert answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    return answer.body.decode()


def samples(text):
    """{'name{labels}': value}; each once."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            assert name not in found, line
            found[name] = float(value)
    return found


def test_format(lk, c, user):
    lk.login(user)
    c.get("/nowhere")
    text = scrape(lk)
    typed = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in typed
            typed[name] = kind
        elif not line.startswith("# HELP "):
            assert LINE.fullmatch(line), line
            name = re.match(r"\w+", line)[0]
            assert name in typed or re.sub("_(bucket|sum|count)$", "", name) in typed, line
    assert typed["latchkey_requests_total"] == "counter" and typed["latchkey_request_seconds"] == "histogram"


def test_what_is_counted(lk, c, user):
    def now():
        return samples(scrape(lk))

    me = 'latchkey_requests_total{route="me",method="GET",status="200"}'
    refused = 'latchkey_errors_total{code="token_missing",status="401"}'
    hashes, pg = "latchkey_password_hashes_total", 'latchkey_store_calls_total{store="postgresql"}'
    token = lk.login(user)["access_token"]
    before = now()
    for _ in range(5):
        assert c.get("/users/me", bearer=token).status == 200
    check.problem(c.get("/users/me"), 401)
    assert lk.client().login(user.username, user.password).status == 200
    after = wait_for(lambda: (lambda s: s if s[hashes] > before[hashes] and s[refused] > before.get(refused, 0) else None)(now()))
    assert after[me] - before.get(me, 0) == 5
    assert after[refused] - before.get(refused, 0) == 1
    assert after[hashes] - before[hashes] == 1
    assert after[pg] - before[pg] >= 7
    slow = 'latchkey_request_seconds_%s{route="login",method="POST"%s}'
    assert after[slow % ("count", "")] == after[slow % ("bucket", ',le="+Inf"')]
    assert after[slow % ("sum", "")] - before.get(slow % ("sum", ""), 0) > 0.005


def test_histograms_add_up(lk, c):
    c.get("/health/live")
    for name, value in samples(scrape(lk)).items():
        if "_count{" in name:
            family, labels = re.fullmatch(r"(\w+)_count\{(.*)\}", name).groups()
            assert samples_at(lk, family, labels)[-1] >= value > -1


def samples_at(lk, family, labels):
    """The buckets of one histogram, which never fall."""
    found = [v for n, v in samples(scrape(lk)).items() if n.startswith(family + "_bucket{" + labels + ",le=")]
    assert found and found == sorted(found)
    return found


def test_pools_and_stores(lk):
    now = samples(scrape(lk))
    for pool in ("fast", "slow"):
        busy, idle = (now['latchkey_workers{pool="%s",state="%s"}' % (pool, state)] for state in ("busy", "idle"))
        assert busy + idle == len(lk.workers(pool))
    assert now['latchkey_workers{pool="fast",state="busy"}'] >= 1
    assert now['latchkey_store_up{store="postgresql"}'] == now['latchkey_store_up{store="redis"}'] == 1
    assert now["latchkey_partitions_ready"] == 1
    assert 'latchkey_letters{state="dead"}' in now


def test_a_death_is_counted(lk):
    name = 'latchkey_worker_deaths_total{pool="fast"}'
    before = samples(scrape(lk))[name]
    os.kill(min(lk.workers("fast")), signal.SIGKILL)
    wait_for(lambda: samples(scrape(lk))[name] == before + 1)


@pytest.mark.parametrize("path, base", [("/metrics", ""), ("/metrics/", ""), ("/metrics", "/api/v1"), ("//metrics", "/api/v1"),
                                        ("/%6detrics", ""), ("/.well-known/../metrics", "")])
def test_not_for_others(lk, path, base):
    answer = lk.client().get(path, base=base)
    assert answer.status in (403, 404), answer
    assert b"latchkey_requests_total" not in answer.body
    assert b"latchkey_requests_total" not in lk.client().get(path, base=base, headers=[("X-Forwarded-For", "127.0.0.1")]).body


def test_only_at_the_root(lk):
    here = lk.client(address="127.0.0.1")
    for path in ("/metrics", "//metrics", "/x/../metrics", "metrics"):
        assert here.get(path, base="/api/v1").status == 404


@pytest.mark.parametrize("file", ["alerts.yaml", "dashboard.json"])
def test_what_the_examples_ask_for_is_there(lk, user, file):
    lk.login(user)
    text = scrape(lk)
    with open(os.path.join(ROOT, "doc/monitoring", file), encoding="utf-8") as given:
        wanted = set(re.findall(r"\blatchkey_[a-z_]+\b", given.read()))
    there = {re.match(r"\w+", line)[0] for line in text.splitlines() if not line.startswith("#")}
    there |= set(re.findall(r"# TYPE (\w+)", text))
    assert len(wanted) > 5 and wanted <= there, wanted - there
