-- migrate:up

-- A chat has no team whose life it shares: the newest activity that tells whether the bot is in it decides.
ALTER TABLE conversation
  ADD COLUMN membership_at timestamptz, -- timestamp of that activity; of chats alone
  ADD CONSTRAINT conversation_account_of_chats CHECK (kind = 'channel' OR account IS NOT NULL);

CREATE INDEX conversation_left ON conversation (account, id) WHERE team IS NULL AND suspended_at IS NOT NULL;

-- Events are waited for in a chat that the bot left, too, until the chat is forgotten: nothing is connected there that
-- would keep the account's subscription for the day on which the bot is added again.
CREATE OR REPLACE VIEW followed_account AS
  SELECT account FROM connection WHERE ended_at IS NULL
  UNION
  SELECT k.account
  FROM incident_card k
  JOIN conversation c ON c.id = k.conversation
  WHERE (c.suspended_at IS NULL OR c.team IS NULL) AND coalesce(k.view ->> 'status', '') <> 'resolved';

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
