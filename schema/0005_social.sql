-- Accounts at providers of social logins that sign in to an account here.
--
-- An identity is (issuer, subject), never an address: subjects are the provider's own ids.

CREATE TABLE social_accounts (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id     uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    provider    text NOT NULL,      -- NAME of [provider NAME], as it was when linked
    issuer      text NOT NULL CHECK (octet_length(issuer) <= 500),
    subject     text NOT NULL CHECK (octet_length(subject) BETWEEN 1 AND 255),
    email       text CHECK (octet_length(email) <= 254),   -- as the provider gave it
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT social_accounts_taken UNIQUE (issuer, subject)
);
CREATE INDEX social_accounts_user ON social_accounts (user_id, created_at);

-- What letters about such an account name.
ALTER TABLE outbox ADD COLUMN provider text;

-- Signing in by a provider hashes no password, so it is the fast workers' business: they
-- open sessions and make accounts, and still neither read nor write a hash.
GRANT SELECT, INSERT, DELETE ON social_accounts TO latchkey_fast;
GRANT SELECT, DELETE ON social_accounts TO latchkey_slow;
GRANT INSERT (id, email, email_key, email_verified, roles) ON users TO latchkey_fast;
GRANT INSERT ON sessions, user_roles TO latchkey_fast;
GRANT UPDATE (updated_at) ON roles TO latchkey_fast;
GRANT SELECT, INSERT, UPDATE ON known_prefixes, known_devices TO latchkey_fast;
