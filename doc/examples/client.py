#!/usr/bin/python3
"""client.py register EMAIL USERNAME | login NAME | whoami | logout

LATCHKEY_URL is the service; LATCHKEY_SESSION is where the session is kept."""

import fcntl
import json
import os
import sys
import time

import requests

API = os.environ.get("LATCHKEY_URL", "https://127.0.0.1:8443") + "/api/v1"
SESSION = os.environ.get("LATCHKEY_SESSION", "session.json")
# Three of 3 seconds, a second apart: the last begins within the 10 for which a spent refresh
# token is good.
TRIES, REFRESH_SECONDS = 3, 3


class Problem(Exception):
    """A failure, as the service tells it (RFC 9457)."""

    def __init__(self, answer):
        said = answer.json()
        self.status, self.code = answer.status_code, said["code"]
        fields = "".join(f"\n  {e['field']}: {e['message']}" for e in said.get("errors", ()))
        super().__init__(f"{self.code}: {said['detail']} (request {said['request_id']}){fields}")


def call(method, path, timeout=15, **what):
    """An answer that is a success. 503 means that nothing was done: the same once more."""
    for attempt in range(TRIES):
        answer = requests.request(method, API + path, timeout=timeout, **what)
        if answer.status_code != 503 or attempt == TRIES - 1:
            break
        time.sleep(int(answer.headers.get("Retry-After", 1)))
    if not answer.ok:
        raise Problem(answer)
    return answer


def ask(question):
    print(question, end=" ", file=sys.stderr, flush=True)
    return sys.stdin.readline().rstrip("\n")


def bearer(token):
    return {"Authorization": "Bearer " + token}


# ---- the session ----

def keep(tokens):
    """Durably, and whole or not at all, for nobody else to read."""
    fd = os.open(SESSION + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(fd, "w") as file:
        json.dump(tokens, file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(SESSION + ".new", SESSION)


def kept():
    try:
        with open(SESSION) as file:
            return json.load(file)
    except FileNotFoundError:
        sys.exit("Not logged in.")


def forget():
    if os.path.exists(SESSION):
        os.remove(SESSION)


def renew(refresh_token):
    """The next pair. An answer that was lost is asked for again, with the same token."""
    body = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    for attempt in range(TRIES):
        try:
            return call("POST", "/auth/refresh", timeout=REFRESH_SECONDS, json=body).json()
        except (Problem, requests.RequestException) as problem:
            lost = not isinstance(problem, Problem) or problem.status in (502, 504)
            if not lost or attempt == TRIES - 1:
                raise
            time.sleep(1)


def refresh(refused):
    """Tokens in place of those with the access token that was refused."""
    with open(SESSION + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one at a time
        tokens = kept()
        if tokens["access_token"] != refused:
            return tokens  # somebody else was faster
        try:
            tokens = renew(tokens["refresh_token"])
        except Problem as problem:
            if problem.status == 401:
                forget()
                sys.exit("The session is over: log in again.")
            raise
        keep(tokens)  # before they are used
        return tokens


def send(method, path):
    """With the session's access token; refreshes it once if it is refused."""
    token = kept()["access_token"]
    try:
        return call(method, path, headers=bearer(token))
    except Problem as problem:
        if problem.status != 401:
            raise
    return call(method, path, headers=bearer(refresh(token)["access_token"]))


# ---- the commands ----

def register(email, username):
    call("POST", "/register", json={"email": email})
    code = ask("The code in the letter:")
    token = call("POST", "/register", json={"email": email, "registration_code": code}).json()["token"]
    password = ask("A password:")
    user = call("POST", "/register", json={"token": token, "username": username, "password": password}).json()
    print("registered", user["username"])


def login(name):
    password = ask("The password:")
    # as bytes, for the service reads UTF-8
    keep(call("POST", "/login", auth=(name.encode(), password.encode())).json())
    print("logged in")


def whoami():
    answer = send("GET", "/auth/verify")
    print(answer.headers["X-Auth-Username"], answer.headers["X-Auth-Roles"])


def logout():
    send("POST", "/auth/logout")
    forget()
    print("logged out")


COMMANDS = {"register": (register, 2), "login": (login, 1), "whoami": (whoami, 0), "logout": (logout, 0)}

if __name__ == "__main__":
    command, count = COMMANDS.get(sys.argv[1] if len(sys.argv) > 1 else "", (None, 0))
    if not command or len(sys.argv) != 2 + count:
        sys.exit(__doc__)
    try:
        command(*sys.argv[2:])
    except (Problem, requests.RequestException) as problem:
        sys.exit(str(problem))
