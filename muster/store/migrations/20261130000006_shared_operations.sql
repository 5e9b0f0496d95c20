-- migrate:up

-- The same call was made again: it may have been answered with this operation.
ALTER TABLE operation ADD COLUMN is_shared boolean NOT NULL DEFAULT false;

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
