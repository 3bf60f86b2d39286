-- Accounts and their sessions.
--
-- email_key and username_key are computed by the service, in one place, and are what
-- uniqueness is about. A session lives while its epoch is its user's: raising users.epoch
-- ends all of a user's sessions at once. users.rev tells tokens that show old roles or
-- names from new ones.

CREATE TABLE users (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email             text NOT NULL CHECK (octet_length(email) <= 254),
    email_key         text NOT NULL CONSTRAINT users_email_taken UNIQUE,
    email_verified    boolean NOT NULL DEFAULT false,
    username          text CHECK (octet_length(username) BETWEEN 3 AND 32),
    username_key      text CONSTRAINT users_username_taken UNIQUE,
    password_hash     text CHECK (octet_length(password_hash) <= 512),
    active            boolean NOT NULL DEFAULT true,
    epoch             integer NOT NULL DEFAULT 0,
    rev               integer NOT NULL DEFAULT 0,
    roles             text[] NOT NULL DEFAULT '{}',
    registration_jti  uuid,     -- the token that made the account, so a lost answer can be repeated
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    CHECK ((username IS NULL) = (username_key IS NULL))
) WITH (fillfactor = 90);

CREATE TABLE sessions (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id       uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    epoch         integer NOT NULL,
    gen           integer NOT NULL DEFAULT 1,          -- generation of the current refresh token
    spent         timestamptz[] NOT NULL DEFAULT '{}', -- when gen-1, gen-2 … were spent; the last 8
    method        text NOT NULL,
    user_agent    text NOT NULL,
    ip            inet NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    last_used_at  timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    ended_at      timestamptz,
    end_reason    text
) WITH (fillfactor = 70);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;

-- Address groups from which an account was signed in to: an attack on it from elsewhere
-- does not stop its owner there.
CREATE TABLE known_prefixes (
    user_id       uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    prefix        cidr NOT NULL,
    last_success  timestamptz NOT NULL,
    PRIMARY KEY (user_id, prefix)
);

-- Columns, not tables: the fast workers' role never reads a hash.
GRANT SELECT (id, email, email_key, email_verified, username, username_key, active, epoch, rev,
              roles, registration_jti, created_at, updated_at) ON users TO latchkey_fast;
GRANT SELECT, INSERT, UPDATE ON users TO latchkey_slow;
GRANT SELECT, UPDATE ON sessions TO latchkey_fast;
GRANT SELECT, INSERT ON sessions TO latchkey_slow;
GRANT SELECT, INSERT, UPDATE ON known_prefixes TO latchkey_slow;
GRANT SELECT (id, email, username, active) ON users TO latchkey_mail;
