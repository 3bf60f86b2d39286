"""openid-client, as it comes, as a machine client (t/node/client.js)."""

import json
import os
import subprocess

import pytest

from lib.ctl import ctl
from lib.stack import ROOT, new_name


@pytest.fixture(scope="module")
def client(lk):
    made = ctl(lk, "client", "create", "--name", new_name(), "--scope", "read:roles create:roles x:y")
    yield made
    ctl(lk, "client", "delete", made["client_id"])


@pytest.fixture(scope="module")
def seen(lk, client):
    what = {"url": lk.env["URL"], "scope": "read:roles x:y",
            "client_id": client["client_id"], "client_secret": client["client_secret"]}
    done = subprocess.run(["node", os.path.join(ROOT, "t/node/client.js")], input=json.dumps(what), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                          env=dict(os.environ, NODE_EXTRA_CA_CERTS=lk.env["CERT"]))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


METHODS = pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])


def test_metadata(lk, seen):
    metadata = seen["metadata"]
    assert metadata["issuer"] == lk.env["URL"]
    for name in ("token", "introspection", "revocation"):
        assert metadata[name + "_endpoint"].startswith(lk.env["URL"] + "/api/v1/oauth/")
        assert {"client_secret_basic", "client_secret_post"} <= \
            set(metadata[name + "_endpoint_auth_methods_supported"])
    assert "client_credentials" in metadata["grant_types_supported"]
    assert "read:roles" in metadata["scopes_supported"]


@METHODS
def test_a_token_and_its_end(client, seen, method):
    got = seen[method]
    assert got["token"]["token_type"] == "Bearer" and got["token"]["scope"] == "read:roles x:y"
    said = got["before"]["introspection"]
    assert said["active"] is True and said["client_id"] == said["sub"] == client["client_id"]
    assert said["scope"] == "read:roles x:y" and said["exp"] - said["iat"] == 3600
    assert got["before"]["status"] == 200
    assert got["after"] == {"introspection": {"active": False}, "status": 401}


@METHODS
def test_another_secret(seen, method):
    assert seen[method]["wrong"] == {"name": "OPError", "error": "invalid_client", "status": 401}
