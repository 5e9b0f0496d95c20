-- migrate:up

-- Whose word the runs of a chat have heard last of whether the bot is in it. Where that is not suspended_by, Temporal was
-- away, and the next message or press there tells them. It is null of chats that came and went before this column: their
-- runs are told once more, which changes nothing.
ALTER TABLE conversation ADD COLUMN told_by text; -- of chats alone

-- A chat is forgotten by the upkeep of each account whose incidents it shows, and not by its own account's alone.
DROP INDEX conversation_left;
CREATE INDEX conversation_left ON conversation (id) WHERE team IS NULL AND suspended_at IS NOT NULL;

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
