-- migrate:up

-- What programs ask for through the API, a row each. It outlives the run that does it: the same call again gets what is
-- written here, and nothing that is sent is sent twice.
CREATE TABLE operation (
    account text NOT NULL REFERENCES pagerduty_account (key),
    key text NOT NULL,                    -- a part of the workflow's id
    caller text NOT NULL,                 -- id of the token by which it was asked for
    kind text NOT NULL,
    call_key text,                        -- hash of path and Idempotency-Key; NULL: another call may have it
    request_hash text NOT NULL,           -- of the body that was asked with it
    begun_at timestamptz NOT NULL DEFAULT now(),
    intent_at timestamptz,                -- a send that can be doubled began
    ended_at timestamptz,
    outcome text CHECK (outcome IN ('done', 'failed', 'unknown')),
    reason text NOT NULL DEFAULT '',      -- why it was not done: a code
    says text NOT NULL DEFAULT '',        -- what its sentence names: a place, a person, a permission
    url text NOT NULL DEFAULT '',
    status smallint,                      -- of the answer that the call got
    answer text,                          -- JSON
    PRIMARY KEY (account, key),
    UNIQUE (account, call_key),
    CONSTRAINT operation_ended CHECK ((ended_at IS NULL) = (outcome IS NULL)),
    CONSTRAINT operation_answered CHECK ((status IS NULL) = (answer IS NULL))
);

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
