"""doc/openapi.yaml against the tables of the program, and the documents as they are served."""

import importlib.machinery
import importlib.util
import os
import re

import jsonschema
import pytest
import yaml

from lib import check
from lib.openapi import Spec, walk
from lib.stack import ROOT, built

SPEC = Spec()
ROW = re.compile(r'^\t\{"(\w+)",\s*"/?([^"]+)",\s*ACCESS_(\w+),(.*)\},$', re.M)
DOCUMENTS = {"/openapi.json", "/docs", "/errors"}  # files, of no row
SECURITY = {
    "PUBLIC": [], "BASIC": [{"basic": []}],
    "REFRESH": [{"refreshToken": []}], "USER": [{"userToken": []}, {"cookie": []}],
    "OPTIONAL": [{}, {"userToken": []}, {"cookie": []}],
    "VERIFY": [{"userToken": []}, {"cookie": []}, {"machineToken": []}],
    "CLIENT": [{"client": []}, {}],
}
OTHERWISE = {"/auth/refresh": [{}, {"refreshToken": []}]}  # in the body too


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def nameless(path):
    return re.sub(r"\{\w+\}", "{}", path)


def table():
    """{(method, path): (access, scope)} of app/routes.c, with the HEADs of its GETs."""
    text = read("app", "routes.c")
    found = {}
    for method, path, access, more in ROW.findall(text):
        scope = re.search(r'\.scope = "([^"]+)"', more)
        for method in [method, "HEAD"] if method == "GET" and ".acts = true" not in more else [method]:
            found[method, "/" + nameless(path)] = access, scope and scope[1]
    assert len(ROW.findall(text)) == text.count("ACCESS_")
    return found


ROUTES = table()
OPERATIONS = {(method, nameless(path)): operation for (method, path), operation in SPEC.operations.items()}


def script(*path):
    """A program of the tree as a module."""
    loader = importlib.machinery.SourceFileLoader(path[-1], os.path.join(ROOT, *path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(path[-1], loader))
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def render():
    return script("doc", "render")


def enums(name):
    """{(status, word)} of every enumeration of a member in documented failures."""
    found = set()
    for operation in SPEC.operations.values():
        for status, response in SPEC.responses(operation).items():
            walk(response.get("content", {}), lambda node, status=status: found.update(
                (status, word) for word in node.get("properties", {}).get(name, {}).get("enum", ())))
    return found


# the tables

def test_every_route_and_no_other():
    documents = {(method, path) for path in DOCUMENTS for method in ("GET", "HEAD")}
    assert set(OPERATIONS) == set(ROUTES) | documents and not documents & set(ROUTES)


@pytest.mark.parametrize("row", sorted(ROUTES))
def test_access(row):
    access, scope = ROUTES[row]
    said = OPERATIONS[row]["security"]
    if access == "SCOPE":
        assert said == [{"machine": [scope]}, {"machineToken": [scope]}]
    else:
        assert not scope and said == OTHERWISE.get(row[1], SECURITY[access])


def test_scopes():
    flow = SPEC.whole["components"]["securitySchemes"]["machine"]["flows"]["clientCredentials"]
    assert set(flow["scopes"]) == {scope for _, scope in ROUTES.values() if scope}


def test_limits(monkeypatch):
    """429 stands where nginx limits clients (t/lint/routes)."""
    monkeypatch.chdir(ROOT)
    lint = script("t", "lint", "routes")
    for path, pool in lint.routes().items():
        path = "/" + path.lstrip("/")
        limited = lint.limit(path, pool) != "none"
        for method in {"GET", "POST", "PATCH", "DELETE"} & {m for m, p in ROUTES if p == nameless(path)}:
            assert ("429" in OPERATIONS[method, nameless(path)]["responses"]) == limited, (method, path)


@pytest.mark.parametrize("row", sorted(SPEC.operations))
def test_parameters_of_the_path(row):
    named = {p["name"] for p in map(SPEC.resolve, SPEC.operations[row]["parameters"]) if p["in"] == "path"}
    assert named == set(re.findall(r"\{(\w+)\}", row[1]))


def test_every_code_and_no_other(render):
    text = read("app", "error.def")
    ours = {(str(s), code) for s, code in re.findall(r'^ERROR\(\w+, (\d+), "(\w+)"', text, re.M)}
    oauth = {(str(s), code) for s, code in
             re.findall(r'^ERROR\(\w+, (\d+), "(\w+)"', text.split("/* What only the OAuth")[1], re.M)}
    nginx = {(str(s), code) for s, code, _ in render.of_nginx()}
    assert len(oauth) == 7 and len(nginx) > 10
    known = (ours - oauth) | (nginx - {("401", "unauthorized")})  # that is said by other applications
    said = enums("code")
    assert {code for _, code in said} == {code for _, code in known}
    assert {row for row in said if row[0].isdigit()} <= known
    words = {("429", "temporarily_unavailable"), ("503", "temporarily_unavailable"), ("default", "server_error")}
    assert all(f'"{word}"' in read("app", "response.c") for _, word in words)
    # what is malformed has the status of what it is, and one word
    assert {row for row in enums("error") if row[1] != "invalid_request"} == (oauth | words) - {("400", "invalid_request")}


def test_codes_of_fields():
    found = set()
    for name in os.listdir(os.path.join(ROOT, "app", "api")):
        text = read("app", "api", name)
        found |= set(re.findall(r'input_problem\(\s*req,\s*[^,]+,\s*"(\w+)"', text))
        found |= set(re.findall(r'\[PASSWORD_\w+\] = \{"(\w+)"', text))
    fields = SPEC.whole["components"]["schemas"]["Problem"]["properties"]["errors"]["items"]["properties"]
    assert found == set(fields["code"]["enum"])


def test_version():
    assert f'#define LATCHKEY_VERSION "{SPEC.whole["info"]["version"]}"' in read("app", "version.h")


# the document itself

def test_schemas():
    for name, schema in SPEC.whole["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        for example in schema.get("examples", ()):
            SPEC.validate(example, {"$ref": "#/components/schemas/" + name}, name)


def test_answers_are_closed():
    """Drift would not be seen otherwise."""
    def look(node):
        if node.get("type") == "object" and "openapi" not in node.get("required", ()):
            assert node.get("additionalProperties") is False, node
        if node.get("$ref", "").startswith("#/components/schemas/") and node["$ref"] not in seen:
            seen.add(node["$ref"])
            walk(SPEC.resolve(node), look)

    seen = set()
    for operation in SPEC.operations.values():
        walk({status: response.get("content") for status, response in SPEC.responses(operation).items()}, look)
    assert len(seen) > 20


def test_requests_are_json_or_form():
    for row, operation in SPEC.operations.items():
        if "requestBody" in operation:
            assert set(SPEC.content(operation)) == {"application/json", "application/x-www-form-urlencoded"}
            assert SPEC.examples(operation), row
            for name, example in SPEC.examples(operation).items():
                assert str(example["x-status"]) in SPEC.responses(operation), (row, name)


# as it is served

def test_openapi_json(c):
    for path in ("/openapi.json", "/openapi.json/"):
        answer = c.get(path)
        SPEC.check(answer, "GET", "/openapi.json")
        served = answer.json
        for response in served["components"]["responses"].values():
            for kind in set(response.get("content", ())) & {"application/problem+json", "application/json"}:
                response["content"][kind].pop("examples", None)  # of which is the next test
        assert served == SPEC.whole
    modified = answer.header("Last-Modified")
    again = c.get(path, headers=[("If-Modified-Since", modified)])
    assert again.status == 304 and again.body == b""


def test_an_example_of_each_failure(c, render):
    served, n = c.get("/openapi.json").json, 0
    for name, response in served["components"]["responses"].items():
        for kind, media in response.get("content", {}).items():
            words = []
            walk(media["schema"], lambda node, words=words: [
                words.extend(node.get("properties", {}).get(member, {}).get("enum", ())) for member in ("code", "error")])
            assert set(media.get("examples", ())) == (set() if "example" in media else set(words)), (name, kind)
            for word, example in media.get("examples", {}).items():
                SPEC.validate(example["value"], media["schema"], (name, word))
                if kind == "application/problem+json":
                    titles = render.catalogue()[word]
                    assert example["value"]["title"] == titles[example["value"]["status"]], (name, word)
                n += 1
    assert n > 60
    for operation in SPEC.operations.values():
        for status, response in operation["responses"].items():
            media = served["components"]["responses"][response["$ref"].rsplit("/", 1)[1]].get("content", {})
            for example in media.get("application/problem+json", {}).get("examples", {}).values():
                assert status in (str(example["value"]["status"]), "default", f"{example['value']['status'] // 100}XX"), (status, example)


POLICY = "; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def assets(page):
    return re.findall(r'(?:src|href)="([^"]+)"', page)


def test_docs(c):
    for path in ("/docs", "/docs/", "/docs/index.html"):
        answer = c.get(path)
        SPEC.check(answer, "GET", "/docs")
        assert answer.header("Content-Security-Policy") == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'" + POLICY)
    page = answer.body.decode()
    assert not re.search(r"<script(?! src=)|<style|\son\w+=|style=", page)
    kinds = {".js": "text/javascript", ".css": "text/css", "": "text/html; charset=utf-8", ".json": "application/json"}
    swagger = os.path.exists(os.path.join(ROOT, "t/node/node_modules/swagger-ui-dist"))
    for url in assets(page):
        if url == "data:,":
            continue
        assert url.startswith("/api/v1/"), url
        answer = c.get(url, base="")
        if "swagger-ui" in url and not swagger:
            check.problem(answer, 404, "not_found")
        else:
            assert answer.status == 200 and answer.header("Content-Type") == kinds[os.path.splitext(url)[1]], (url, answer)
            assert answer.header("Cache-Control") == "no-cache"


def test_documents_are_for_reading(c):
    for path in ("/openapi.json", "/docs", "/docs/", "/docs/init.js", "/errors", "/errors/"):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            answer = c.send(method, path)
            check.problem(answer, 405, "method_not_allowed")
            assert answer.header("Allow") == "GET, HEAD"
    for path in ("/docs/nothing.html", "/docs/x/", "/errors/x", "/docsx", "/openapi.jsonx", "/openapi.yaml"):
        check.problem(c.get(path), 404, "not_found")
    for path in ("/docs/../../../../etc/passwd", "/docs/%2e%2e/errors", "/docs//index.html"):
        assert b"root:" not in c.get(path).body


# the catalogue

def test_what_to_do_is_said_of_every_code(render):
    advice = yaml.safe_load(read("doc", "errors.yaml"))
    assert set(advice) == set(render.catalogue())
    assert all(isinstance(text, str) and text.endswith(".") for text in advice.values())
    assert not re.search(r"map \$status \$latchkey_code \{[^}]*\n\t(?!\d{3} |default )", read("conf/nginx/latchkey-http.conf"))


def test_catalogue(c, render):
    for path in ("/errors", "/errors/"):
        answer = c.get(path)
        SPEC.check(answer, "GET", "/errors")
        assert answer.header("Content-Security-Policy") == "default-src 'none'; style-src 'self'; img-src data:" + POLICY
    page = answer.body.decode()
    assert re.findall(r'<tr id="(\w+)">', page) == list(render.catalogue())
    text = re.sub(r"<[^>]*>", "", page)
    rows = re.findall(r'^ERROR\(\w+, (\d+), "\w+", "(.*)"\)$', read("app", "error.def"), re.M)
    assert len(rows) > 40 and all(title in text for _, title in rows)
    for url in assets(page):
        assert url[0] == "#" or url == "data:," or c.get(url, base="").status == 200, url


@pytest.mark.parametrize("what", [("GET", "/users/me", {}), ("POST", "/register", {"json": {}}),
                                  ("GET", "/nothing", {}), ("GET", "/" + "x" * 9000, {})])
def test_a_problem_leads_there(lk, c, what):
    """Of the service, and of nginx."""
    method, path, more = what
    url = c.send(method, path, **more).json["type"]
    page, anchor = url.removeprefix(lk.env["URL"]).split("#")
    assert f'<tr id="{anchor}">' in c.get(page, base="").body.decode()


def test_it_is_built_from_here(render, tmp_path):
    """What is served is what doc/render makes of this tree."""
    render.main(str(tmp_path))
    for name in ("openapi.json", "errors", "docs/index.html", "docs/init.js", "docs/style.css"):
        with open(os.path.join(built(), "doc", "api", "v1", name), "rb") as file:
            assert file.read() == (tmp_path / "api" / "v1" / name).read_bytes(), name
