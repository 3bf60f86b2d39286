"""What the service's own roles in PostgreSQL and Redis may not do."""

import psycopg2
import pytest
import redis

DENIED = {
    "ALL": [
        "DROP TABLE users", "DROP TABLE audit", "DROP SCHEMA public", "DROP DATABASE latchkey",
        "CREATE TABLE x (a int)", "CREATE SCHEMA x",
        "CREATE TEMP TABLE x (a int)", "CREATE ROLE x", "ALTER ROLE latchkey_fast SUPERUSER",
        "SET ROLE latchkey_owner", "SET ROLE postgres",
        "SET SESSION AUTHORIZATION postgres", "CREATE EXTENSION dblink", "ALTER SYSTEM SET fsync = off",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "COPY (SELECT 1) TO '/tmp/latchkey-never'", "SELECT pg_read_file('/etc/passwd')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT pg_ls_dir('/')", "ALTER TABLE users ADD x int", "ALTER TABLE users DISABLE TRIGGER ALL",
        "TRUNCATE users", "TRUNCATE audit",
        "CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE users OWNER TO CURRENT_USER", "SELECT rolpassword FROM pg_authid",
        "DELETE FROM audit", "UPDATE audit SET event = 'x'", "DELETE FROM login_history",
        "UPDATE login_history SET success = true",
        "SELECT partitions_drop('audit', 0)", "SELECT partitions_ensure(1)", "TRUNCATE sessions",
        "DELETE FROM sessions", "DROP FUNCTION outbox_notify()",
        "CREATE TRIGGER x AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION outbox_notify()",
        "CREATE INDEX ON users (email)",
    ],
    "FAST": [
        "SELECT password_hash FROM users", "SELECT * FROM users", "SELECT count(password_hash) FROM users",
        "SELECT users FROM users",
        "UPDATE users SET rev = rev RETURNING password_hash",
        "SELECT 1 FROM users WHERE password_hash IS NULL", "COPY users TO STDOUT",
        "UPDATE users SET password_hash = ''",
        "UPDATE users SET id = gen_random_uuid()", "DELETE FROM users",
        "INSERT INTO users (email, email_key, password_hash) VALUES ('x', 'x', 'x')", "SELECT * FROM outbox",
        "DELETE FROM outbox", "UPDATE outbox SET address = 'x'",
        "SELECT row_to_json(users) FROM users", "UPDATE outside_issuers SET jwks = ''",
        "INSERT INTO outside_issuers VALUES ('a', 'b', 'c')", "DELETE FROM outside_issuers",
        "SELECT nextval('outside_versions')",
        "UPDATE social_accounts SET subject = 'x'", "INSERT INTO users (email, email_key, active) VALUES ('x', 'x', true)",
    ],
    "SLOW": ["SELECT * FROM outbox", "DELETE FROM outbox", "UPDATE outbox SET address = 'x'",
             "UPDATE outside_issuers SET wanted_at = now()",
             "INSERT INTO social_accounts (provider, issuer, subject) VALUES ('x', 'x', 'x')"],
    "MAIL": [
        "SELECT password_hash FROM users", "SELECT * FROM users", "SELECT * FROM sessions",
        "SELECT * FROM audit", "SELECT * FROM login_history",
        "UPDATE users SET email = 'x'", "DELETE FROM users",
        "INSERT INTO users (email, email_key) VALUES ('x', 'x')", "SELECT email_key FROM users",
        "UPDATE sessions SET ended_at = NULL", "SELECT * FROM known_prefixes", "SELECT * FROM social_accounts",
    ],
    "OUTSIDE": [
        "SELECT id FROM users", "SELECT count(*) FROM users", "SELECT username FROM users", "UPDATE users SET epoch = 1",
        "INSERT INTO users (email, email_key) VALUES ('x', 'x')", "SELECT * FROM sessions",
        "UPDATE sessions SET ended_at = NULL", "SELECT * FROM login_history", "SELECT * FROM audit",
        "INSERT INTO audit (event, actor) VALUES ('x', 'x')", "SELECT * FROM outbox",
        "INSERT INTO outbox (letter) VALUES ('none')", "SELECT * FROM roles", "SELECT * FROM user_roles",
        "SELECT * FROM clients", "SELECT * FROM client_secrets", "SELECT * FROM revoked_tokens",
        "SELECT * FROM known_prefixes", "SELECT * FROM known_devices", "SELECT * FROM schema_history",
        "SELECT * FROM social_accounts", "DELETE FROM social_accounts",
        "TRUNCATE outside_issuers", "DROP FUNCTION outside_notify()", "SELECT setval('outside_versions', 1)",
    ],
}


@pytest.mark.parametrize("role, statement", [(role, s) for role in ("FAST", "SLOW", "MAIL", "OUTSIDE")
                                             for s in DENIED["ALL"] + DENIED[role]])
def test_refused(lk, role, statement):
    connection = lk.connect(role)
    try:
        with connection.cursor() as cursor, pytest.raises(psycopg2.Error) as refusal:
            cursor.execute(statement)
        assert refusal.value.pgcode == "42501", (refusal.value.pgcode, refusal.value)
    finally:
        connection.close()


@pytest.mark.parametrize("role, statement", [
    ("SLOW", "SELECT password_hash FROM users LIMIT 1"),
    ("FAST", "SELECT id, email, epoch, rev FROM users LIMIT 1"),
    ("FAST", "SELECT count(*) FROM audit"), ("MAIL", "SELECT id, email FROM users LIMIT 1"),
    ("MAIL", "SELECT count(*) FROM outbox"), ("FAST", "SELECT jwks FROM outside_issuers"),
    ("FAST", "UPDATE outside_issuers SET wanted_at = wanted_at RETURNING section"),
    ("OUTSIDE", "SELECT * FROM outside_issuers"), ("OUTSIDE", "DELETE FROM outside_issuers RETURNING section")])
def test_allowed(lk, role, statement):
    connection = lk.connect(role)
    with connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.fetchall()
    connection.close()


@pytest.mark.parametrize("role", ["latchkey_fast", "latchkey_slow", "latchkey_mail", "latchkey_outside",
                                  "latchkey_owner"])
def test_no_role_is_mighty(lk, role):
    assert lk.one("SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls "
                  "FROM pg_roles WHERE rolname = %s", role) is False
    assert lk.one("SELECT count(*) FROM pg_auth_members WHERE member = %s::regrole", role) == 0


def test_the_service_signs_in_as_those_roles(lk):
    lk.register()
    names = {row[0] for row in lk.sql("SELECT DISTINCT usename FROM pg_stat_activity "
                                      "WHERE datname = 'latchkey' AND usename LIKE 'latchkey%%'")}
    assert {"latchkey_fast", "latchkey_slow", "latchkey_mail"} <= names and "latchkey_owner" not in names


@pytest.fixture(scope="module")
def service(lk):
    return redis.Redis(unix_socket_path=lk.env["REDIS_SOCKET"], username=lk.env["REDIS_USER"],
                       password=lk.env["REDIS_PASSWORD"])


@pytest.mark.parametrize("command", [
    "FLUSHALL", "FLUSHDB", "CONFIG GET *", "CONFIG SET dir /tmp", "CONFIG REWRITE", "KEYS *", "KEYS lk:*",
    "SCAN 0", "RANDOMKEY", "DBSIZE", "SAVE", "BGSAVE",
    "BGREWRITEAOF", "SHUTDOWN NOSAVE", "ACL LIST", "ACL SETUSER latchkey +@all", "MONITOR", "CLIENT LIST",
    "CLIENT KILL TYPE normal",
    "SCRIPT FLUSH", "SCRIPT KILL", "FUNCTION LIST", "FUNCTION FLUSH", "MODULE LIST", "REPLICAOF 127.0.0.1 1",
    "SLAVEOF NO ONE", "PUBLISH a b", "SUBSCRIBE a",
    "INFO", "SLOWLOG GET", "LATENCY DOCTOR", "MIGRATE 127.0.0.1 1 lk:a 0 1", "RENAME lk:a lk:b", "SWAPDB 0 1",
    "MOVE lk:a 1", "DUMP lk:a", "OBJECT ENCODING lk:a",
    "SORT lk:a", "GET other", "SET other 1", "SET lkx 1", "DEL other", "HGETALL other", "EVAL 0 0",
    "WAIT 0 1", "SUNSUBSCRIBE", "CLUSTER INFO", "PSYNC ? -1"])
def test_redis_refuses(service, command):
    words = command.split(" ")
    if words[0] == "EVAL":
        words = ["EVAL", "return redis.call('SET', 'other', 1)", "0"]
    with pytest.raises((redis.exceptions.NoPermissionError, redis.exceptions.ResponseError)) as refusal:
        service.execute_command(*words)
    text = str(refusal.value).lower()
    assert "permission" in text or "noperm" in text or "can't access" in text, text


@pytest.mark.parametrize("body", ["redis.call('FLUSHALL')", "redis.call('KEYS', '*')",
                                  "redis.call('CONFIG', 'GET', '*')", "redis.call('GET', 'other')",
                                  "redis.call('SCAN', 0)"])
def test_redis_refuses_inside_a_script(service, body):
    with pytest.raises(redis.exceptions.ResponseError) as refusal:
        service.eval("return " + body, 0)
    assert any(words in str(refusal.value) for words in ("can't run this command", "can't access",
                                                         "not allowed from script")), refusal.value


def test_redis_lets_it_work(service):
    name = "lk:test:" + "0" * 64
    service.set(name, "1", ex=5)
    assert service.eval("return redis.call('GET', KEYS[1])", 1, name) == b"1"
