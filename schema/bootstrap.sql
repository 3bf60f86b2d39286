-- Roles and database, once for each cluster, by its administrator:
--
--     psql -f bootstrap.sql postgres
--
-- Running it again changes nothing. Everything after this is `latchkeyctl migrate`, as
-- latchkey_owner. No role has a password: by default each OS user signs in by peer
-- (pg_ident.conf); where that is not possible, give them one with \password.

SELECT format('CREATE ROLE %I LOGIN', role)
  FROM unnest(ARRAY['latchkey_owner', 'latchkey_fast', 'latchkey_slow', 'latchkey_mail',
                  'latchkey_outside']) AS role
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \gexec

SELECT 'CREATE DATABASE latchkey OWNER latchkey_owner ENCODING ''UTF8'' LOCALE ''C.UTF-8'' TEMPLATE template0'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'latchkey') \gexec

REVOKE ALL ON DATABASE latchkey FROM PUBLIC;
GRANT CONNECT ON DATABASE latchkey TO latchkey_fast, latchkey_slow, latchkey_mail, latchkey_outside;
\connect latchkey
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO latchkey_owner;
GRANT USAGE ON SCHEMA public TO latchkey_fast, latchkey_slow, latchkey_mail, latchkey_outside;
