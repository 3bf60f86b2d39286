-- Roles, the devices an account was used from, and what the account's own API needs.
--
-- user_roles is the truth; users.roles repeats the names, so that the question of every
-- request stays one row. Whoever changes roles changes both, and users.rev, in one
-- transaction.

CREATE TABLE roles (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name         text NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 80),
    name_key     text NOT NULL CONSTRAINT roles_name_taken UNIQUE,
    description  text NOT NULL DEFAULT '' CHECK (octet_length(description) <= 1020),
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE user_roles (
    user_id     uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    role_id     uuid NOT NULL REFERENCES roles ON DELETE CASCADE,
    granted_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, role_id)
);
CREATE INDEX user_roles_role ON user_roles (role_id);

-- A device is known by its user agent's digest: the first login from another one is told
-- by mail.
CREATE TABLE known_devices (
    user_id       uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    device        bytea NOT NULL,
    last_success  timestamptz NOT NULL,
    PRIMARY KEY (user_id, device)
);

ALTER TABLE sessions ADD COLUMN device_type text NOT NULL DEFAULT 'pc';
ALTER TABLE users ADD COLUMN has_password boolean NOT NULL GENERATED ALWAYS AS (password_hash IS NOT NULL) STORED;

-- What an account leaves behind when it is deleted: its id in the trail, and nothing else.
-- A function, so that no service role may delete from these tables in general.
CREATE FUNCTION user_forget(forgotten uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM login_history WHERE user_id = forgotten;
    DELETE FROM outbox WHERE user_id = forgotten;
    UPDATE audit SET ip = NULL, detail = NULL, request_id = NULL WHERE user_id = forgotten;
$$;
REVOKE EXECUTE ON FUNCTION user_forget(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION user_forget(uuid) TO latchkey_slow;

-- Without a password: a name, an address proven or replaced, the end of all sessions.
GRANT SELECT (has_password) ON users TO latchkey_fast;
GRANT UPDATE (username, username_key, email, email_key, email_verified, epoch, rev, updated_at)
    ON users TO latchkey_fast;
GRANT DELETE ON users TO latchkey_slow;
-- For the audit trail of all users; rows come in order of time.
CREATE INDEX login_history_time ON login_history USING brin (created_at);

GRANT SELECT ON roles, user_roles TO latchkey_fast, latchkey_slow;
GRANT INSERT ON user_roles TO latchkey_slow;
-- A new account locks its roles (FOR SHARE), which needs the right to update something.
GRANT UPDATE (updated_at) ON roles TO latchkey_slow;
GRANT SELECT, INSERT, UPDATE ON known_devices TO latchkey_slow;
