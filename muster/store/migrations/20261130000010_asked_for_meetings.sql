-- migrate:up

-- The way in which Microsoft was asked with the permission for it: a permission that is missing since then does not
-- say that nothing was made.
ALTER TABLE room_meeting ADD COLUMN asked text NOT NULL DEFAULT '';
UPDATE room_meeting SET asked = way WHERE stage = 'making';

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
