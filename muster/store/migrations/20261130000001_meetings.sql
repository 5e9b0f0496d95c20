-- migrate:up

-- The meeting that is made for an incident. What is sent to Microsoft is committed before it is sent, so that it is
-- sent again as it was: its keys are made of account, incident, organiser and attempt.
CREATE TABLE room_meeting (
    account text NOT NULL,
    incident_id text NOT NULL,
    stage text NOT NULL DEFAULT 'none' CHECK (stage IN ('none', 'making', 'made', 'gone')),
    attempt integer NOT NULL DEFAULT 0,
    way text NOT NULL DEFAULT 'calendar' CHECK (way IN ('calendar', 'meeting')),
    candidate text NOT NULL DEFAULT '',   -- PagerDuty's user who organises it, or that the configuration names them
    organiser text NOT NULL DEFAULT '',   -- AAD object id
    organiser_name text NOT NULL DEFAULT '',
    subject text NOT NULL DEFAULT '',
    starts_at timestamptz,
    html text NOT NULL DEFAULT '',        -- what the entry says
    attendees text NOT NULL DEFAULT '[]', -- whom the entry names: addresses and names
    left_out integer NOT NULL DEFAULT 0,  -- for whom it has no place
    hindered jsonb NOT NULL DEFAULT '{}', -- by way: why it was not made so
    event_id text NOT NULL DEFAULT '',    -- of the entry; empty: there is none
    url text NOT NULL DEFAULT '',
    number text NOT NULL DEFAULT '',      -- to dial in
    replaces text NOT NULL DEFAULT '',    -- address of the one before, whose organiser is gone
    bridge text NOT NULL DEFAULT 'unread' CHECK (bridge IN ('unread', 'ours', 'theirs')),
    noted_at timestamptz,
    marked boolean NOT NULL DEFAULT false,
    PRIMARY KEY (account, incident_id),
    FOREIGN KEY (account, incident_id) REFERENCES incident_room ON DELETE CASCADE
);

-- By which somebody is invited.
ALTER TABLE room_member ADD COLUMN address text NOT NULL DEFAULT '';
ALTER TABLE directory_cache ADD COLUMN address text NOT NULL DEFAULT '';

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
