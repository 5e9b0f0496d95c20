-- migrate:up

-- Who follows an incident in a conversation, and who stopped it there (docs/decisions/0055). Null: the card is there by
-- a connection, or the conversation is the incident's own; nobody stops those. A card that was stopped keeps its row: the
-- message with its last state is still known, and events of the incident bring no other one.
ALTER TABLE incident_card
  ADD COLUMN followed_by text,                          -- AAD object id …
  ADD COLUMN followed_name text,                        -- … and name of whoever follows it
  ADD COLUMN followed_at timestamptz,
  ADD COLUMN follow_number integer NOT NULL DEFAULT 0,  -- how often somebody began to: what ends one ends no later one
  ADD COLUMN stopped_by text,                           -- AAD object id …
  ADD COLUMN stopped_name text,                         -- … and name of whoever stopped it
  ADD COLUMN stopped_at timestamptz,
  ADD CONSTRAINT incident_card_stopped CHECK (stopped_at IS NULL OR followed_at IS NOT NULL);

CREATE OR REPLACE VIEW followed_account AS
  SELECT account FROM connection WHERE ended_at IS NULL
  UNION
  SELECT k.account
  FROM incident_card k
  JOIN conversation c ON c.id = k.conversation
  WHERE (c.suspended_at IS NULL OR c.team IS NULL) AND k.stopped_at IS NULL
    AND coalesce(k.view ->> 'status', '') <> 'resolved';

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
