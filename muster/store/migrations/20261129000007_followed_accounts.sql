-- migrate:up

-- Accounts whose events somebody waits for: of a connection, or of an incident that is followed to its end.
CREATE VIEW followed_account AS
  SELECT account FROM connection WHERE ended_at IS NULL
  UNION
  SELECT k.account
  FROM incident_card k
  JOIN conversation c ON c.id = k.conversation
  WHERE c.suspended_at IS NULL AND coalesce(k.view ->> 'status', '') <> 'resolved';

-- Few of the cards that a channel ever had, and those that its suspension and this view look for.
CREATE INDEX incident_card_unresolved ON incident_card (conversation)
  WHERE coalesce(view ->> 'status', '') <> 'resolved';

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
