import json

import jwt
from argon2.exceptions import VerifyMismatchError
from flask import Blueprint, current_app, jsonify, request
from peer.models import LoginHistory, Session, User
from sqlalchemy import func

blueprint = Blueprint("auth", __name__)
CACHE_S = 600


def refused(code="invalid_token"):
    return jsonify(code=code), 401


def bearer():
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if kind == "Bearer" else ""


def remember(session, user):
    current_app.redis.set("peer:session:" + session.id, json.dumps(
        {"id": user.id, "username": user.username, "email": user.email, "roles": user.roles}), ex=CACHE_S)


def living(session_id):
    """Who the session is of: from the cache, or else from the table."""
    cached = current_app.redis.get("peer:session:" + session_id)
    if cached:
        return json.loads(cached)
    found = (current_app.sessions.query(Session, User).join(User, User.id == Session.user_id)
             .filter(Session.id == session_id, Session.ended_at.is_(None), User.active).first())
    if not found:
        return None
    remember(*found)
    return living(session_id)


def pair(session, user):
    tokens = current_app.tokens
    return jsonify(access_token=tokens.access(session, user), refresh_token=tokens.refresh(session),
                   token_type="Bearer", expires_in=600)


@blueprint.post("/login")
def login():
    db, given = current_app.sessions, request.authorization
    user = given and db.query(User).filter_by(email=given.username.lower(), active=True).first()
    if not user:
        return refused("invalid_credentials")
    trace = {"user_id": user.id, "user_agent": request.headers.get("User-Agent", ""),
             "ip": request.headers["X-Forwarded-For"]}
    try:
        current_app.hasher.verify(user.password_hash, given.password)
    except VerifyMismatchError:
        db.add(LoginHistory(success=False, **trace))
        db.commit()
        return refused("invalid_credentials")
    session = Session(**trace)
    db.add_all([session, LoginHistory(success=True, **trace)])
    db.commit()
    remember(session, user)
    return pair(session, user)


@blueprint.get("/auth/verify")
def verify():
    try:
        claims = current_app.tokens.read_access(bearer())
    except jwt.InvalidTokenError:
        return refused()
    user = living(claims["sid"])
    if not user:
        return refused()
    return "", 204, {"X-Auth-User-Id": user["id"], "X-Auth-Username": user["username"],
                     "X-Auth-Email": user["email"], "X-Auth-Roles": ",".join(user["roles"])}


@blueprint.post("/auth/refresh")
def refresh():
    db = current_app.sessions
    try:
        claims = current_app.tokens.read_refresh(bearer())
    except jwt.InvalidTokenError:
        return refused()
    session = db.get(Session, claims["sid"], with_for_update=True)
    user = session and not session.ended_at and db.get(User, session.user_id)
    if not user or not user.active:
        return refused()
    if claims["gen"] != session.gen:
        session.ended_at = func.now()
        db.commit()
        current_app.redis.delete("peer:session:" + session.id)
        return refused()
    session.gen += 1
    session.last_used_at = func.now()
    db.commit()
    remember(session, user)
    return pair(session, user)
