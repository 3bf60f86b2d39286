-- Machine clients, their tokens, and what is known of outside issuers.
--
-- clients.rev tells tokens of before a rotation from those after it, as users.rev does.
-- A secret is kept as a keyed hash; while it is being rotated two are good.

CREATE TABLE clients (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name          text NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 80),
    name_key      text NOT NULL CONSTRAINT clients_name_taken UNIQUE,
    scopes        text[] NOT NULL DEFAULT '{}',
    rev           integer NOT NULL DEFAULT 0,
    created_at    timestamptz NOT NULL DEFAULT now(),
    rotated_at    timestamptz
);

CREATE TABLE client_secrets (
    client_id   uuid NOT NULL REFERENCES clients ON DELETE CASCADE,
    digest      bytea NOT NULL CHECK (octet_length(digest) = 32),
    key_id      text NOT NULL,      -- the key of the hash
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz,        -- of one that was replaced
    PRIMARY KEY (client_id, digest)
);
-- One that stays, and at most one more that is on its way out.
CREATE UNIQUE INDEX client_secrets_current ON client_secrets (client_id) WHERE expires_at IS NULL;
CREATE UNIQUE INDEX client_secrets_replaced ON client_secrets (client_id) WHERE expires_at IS NOT NULL;

-- Tokens of clients that were revoked before their time.
CREATE TABLE revoked_tokens (
    jti         uuid PRIMARY KEY,
    client_id   uuid NOT NULL REFERENCES clients ON DELETE CASCADE,
    expires_at  timestamptz NOT NULL
);
CREATE INDEX revoked_tokens_expiry ON revoked_tokens (expires_at);
CREATE INDEX revoked_tokens_client ON revoked_tokens (client_id);

-- What `latchkeyd outside` has fetched of an issuer of tokens or a provider of logins: a
-- row for each section of the configuration. All others only read it, and say in
-- wanted_at that a key is missing.
CREATE SEQUENCE outside_versions;
CREATE TABLE outside_issuers (
    section        text PRIMARY KEY,    -- 'issuer NAME', 'provider NAME'
    issuer         text NOT NULL,       -- as configured …
    jwks_url       text NOT NULL,       -- … when it was fetched; '': as discovered
    metadata       text,                -- the discovery document's members that are used
    jwks           text,                -- the keys of it that may be used
    version        bigint NOT NULL DEFAULT 0,  -- another one when either changed
    fetched_at     timestamptz,
    good_until     timestamptz,         -- not used after
    due_at         timestamptz NOT NULL DEFAULT now(),
    claimed_until  timestamptz,         -- somebody is fetching it
    wanted_at      timestamptz,         -- somebody saw a key that is not there
    asked_at       timestamptz,         -- when such a wish was last followed
    failures       integer NOT NULL DEFAULT 0,  -- in a row; one that is under way is one
    last_error     text
);

CREATE FUNCTION outside_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY outside;
    RETURN NULL;
END $$;
CREATE TRIGGER outside_notify AFTER UPDATE OF wanted_at ON outside_issuers
    FOR EACH ROW WHEN (NEW.wanted_at IS NOT NULL AND NEW.wanted_at IS DISTINCT FROM OLD.wanted_at)
    EXECUTE FUNCTION outside_notify();

GRANT SELECT ON clients, client_secrets TO latchkey_fast;
GRANT SELECT, INSERT ON revoked_tokens TO latchkey_fast;
GRANT SELECT, UPDATE (wanted_at) ON outside_issuers TO latchkey_fast;
GRANT SELECT, INSERT, UPDATE, DELETE ON outside_issuers TO latchkey_outside;
GRANT USAGE ON SEQUENCE outside_versions TO latchkey_outside;

-- The private API: roles, who has them, and whether an account may be used.
GRANT INSERT, UPDATE, DELETE ON roles TO latchkey_fast;
GRANT INSERT, DELETE ON user_roles TO latchkey_fast;
GRANT UPDATE (roles, active) ON users TO latchkey_fast;
-- Lists of all users, the newest first
CREATE INDEX users_created ON users (created_at DESC, id);
