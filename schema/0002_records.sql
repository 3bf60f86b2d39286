-- What happened: login history and the audit trail, by month, and the letters to send.

CREATE TABLE login_history (
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id      uuid NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    user_agent   text NOT NULL,
    ip           inet NOT NULL,
    device_type  text NOT NULL CHECK (device_type IN ('pc', 'mobile', 'tablet')),
    method       text NOT NULL,
    success      boolean NOT NULL,
    PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
CREATE INDEX login_history_user ON login_history (user_id, created_at DESC);
CREATE TABLE login_history_default PARTITION OF login_history DEFAULT;

-- No foreign key: the trail outlives the account.
CREATE TABLE audit (
    id          bigint GENERATED ALWAYS AS IDENTITY,
    created_at  timestamptz NOT NULL DEFAULT now(),
    event       text NOT NULL,
    user_id     uuid,
    actor       text NOT NULL,      -- user, ctl, client:ID
    ip          inet,
    request_id  text,
    detail      text,
    PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
CREATE INDEX audit_user ON audit (user_id, created_at DESC);
CREATE INDEX audit_time ON audit (created_at);
CREATE TABLE audit_default PARTITION OF audit DEFAULT;

-- A letter is written in the transaction of its cause and rendered by the mailer. For a
-- code it holds what the code is derived from together with the code key, never the code.
CREATE TABLE outbox (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    letter         text NOT NULL,   -- a row of letters.def; 'none' is thrown away
    user_id        uuid,            -- to this user's address …
    address        text,            -- … or to this one
    nonce          text,
    key_id         text,
    not_after      timestamptz,     -- later the letter is expired, not sent
    ip             text,            -- what the letter tells of its cause
    user_agent     text,
    created_at     timestamptz NOT NULL DEFAULT now(),
    state          text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'dead', 'expired')),
    due_at         timestamptz NOT NULL DEFAULT now(),
    claimed_until  timestamptz,     -- a deliverer's lease
    attempts       integer NOT NULL DEFAULT 0,
    last_error     text,
    ended_at       timestamptz,
    CHECK (user_id IS NOT NULL OR address IS NOT NULL OR letter = 'none')
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE state = 'waiting';
CREATE INDEX outbox_ended ON outbox (ended_at) WHERE state <> 'waiting';

CREATE FUNCTION outbox_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY outbox;
    RETURN NULL;
END $$;
-- For each row: for each statement it would also fire where one inserts nothing, and every
-- NOTIFY makes commits wait for each other.
CREATE TRIGGER outbox_notify AFTER INSERT ON outbox
    FOR EACH ROW EXECUTE FUNCTION outbox_notify();

-- Makes the partitions of this month and the next `ahead` months of both tables. Rows that
-- meanwhile went to the default partition move along.
CREATE FUNCTION partitions_ensure(ahead integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    first_day date;
    name text;
    made integer := 0;
BEGIN
    FOREACH parent IN ARRAY ARRAY['login_history', 'audit'] LOOP
        FOR i IN 0..ahead LOOP
            first_day := date_trunc('month', now() AT TIME ZONE 'UTC')::date + make_interval(months => i);
            name := format('%s_%s', parent, to_char(first_day, 'YYYY_MM'));
            CONTINUE WHEN to_regclass(name) IS NOT NULL;
            EXECUTE format('LOCK TABLE %I IN SHARE ROW EXCLUSIVE MODE', parent || '_default');
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name, parent);
            EXECUTE format('WITH moved AS (DELETE FROM %I WHERE created_at >= %L AND created_at < %L RETURNING *) '
                           'INSERT INTO %I SELECT * FROM moved', parent || '_default',
                           first_day::timestamp AT TIME ZONE 'UTC',
                           (first_day + interval '1 month') AT TIME ZONE 'UTC', name);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name,
                           first_day::timestamp AT TIME ZONE 'UTC',
                           (first_day + interval '1 month') AT TIME ZONE 'UTC');
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;

-- Drops the partitions of `parent` that ended more than `months` months ago.
CREATE FUNCTION partitions_drop(parent text, months integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    part text;
    dropped integer := 0;
    oldest text := format('%s_%s', parent, to_char((now() AT TIME ZONE 'UTC') - make_interval(months => months), 'YYYY_MM'));
BEGIN
    FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                 WHERE i.inhparent = parent::regclass AND c.relname < oldest
                   AND c.relname ~ '_[0-9]{4}_[0-9]{2}$' LOOP
        EXECUTE format('DROP TABLE %I', part);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;

-- Is next month's partition there?
CREATE FUNCTION partitions_ready() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT bool_and(to_regclass(format('%s_%s', parent, to_char((now() AT TIME ZONE 'UTC') + interval '1 month', 'YYYY_MM'))) IS NOT NULL)
      FROM unnest(ARRAY['login_history', 'audit']) AS parent
$$;

SELECT partitions_ensure(2);

REVOKE EXECUTE ON FUNCTION partitions_ensure(integer), partitions_drop(text, integer) FROM PUBLIC;
GRANT SELECT, INSERT ON login_history, audit TO latchkey_fast, latchkey_slow;
GRANT INSERT ON outbox TO latchkey_fast, latchkey_slow;
GRANT SELECT, UPDATE, DELETE ON outbox TO latchkey_mail;
GRANT INSERT ON audit TO latchkey_mail;
