"""Where an attacker can put something: every parameter that doc/openapi.yaml knows, as requests in
which each such place is marked."""

import json
import urllib.parse
from dataclasses import dataclass, field

SAME = ("login", "email", "username")  # one of which names a user
MARK = "*"  # sqlmap's, behind the value that it changes
HEADERS = {"User-Agent": "probe/1", "X-Request-Id": "probe", "Origin": "https://shop.example.org", "Cookie": "__Host-latchkey=x",
           "Sec-CH-UA-Mobile": "?0"}


@dataclass
class Request:
    name: str
    method: str
    target: str
    headers: dict = field(default_factory=dict)
    body: str = ""

    def text(self, port):
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: localhost:{port}",
                 *(f"{name}: {value}" for name, value in self.headers.items())]
        return "\r\n".join(lines) + "\r\n\r\n" + self.body

    @property
    def points(self):
        return self.text("").count(MARK)


def bodies(spec, operation):
    """The examples, those alone that differ in their members: each goes as deep as it can; and one
    more for each member that none of them has."""
    kinds = spec.content(operation)
    if not kinds:
        return []
    found = {}
    for example in spec.examples(operation).values():
        found.setdefault(frozenset(example["value"]), example["value"])
    first = next(iter(found.values()))
    for name in spec.resolve(next(iter(kinds.values()))["schema"])["properties"]:
        if not any(name in body for body in found.values()):
            dropped = SAME if name in SAME else ()
            body = {name: "x", **{key: value for key, value in first.items() if key not in dropped}}
            found[frozenset(body)] = body
    return list(found.values())


def marked(value):
    return f"{value}{MARK}" if isinstance(value, str) else f"{json.dumps(value)}{MARK}"


def target(spec, path, operation, base, known):
    """Path and query, each part that can be chosen marked."""
    parts = [f"{known.get(part[1:-1], 'google')}{MARK}" if part[:1] == "{" else part for part in path.split("/")]
    query = {}
    for parameter in map(spec.resolve, operation["parameters"]):
        if parameter["in"] == "query":
            query[parameter["name"]] = known.get(parameter["name"], "1" if "page" in parameter["name"] else "x") + MARK
    return base + "/".join(parts) + ("?" + urllib.parse.urlencode(query, safe=MARK) if query else "")


def authorization(operation, known):
    names = {name for choice in operation["security"] for name in choice}
    for scheme in ("machine", "userToken", "refreshToken", "client"):
        if scheme in names:
            return {"Authorization": known[scheme]}
    return {}


def requests(spec, known):
    """Each operation with each of its bodies, once as a form too; the headers apart, which all
    operations read alike. `known` are values that are right, by name, of all operations or of one."""
    for (method, path), operation in sorted(spec.operations.items()):
        if method == "HEAD" and ("GET", path) in spec.operations or "documents" in operation["tags"]:
            continue
        if path == "/metrics":
            continue
        known_here = {**known, **known.get((method, path), {})}
        name, base = operation["operationId"], spec.base(path)[0]
        common = method, target(spec, path, operation, base, known_here)
        headers = authorization(operation, known)
        whole = [{key: marked(known_here.get(key, value)) for key, value in body.items()}
                 for body in bodies(spec, operation)]
        for number, body in enumerate(whole):
            yield Request(f"{name}-{number}", *common, {**headers, "Content-Type": "application/json"}, json.dumps(body))
        if whole:
            yield Request(name + "-form", *common, {**headers, "Content-Type": "application/x-www-form-urlencoded"},
                          urllib.parse.urlencode(whole[0], safe=MARK))
        elif MARK in common[1]:
            yield Request(name, *common, headers)
    for path, headers in (("/api/v1/users/me", {"Authorization": known["userToken"]}),
                          ("/api/v1/auth/verify", {"Authorization": known["userToken"]}),
                          ("/api/v1/social/login/google", {})):
        yield Request("headers-" + path.rsplit("/", 1)[1], "GET", path,
                      {**headers, **{name: marked(value) for name, value in HEADERS.items()}})
    yield Request("headers-login", "POST", "/api/v1/auth/login",
                  {**{name: marked(value) for name, value in HEADERS.items() if name not in ("Origin", "Cookie")},
                   "Content-Type": "application/json"}, json.dumps({"login": known["username"], "password": known["password"]}))
    # What stands in Authorization, as it is and behind base64 (t/hostile/behind_basic.py)
    yield Request("bearer", "GET", "/api/v1/users/me", {"Authorization": known["userToken"] + MARK})
    yield Request("basic", "POST", "/api/v1/login", {"Authorization": f"Basic {MARK}"})
    yield Request("basic-client", "POST", "/api/v1/oauth/token",
                  {"Authorization": f"Basic {MARK}", "Content-Type": "application/x-www-form-urlencoded"},
                  "grant_type=client_credentials")
