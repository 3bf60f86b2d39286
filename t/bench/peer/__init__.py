"""The peer: the core of an authentication service as Flask's field writes it, with what Debian
packages of it. It stands for such services in the benchmark, and does what ours does at these
addresses: argon2id by the same parameters, ES256 and HS256 tokens, sessions and history in the
same PostgreSQL, a cache of living sessions in the same Redis, durable rotation.

    PEER_DATABASE= PEER_REDIS= PEER_KEY= gunicorn 'peer:create_app()'
"""

import os

import redis
from argon2 import PasswordHasher
from flask import Flask
from peer import auth, models
from peer.tokens import Tokens


def create_app():
    app = Flask(__name__)
    app.sessions = models.sessions(os.environ["PEER_DATABASE"])
    app.redis = redis.Redis(unix_socket_path=os.environ["PEER_REDIS"], decode_responses=True)
    app.tokens = Tokens(os.environ["PEER_KEY"])
    app.hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, hash_len=32, salt_len=16)
    app.register_blueprint(auth.blueprint)

    @app.teardown_appcontext
    def close(_):
        app.sessions.remove()

    return app
