"""Tokens as ours are: ES256 for what others read, HS256 for refreshing; keys parsed once."""

import time
import uuid

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key

ACCESS_S, REFRESH_S = 600, 90 * 86400
ISSUER = "https://peer.example.org"


class Tokens:
    def __init__(self, path):
        with open(path, "rb") as file:
            pem = file.read()
        self._private = load_pem_private_key(pem, None)
        self._public = self._private.public_key()
        self._secret = pem[-32:]

    @staticmethod
    def _claims(session, seconds, **more):
        now = int(time.time())
        return {"iss": ISSUER, "sub": session.user_id, "sid": session.id, "jti": str(uuid.uuid4()),
                "iat": now, "nbf": now, "exp": now + seconds, **more}

    def access(self, session, user):
        return jwt.encode(self._claims(session, ACCESS_S, aud="peer", roles=user.roles), self._private, "ES256")

    def refresh(self, session):
        return jwt.encode(self._claims(session, REFRESH_S, aud="peer:refresh", gen=session.gen), self._secret, "HS256")

    def read_access(self, token):
        return jwt.decode(token, self._public, ["ES256"], audience="peer", issuer=ISSUER)

    def read_refresh(self, token):
        return jwt.decode(token, self._secret, ["HS256"], audience="peer:refresh", issuer=ISSUER)
