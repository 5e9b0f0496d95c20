-- migrate:up

-- Tokens by which others call the API: each acts for one account, as one user of PagerDuty. Only a hash is kept.
CREATE TABLE api_token (
    id text PRIMARY KEY,            -- the beginning of the hash, which names the token to people
    digest bytea NOT NULL,          -- SHA-256
    account text NOT NULL REFERENCES pagerduty_account,
    name text NOT NULL,
    pagerduty_user text NOT NULL,
    pagerduty_email text NOT NULL,  -- PagerDuty's From
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    minute_began_at timestamptz,    -- of the last minute whose calls were counted, here for all API processes
    calls integer NOT NULL DEFAULT 0
);

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
