"""The published keys, and their rotation under use."""

import datetime
import os
import signal
import threading
import time

import jwt
import pytest

from lib.stack import Stack, own_stack
from lib.tokens import parts, unb64
from lib.wait import wait_for

LEAD_S = 3  # more than the 2 s in which every worker hears of a new key

lk = own_stack(f"[tokens]\nkey_lead_s = {LEAD_S}\n")

URLS = [("", "/.well-known/jwks.json"), ("/api/v1", "/.well-known/jwks.json")]


def published(c, base=""):
    return c.get("/.well-known/jwks.json", base=base).json["keys"]


def test_shape(lk, c):
    keys = published(c)
    assert keys == published(c, "/api/v1") and keys
    for key in keys:
        assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
        assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")
        assert len(unb64(key["x"])) == len(unb64(key["y"])) == 32
    assert len({key["kid"] for key in keys}) == len(keys)
    rows = {use: {row[0] for row in lk.keys.rows(use)} for use in ("refresh", "registration", "recovery",
                                                                   "code", "index", "secret")}
    assert not {key["kid"] for key in keys} & set.union(*rows.values())


@pytest.mark.parametrize("base, path", URLS)
def test_head_and_caching(c, base, path):
    get, head = (c.send(method, path, base=base) for method in ("GET", "HEAD"))
    assert get.status == head.status == 200 and head.body == b""
    assert get.header("Content-Type").split(";")[0] in ("application/json", "application/jwk-set+json")
    assert "max-age=" in get.header("Cache-Control")
    assert c.post(path, base=base).status == 405


def rotate(lk, use, *words):
    old = {row[0] for row in lk.keys.rows(use)}
    lk.ctl("key", "rotate", use, *words)
    (new,) = {row[0] for row in lk.keys.rows(use)} - old
    return new


def used(lk, user, kid, seconds=6):
    """Waits until a new access token is signed with that key."""
    refresh = lk.login(user)["refresh_token"]
    client = lk.client()
    wait_for(lambda: parts(client.post("/token", bearer=refresh).json["access_token"])[0]["kid"] == kid,
             seconds,
             "the new key is not used", every=0.1)


def test_old_tokens_pass_after_a_rotation(lk, c, user):
    before = lk.login(user, c)
    old = {row[0] for row in lk.keys.rows("access")}
    kid = rotate(lk, "access", "--now")
    used(lk, user, kid)
    assert {kid, *old} <= {key["kid"] for key in published(c)}
    assert c.get("/users/me", bearer=before["access_token"]).status == 200
    again = c.post("/token", bearer=before["refresh_token"])
    assert again.status == 200 and parts(again.json["access_token"])[0]["kid"] == kid
    key = jwt.PyJWKSet.from_dict({"keys": published(c)})[kid].key
    assert jwt.decode(again.json["access_token"], key, ["ES256"],
                      options={"verify_aud": False})["sub"] == user.id


@pytest.mark.parametrize("use", ["refresh", "registration", "recovery", "code"])
def test_other_keys_rotate_too(lk, c, user, use):
    tokens = lk.login(user, c)
    recovery = lk.token(user.email, c, "/password", n=2)
    rotate(lk, use, "--now")
    assert c.post("/token", bearer=tokens["refresh_token"]).status == 200
    other = lk.register()
    assert lk.client().post("/token", bearer=lk.login(other)["refresh_token"]).status == 200
    done = c.post("/password", {"token": recovery, "username": user.username,
                                "password": "Quartz-fjord-91-x"})
    assert done.status == 200, done


def test_a_code_outlives_the_rotation_of_its_key(lk, c):
    email = "keys-%d@example.com" % time.time_ns()
    code = lk.ask_code(email, c)
    rotate(lk, "code", "--now")
    assert c.post("/register", {"email": email, "registration_code": code}).status == 200


def test_published_before_it_signs(lk, c, user):
    kid = rotate(lk, "access")
    start = time.monotonic()
    wait_for(lambda: kid in {key["kid"] for key in published(c)}, LEAD_S, "it is not published")
    assert parts(lk.login(user)["access_token"])[0]["kid"] != kid or time.monotonic() - start > LEAD_S - 0.5
    used(lk, user, kid, LEAD_S + 3)


def settled(lk):
    """Until the last change of the keys is known: workers load them before their next request."""
    changed = os.stat(os.path.join(lk.keys.directory, "manifest")).st_mtime

    def known():
        return any(line["event"] in ("keys_reloaded", "ready") and
                   datetime.datetime.fromisoformat(line["time"]).timestamp() >= changed - 0.001
                   for line in lk.log.lines())

    wait_for(known, 6, "the new keys are not loaded")


class Use:
    """Tokens made and shown without end, in a few threads; those refused are kept."""

    def __init__(self, lk, user):
        self.lk, self.user, self.stop, self.wrong, self.done = lk, user, threading.Event(), [], 0
        self.threads = [threading.Thread(target=self.run) for _ in range(4)]

    def run(self):
        client, kept = self.lk.client(), self.lk.login(self.user)
        while not self.stop.is_set():
            fresh = client.post("/token", bearer=kept["refresh_token"])
            if fresh.status != 200:
                self.wrong.append(fresh)
                continue
            for token in (fresh.json["access_token"], kept["access_token"]):
                for _ in range(3):
                    answer = client.get("/users/me", bearer=token)
                    self.done += 1
                    if answer.status != 200:
                        self.wrong.append((parts(token)[0]["kid"], answer))

    def __enter__(self):
        settled(self.lk)
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def test_rotation_under_use(lk, user):
    """Publish, wait, sign: nobody's good token is refused."""
    with Use(lk, user) as use:
        for _ in range(2):
            used(lk, user, rotate(lk, "access"), LEAD_S + 3)
    assert use.done > 100 and not use.wrong, (use.done, len(use.wrong), use.wrong[:3])


def test_immediate_rotation_while_a_worker_begins(lk, user):
    """The new worker knows the new key before the others look for it."""
    with Use(lk, user) as use:
        fast = sorted(lk.workers("fast"))
        kid = rotate(lk, "access", "--now")
        for pid in fast[:len(fast) // 2]:
            os.kill(pid, signal.SIGTERM)
        used(lk, user, kid)
        so_far = use.done
        wait_for(lambda: use.done > so_far + 300, 20)
    assert use.done > 100 and not use.wrong, (use.done, len(use.wrong), use.wrong[:3])


@pytest.mark.parametrize("alg, kty", [("RS256", "RSA"), ("HS256", None)])
def test_other_algorithms(alg, kty):
    stack = Stack.start(f"[tokens]\naccess_alg = {alg}\n")
    try:
        user = stack.register()
        tokens = stack.login(user)
        c = user.client
        header, _ = parts(tokens["access_token"])
        assert header["alg"] == alg and header["typ"] == "at+jwt"
        assert c.get("/users/me", bearer=tokens["access_token"]).status == 200
        assert c.get("/users/me", bearer=c.post("/token",
                                                bearer=tokens["refresh_token"]).json["access_token"]).status == 200
        assert c.get("/users/me", bearer=tokens["refresh_token"]).status == 401
        assert c.post("/token", bearer=tokens["access_token"]).status == 401
        keys = published(c)
        if kty is None:
            assert keys == []
            return
        (key,) = keys
        assert set(key) == {"kty", "n", "e", "kid", "use", "alg"} and (key["kty"], key["alg"]) == (kty, alg)
        assert len(unb64(key["n"])) >= 256
        assert jwt.decode(tokens["access_token"], jwt.PyJWKSet.from_dict({"keys": keys})[header["kid"]].key,
                          [alg], options={"verify_aud": False})
    finally:
        stack.down()
