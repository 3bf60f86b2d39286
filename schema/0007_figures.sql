-- What GET /metrics tells of the letters.

GRANT SELECT (state, created_at) ON outbox TO latchkey_fast;
