"""doc/openapi.yaml, and whether an answer is what it says."""

import os
import re

import jsonschema
import yaml

from lib.stack import ROOT

METHODS = ("get", "head", "post", "patch", "delete")
# What an answer may only have if it is documented; others are nginx's for all answers
WATCHED = re.compile(r"WWW-Authenticate|Location|Set-Cookie|Cache-Control|Pragma|Retry-After|Allow|X-Auth-.*", re.I)


class Spec:
    def __init__(self):
        with open(os.path.join(ROOT, "doc", "openapi.yaml"), encoding="utf-8") as file:
            self.whole = yaml.safe_load(file)
        self._resolver = jsonschema.RefResolver("", self.whole)
        # (METHOD, path): operation, with the path's own things
        self.operations = {(method.upper(), path): {**operation, "parameters": item.get("parameters", [])
                                                    + operation.get("parameters", [])}
                           for path, item in self.whole["paths"].items()
                           for method, operation in item.items() if method in METHODS}
        self.by_id = {operation["operationId"]: row for row, operation in self.operations.items()}
        assert len(self.by_id) == len(self.operations)

    def resolve(self, node):
        """What a reference stands for; anything else is itself."""
        while isinstance(node, dict) and "$ref" in node:
            found = self.whole
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            node = found
        return node

    def base(self, path):
        """The servers of a path."""
        servers = self.whole["paths"][path].get("servers", self.whole["servers"])
        return [server["url"].rstrip("/") for server in servers]

    def responses(self, operation):
        return {status: self.resolve(response) for status, response in operation["responses"].items()}

    def content(self, operation):
        """{media type: {schema, examples}} of the request."""
        return self.resolve(operation.get("requestBody", {})).get("content", {})

    def examples(self, operation):
        """{name: example} of the request, the same for each media type."""
        kinds = list(self.content(operation).values())
        assert all(kind == kinds[0] for kind in kinds)
        return kinds[0]["examples"] if kinds else {}

    def validate(self, value, schema, what):
        problems = list(jsonschema.Draft202012Validator(schema, resolver=self._resolver).iter_errors(value))
        assert not problems, (what, value, [problem.message for problem in problems])

    def check(self, answer, method, path):
        """The answer is one that the operation documents."""
        responses = self.responses(self.operations[method, path])
        names = str(answer.status), f"{answer.status // 100}XX", "default"
        response = next((responses[name] for name in names if name in responses), None)
        assert response, (method, path, "status is not documented", answer)
        self._check_headers(answer, response, (method, path))
        self._check_body(answer, method, response, (method, path))
        return answer

    def _check_headers(self, answer, response, what):
        documented = {name.lower(): self.resolve(header) for name, header in response["headers"].items()}
        for name, header in documented.items():
            values = answer.all(name)
            assert values or not header.get("required"), (what, name + " is missing", answer)
            for value in values:
                number = header["schema"].get("type") == "integer"
                self.validate(int(value) if number else value, header["schema"], (what, name))
        stray = [name for name, _ in answer.headers
                 if WATCHED.fullmatch(name) and name.lower() not in documented]
        assert not stray, (what, stray, "is not documented", answer)

    def _check_body(self, answer, method, response, what):
        content = response.get("content")
        if method == "HEAD" or not content:
            assert answer.body == b"", (what, answer)
            return
        kind = answer.header("Content-Type")
        assert kind in content, (what, kind, answer)
        value = answer.json if kind.endswith("json") else answer.body.decode()
        self.validate(value, content[kind]["schema"], (what, answer.status))


def walk(node, visit):
    """Calls visit on each mapping of a document."""
    if isinstance(node, dict):
        visit(node)
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        walk(child, visit)

