-- migrate:up

-- All that whoever did it answered, as JSON: the same call gets the same answer, also after the run has ended.
ALTER TABLE operation ADD COLUMN told text NOT NULL DEFAULT '';

-- Temporal has taken it: whatever a later call with the same key finds, it goes on.
ALTER TABLE operation ADD COLUMN is_going_on boolean NOT NULL DEFAULT false;

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
