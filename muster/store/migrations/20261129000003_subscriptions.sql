-- migrate:up

-- Which Muster this database belongs to: one row, made when it is first asked for. Subscriptions at
-- PagerDuty carry the id.
CREATE TABLE installation (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  only_one boolean NOT NULL DEFAULT true UNIQUE CHECK (only_one)
);

ALTER TABLE webhook_subscription
  ADD COLUMN url text,               -- where it sends; null: it was seeded, and PagerDuty's list has not told yet
  ADD COLUMN verified_at timestamptz, -- when an event of it was first verified
  ADD COLUMN ended_at timestamptz,   -- when it was decided that it goes
  ADD COLUMN deleted_at timestamptz, -- when PagerDuty did not have it any more; the secret counts two days more
  ADD CONSTRAINT webhook_subscription_ended CHECK (deleted_at IS NULL OR ended_at IS NOT NULL);

CREATE UNIQUE INDEX webhook_subscription_once ON webhook_subscription (account, url) WHERE ended_at IS NULL;

-- A subscription may be there, or come to be, whose secret nobody knows. While one is open, an event of an
-- unknown subscription is asked for again instead of refused.
CREATE TABLE subscription_intent (
  marker text PRIMARY KEY,      -- stands in the subscription's description
  account text NOT NULL REFERENCES pagerduty_account,
  installation uuid NOT NULL REFERENCES installation,
  url text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  given_up_at timestamptz       -- when its holder had gone, or had lost the answer: its secret is never stored
);

CREATE INDEX subscription_intent_of_account ON subscription_intent (account);

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
