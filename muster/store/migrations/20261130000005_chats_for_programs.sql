-- migrate:up

-- A chat that a program archived: it is there to be read, and nothing is done in it any more.
ALTER TABLE incident_room
  DROP CONSTRAINT incident_room_stage_check,
  ADD CONSTRAINT incident_room_stage_check
    CHECK (stage IN ('none', 'making', 'made', 'unknown', 'gone', 'archived'));

-- Whom a program has brought into the chat. A person of whom PagerDuty knows nothing is `aad:` and their object id.
ALTER TABLE room_member ADD COLUMN by_program boolean NOT NULL DEFAULT false;

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
