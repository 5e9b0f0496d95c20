-- migrate:up

-- What a program wants of the chat that it asks for, and in whose name it asks: as whom its bridge and notes are written
-- where nobody who asked is linked.
ALTER TABLE incident_room
  ADD COLUMN name text NOT NULL DEFAULT '',             -- its own topic; empty: as the incident
  ADD COLUMN preset text NOT NULL DEFAULT 'all_updates'
    CHECK (preset IN ('no_updates', 'status_updates_only', 'highlights_only', 'all_updates')),
  ADD COLUMN program_user text NOT NULL DEFAULT '',     -- PagerDuty's id
  ADD COLUMN program_email text NOT NULL DEFAULT '';

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
