"""What every answer of a kind must look like."""

import re

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
BASIC = 'Basic realm="latchkey", charset="UTF-8"'


def problem(answer, status, code=None):
    """RFC 9457 as the contract has it; returns the document."""
    assert answer.status == status, answer
    assert answer.header("Content-Type") == "application/problem+json", answer
    body = answer.json
    assert {"type", "title", "status", "detail", "code", "request_id"} <= set(body), body
    assert body["status"] == status
    assert body["request_id"] == answer.id
    assert re.fullmatch(r"[a-z][a-z0-9_]*", body["code"]), body
    assert re.fullmatch(r"https://[^/]+/api/v1/errors#" + body["code"], body["type"]), body
    assert body["title"] and isinstance(body["detail"], str), body
    assert ("errors" in body) == (status == 422), body
    if code is not None:
        assert body["code"] == code, body
    if status == 401:
        assert answer.header("WWW-Authenticate"), answer
    if status in (429, 503):
        assert re.fullmatch(r"[1-9][0-9]*", answer.header("Retry-After") or ""), answer
    return body


def oauth_error(answer, status, error):
    """RFC 6749 §5.2, where others have a problem."""
    assert answer.status == status, answer
    assert answer.header("Content-Type") == "application/json", answer
    assert set(answer.json) == {"error", "error_description"}, answer
    assert answer.json["error"] == error, answer
    assert re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", answer.json["error_description"])
    private(answer, token=True)
    if status == 401:
        assert answer.header("WWW-Authenticate") == BASIC
    if status in (429, 503):
        assert re.fullmatch(r"[1-9][0-9]*", answer.header("Retry-After") or ""), answer


def invalid(answer, *fields):
    """422 with exactly these fields; "password:password_too_weak" also tells the code."""
    body = problem(answer, 422, "validation_failed")
    for error in body["errors"]:
        assert set(error) == {"field", "code", "message"} and all(error.values()), body
    got = {e["field"] for e in body["errors"]} | {e["field"] + ":" + e["code"] for e in body["errors"]}
    assert set(fields) <= got and {f.split(":")[0] for f in fields} == {e["field"]
        for e in body["errors"]}, body
    return body


def private(answer, token=False):
    assert "no-store" in (answer.header("Cache-Control") or ""), answer
    if token:
        assert answer.header("Pragma") == "no-cache", answer


def user(document, **expected):
    """The user document of the contract."""
    assert set(document) == {"id", "username", "email", "email_verified", "active", "created_at",
                             "roles"}, document
    assert re.fullmatch(UUID, document["id"])
    assert re.fullmatch(TIME, document["created_at"])
    assert isinstance(document["roles"], list)
    for name, value in expected.items():
        assert document[name] == value, (name, document)
    return document
