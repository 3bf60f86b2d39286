"""Tokens taken apart, and put together again wrongly: signed with the service's own keys
where a test needs a claim that the service would never write."""

import base64
import datetime
import hashlib
import hmac
import json
import os
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils


def b64(data):
    if isinstance(data, str):
        data = data.encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def parts(token):
    """Header and claims, unverified."""
    head, body, _ = token.split(".")
    return json.loads(unb64(head)), json.loads(unb64(body))


class Keys:
    """The key directory: KID USE ALG PUBLISH_AT SIGN_AT RETIRE_AT a line, KID.pem or KID.key."""

    def __init__(self, directory):
        self.directory = directory

    def rows(self, use):
        with open(os.path.join(self.directory, "manifest")) as file:
            fields = [line.split() for line in file if line.strip() and line[0] != "#"]
        return [row for row in fields if row[1] == use]

    def kid(self, use):
        """The one that signs now."""
        now = datetime.datetime.now(datetime.timezone.utc)
        when = lambda text: datetime.datetime.fromisoformat(text)
        return max((when(row[4]), row[0]) for row in self.rows(use) if when(row[4]) <= now)[1]

    def _file(self, kid, ending):
        with open(os.path.join(self.directory, kid + ending), "rb") as file:
            return file.read()

    def secret(self, use, kid=None):
        return bytes.fromhex(self._file(kid or self.kid(use), ".key").decode().strip())

    def private(self, use="access", kid=None):
        return serialization.load_pem_private_key(self._file(kid or self.kid(use), ".pem"), None)

    def public_pem(self, use="access"):
        return self.private(use).public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def signature(self, use, data, kid=None):
        if use != "access":
            return hmac_sign(self.secret(use, kid), data)
        return ecdsa_sign(self.private(use, kid), data)

    def sign(self, use, header, claims, kid=None):
        """Any header and claims, with the key of that kid, or of the use."""
        data = b64(json.dumps(header)) + "." + b64(json.dumps(claims))
        return data + "." + b64(self.signature(use, data, kid))

    def altered(self, use, token, **claims):
        """The same token with other claims (None: left out), signed with the same key."""
        header, body = parts(token)
        body.update(claims)
        return self.sign(use, header, {k: v for k, v in body.items() if v is not None}, header["kid"])


def hmac_sign(key, data, digest=hashlib.sha256):
    return hmac.new(key, data.encode(), digest).digest()


def ecdsa_sign(key, data, digest=None):
    der = key.sign(data.encode(), ec.ECDSA(digest or hashes.SHA256()))
    r, s = utils.decode_dss_signature(der)
    n = (key.curve.key_size + 7) // 8
    return r.to_bytes(n, "big") + s.to_bytes(n, "big")


def hostile(keys, use, good):
    """(name, token) pairs derived from `good`, a valid token of `use`; none may pass."""
    header, claims = parts(good)
    head, body, signature = good.split(".")
    now = int(time.time())
    mine = ec.generate_private_key(ec.SECP256R1())
    out = []
    add = lambda name, token: out.append((name, token))

    def raw(name, head_text, body_text=None, sign=None):
        data = b64(head_text) + "." + (b64(body_text) if body_text is not None else body)
        add(name, data + "." + b64(sign(data) if sign else keys.signature(use, data, header["kid"])))

    # algorithms
    for alg in ("none", "None", "NONE", "nOnE", "", "HS256 ", "hs256", "es256", "ES384", "PS256", "EdDSA"):
        for empty in (True, False):
            data = b64(json.dumps(dict(header, alg=alg))) + "." + body
            add(f"alg {alg!r} {'unsigned' if empty else 'signed'}",
                data + "." + ("" if empty else b64(keys.signature(use, data, header["kid"]))))
    other = "HS256" if header["alg"] != "HS256" else "ES256"
    for alg in (other, "RS256", "HS384", "HS512"):
        raw(f"alg {alg}", json.dumps(dict(header, alg=alg)))
    for key_name, key in (("empty", b""), ("nul", b"\0"), ("kid", header["kid"].encode()),
                          ("secret", b"secret"), ("public pem", keys.public_pem()),
                          ("public pem stripped", keys.public_pem().strip())):
        raw(f"HS256 with {key_name} key", json.dumps(dict(header, alg="HS256")),
            sign=lambda data, key=key: hmac_sign(key, data))
    raw("a key of ours", json.dumps(dict(header, alg="ES256")), sign=lambda data: ecdsa_sign(mine, data))
    for value in (None, 1, True, [], ["HS256"], {}):
        raw(f"alg is {value!r}", json.dumps(dict(header, alg=value)))

    # kid and the rest of the header
    for kid in ("", "unknown", "../" + header["kid"], header["kid"] + "\0", "/dev/null", "' OR 1=1",
                header["kid"].upper() + "X", 1, None, [header["kid"]], "x" * 2000):
        raw(f"kid {str(kid)[:20]!r}", json.dumps(dict(header, kid=kid)))
    for other_use in ("access", "refresh", "registration", "recovery"):
        if other_use != use:
            raw(f"kid of {other_use}", json.dumps(dict(header, kid=keys.kid(other_use))))
            add(f"signed as {other_use}", keys.sign(
                other_use, dict(header, kid=keys.kid(other_use), alg="ES256"
                                if other_use == "access" else "HS256"), claims))
    raw("no kid", json.dumps({k: v for k, v in header.items() if k != "kid"}))
    raw("no alg", json.dumps({k: v for k, v in header.items() if k != "alg"}))
    for extra in ({"crit": ["exp"]}, {"crit": []}, {"crit": "b64"}, {"b64": False},
                  {"b64": False, "crit": ["b64"]},
                  {"typ": "JWE"}, {"typ": 1}, {"typ": "at+jwt" if use != "access" else "JWT"}):
        raw(f"header {extra}", json.dumps(dict(header, **extra)))
    if use == "access":
        for name, extra in (("jwk", {"kty": "EC", "crv": "P-256"}), ("jku", "https://127.0.0.1/x"),
                            ("x5u", "https://127.0.0.1/x")):
            raw(f"our key by {name}", json.dumps(dict(header, kid="x", **{name: extra})),
                sign=lambda data: ecdsa_sign(mine, data))
    raw("header is an array", "[]")
    raw("header is text", '"x"')
    raw("header is empty", "")
    raw("header is cut", json.dumps(header)[:-1])
    raw("header goes on", json.dumps(header) + "x")
    raw("alg twice", json.dumps(header)[:-1] + ',"alg":"%s"}' % header["alg"])
    raw("kid twice", json.dumps(header)[:-1] + ',"kid":"%s"}' % header["kid"])
    raw("header in UTF-16", json.dumps(header).encode("utf-16"))
    raw("header with a NUL", json.dumps(header)[:-1] + ',"x":"\\u0000"}')

    # claims
    def claim(name, **change):
        add(name, keys.altered(use, good, **change))

    claim("expired", exp=now - 120)
    claim("exp 0", exp=0)
    claim("exp negative", exp=-1)
    for value in (str(now + 500), True, [], {}, [now + 500], {"x": now + 500}, None):
        claim(f"exp is {value!r:.30}", exp=value)
    claims_text = json.dumps(claims)
    for text in ("1e400", "-1e400", "1e999", "99999999999999999999999", "%d.5" % (now + 500),
                 "%de0" % (now + 500),
                 "NaN", "Infinity", "0x7fffffff", "09999999999", "null", "+%d" % (now + 500)):
        raw(f"exp {text}", json.dumps(header), claims_text.replace('"exp": %d' % claims["exp"],
                                                                   '"exp": ' + text))
    claim("not yet", nbf=now + 600)
    for value in (str(now), None, [], True):
        claim(f"nbf is {value!r}", nbf=value)
    for value in ("https://elsewhere.example", "", claims["iss"] + "/", claims["iss"].upper(),
                  [claims["iss"]], None, 1):
        claim(f"iss is {value!r}", iss=value)
    for value in ("elsewhere", "", "x" + str(claims["aud"]), None, 1, ["elsewhere"], [], {}):
        claim(f"aud is {value!r}", aud=value)
    for value in ("access", "refresh", "registration", "recovery", "", "ACCESS", None, 1, [use]):
        if value != use:
            claim(f"use is {value!r}", token_use=value)
    for value in ("", "x", "00000000-0000-0000-0000-000000000000", None, 1, [], "x" * 500,
                  "'; DROP TABLE users; --"):
        if "sub" in claims:
            claim(f"sub is {str(value)[:20]!r}", sub=value)
        if "sid" in claims:
            claim(f"sid is {str(value)[:20]!r}", sid=value)
    if use == "refresh":
        for value in ("1", None, -1, 1 << 40, [], True):
            claim(f"gen is {value!r}", gen=value)
    raw("exp twice", json.dumps(header), claims_text[:-1] + ', "exp": %d}' % (now + 9999))
    raw("sub twice", json.dumps(header), claims_text[:-1] + ', "token_use": "%s"}' % use)
    raw("claims are an array", json.dumps(header), "[" + claims_text + "]")
    raw("claims are text", json.dumps(header), '"x"')
    raw("claims are empty", json.dumps(header), "")
    raw("no claims", json.dumps(header), "{}")
    raw("claims are cut", json.dumps(header), claims_text[:-1])
    raw("claims go on", json.dumps(header), claims_text + "{}")
    raw("claims are deep", json.dumps(header), claims_text[:-1] + ', "x": ' + "[" * 200 + "]" * 200 + "}")
    raw("bad UTF-8", json.dumps(header), claims_text[:-1].encode() + b', "x": "\xff\xfe"}')
    raw("a NUL", json.dumps(header), claims_text[:-1] + ', "x": "\\u0000"}')

    # the form
    for name, token in (
        ("empty", ""), ("a dot", "."), ("two dots", ".."), ("three dots", "..."), ("one part", head),
        ("two parts", head + "." + body), ("no signature", head + "." + body + "."),
        ("four parts", good + ".x"), ("five parts", good + ".x.y"), ("dot after", good + "."),
        ("dot before", "." + good),
        ("padding", good + "="), ("padding 2", good + "=="),
        ("padding inside", head + "=." + body + "." + signature),
        ("mark after", good + "!"), ("signature cut", good[:-1]), ("signature cut 4", good[:-4]),
        ("signature longer", good + "AAAA"), ("signature doubled", good + signature),
        ("other last", good[:-1] + ("A" if good[-1] != "A" else "B")),
        ("body changed", head + "." + body[:-2] + ("AA" if body[-2:] != "AA" else "BB") + "." + signature),
        ("standard alphabet", good.replace("-", "+").replace("_", "/") + "+/"),
        ("space inside", head + ". " + body + "." + signature),
        ("tab inside", head + ".\t" + body + "." + signature),
        ("not canonical", noncanonical(good)), ("percent", good.replace(".", "%2E")),
        ("quoted", '"' + good + '"'), ("comma", good + "," + good), ("utf-8", good + "é"),
        ("5 kB", keys.altered(use, good, pad="x" * 5000)), ("4097", good + "A" * (4097 - len(good))),
        ("7 kB of dots", "." * 7000), ("7 kB of letters", "A" * 7000),
    ):
        add(name, token)
    if header["alg"] == "ES256":
        data = head + "." + body
        for name, value in (("zero signature", b"\0" * 64), ("short", b"\0" * 63), ("long", b"\0" * 65),
                            ("ones", b"\xff" * 64), ("r only", unb64(signature)[:32]), ("empty", b""),
                            ("DER", keys.private("access", header["kid"]).sign(data.encode(),
                                ec.ECDSA(hashes.SHA256())))):
            add("ES256 " + name, data + "." + b64(value))
    return out


def noncanonical(token):
    """The same bytes, spelled with other spare bits in the last letter."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) | 1 if alphabet.index(token[-1]) % 2 == 0
                                 else alphabet.index(token[-1]) - 1]
