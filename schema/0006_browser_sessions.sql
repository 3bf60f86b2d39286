-- Sessions of web pages, which hold a cookie in place of tokens: a keyed hash of its secret.

ALTER TABLE sessions
    ADD COLUMN cookie_digest bytea CHECK (octet_length(cookie_digest) = 32),
    ADD COLUMN cookie_key text,     -- the key of the hash
    ADD CHECK ((cookie_digest IS NULL) = (cookie_key IS NULL));
GRANT UPDATE (cookie_digest, cookie_key, last_used_at) ON sessions TO latchkey_slow;
