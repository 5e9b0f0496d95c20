-- migrate:up

-- Names follow the newest activity that tells one: Teams delivers events late and out of order.
ALTER TABLE team
  ADD COLUMN named_at timestamptz,     -- timestamp of the activity that told the name
  ADD COLUMN forgotten_at timestamptz; -- an authorization counts no more since; null: none was forgotten
ALTER TABLE conversation
  ADD COLUMN named_at timestamptz,
  ADD COLUMN suspended_by text;        -- the request that suspended or revived it last, so that it can be asked again

-- Why a team or one of its channels is away, and whether that is over: one row for each reason, in which the
-- activity with the newest timestamp decides. A channel is suspended while any reason of its own or of its team holds.
CREATE TABLE suspension (
  team text NOT NULL REFERENCES team,
  channel text NOT NULL DEFAULT '',    -- empty: the whole team
  reason text NOT NULL CHECK (reason IN ('removed', 'archived', 'deleted', 'refused')),
  at timestamptz NOT NULL,             -- timestamp of the activity that told it
  is_over boolean NOT NULL,
  PRIMARY KEY (team, channel, reason)
);

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
