-- migrate:up

-- The permission without which somebody was not looked for, or not in every way: what was granted since is tried.
ALTER TABLE room_member ADD COLUMN lacks text;

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
