-- migrate:up

-- How much is said beside a card (workflows/presets.py). A connection's preset is the default of what enters by it.
-- A card's own is what counts: a later change of the connection, or another connection, does not change it. Cards
-- that are there go on as before.
ALTER TABLE connection
  ADD COLUMN preset text NOT NULL DEFAULT 'highlights_only'
    CHECK (preset IN ('no_updates', 'status_updates_only', 'highlights_only', 'all_updates'));

ALTER TABLE incident_card
  ADD COLUMN preset text NOT NULL DEFAULT 'highlights_only'
    CHECK (preset IN ('no_updates', 'status_updates_only', 'highlights_only', 'all_updates')),
  ADD COLUMN preset_number integer NOT NULL DEFAULT 0; -- how often it was chosen: runs take the highest, not the last

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
