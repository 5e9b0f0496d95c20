-- migrate:up

-- Whose word the runs of a chat have heard last of whether the bot is in it. Where that is not suspended_by, Temporal was
-- away, and the next message or press there tells them. It is null of chats that came and went before this column: their
-- runs are told once more, which changes nothing.
ALTER TABLE conversation ADD COLUMN told_by text; -- of chats alone

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
