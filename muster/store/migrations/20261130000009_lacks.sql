-- migrate:up

-- The permission without which somebody was not looked for, or not in every way: what was granted since is tried.
ALTER TABLE room_member ADD COLUMN lacks text;
UPDATE room_member SET looked_at = NULL WHERE absence = 'no_account' AND aad_object_id IS NULL;

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
