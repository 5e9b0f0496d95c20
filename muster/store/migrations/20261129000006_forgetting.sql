-- migrate:up

-- A team that is deleted for good is forgotten without a wait.
ALTER TABLE suspension ADD COLUMN is_final boolean NOT NULL DEFAULT false; -- nothing brings the team back

-- A channel in which people may write and the bot may not is told to be away once.
ALTER TABLE suspension ADD COLUMN is_told boolean NOT NULL DEFAULT false; -- a word alone ended it, and no send did

CREATE INDEX team_removed ON team (id) WHERE removed_at IS NOT NULL;
CREATE INDEX conversation_of_team ON conversation (team);
CREATE INDEX connection_of_conversation ON connection (conversation);
CREATE INDEX notice_of_recipient ON notice (recipient);

-- A link also ends with the last team of its tenant that belonged to the account.
ALTER TABLE ended_link
  DROP CONSTRAINT ended_link_reason_check,
  ADD CONSTRAINT ended_link_reason_check CHECK (reason IN ('refused', 'user_gone', 'person_gone', 'teams_gone'));

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
