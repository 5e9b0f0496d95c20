-- migrate:up

-- A chat has no team whose life it shares: the newest activity that tells whether the bot is in it decides.
ALTER TABLE conversation
  ADD COLUMN membership_at timestamptz, -- timestamp of that activity; of chats alone
  ADD CONSTRAINT conversation_account_of_chats CHECK (kind = 'channel' OR account IS NOT NULL);

CREATE INDEX conversation_left ON conversation (account, id) WHERE team IS NULL AND suspended_at IS NOT NULL;

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
