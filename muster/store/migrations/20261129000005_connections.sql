-- migrate:up

-- Who connected a service to a channel, and who ended it. An ended connection is kept: its incidents are followed to
-- their end, and a service that is connected anew has another row.
ALTER TABLE connection
  ADD COLUMN request text UNIQUE,       -- the click: the same one finds the same row; null: seeded
  ADD COLUMN connected_by text,         -- AAD object id …
  ADD COLUMN connected_name text,       -- … and name of whoever did; null: seeded
  ADD COLUMN ended_at timestamptz,
  ADD COLUMN ended_by text,
  ADD COLUMN ended_name text,
  ADD COLUMN ended_request text UNIQUE, -- the command or click that ended it: the same one ends no other
  DROP CONSTRAINT connection_account_service_conversation_key;

CREATE UNIQUE INDEX connection_live ON connection (account, service, conversation) WHERE ended_at IS NULL;

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
