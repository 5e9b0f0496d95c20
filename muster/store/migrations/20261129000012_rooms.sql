-- migrate:up

-- The chat that is made for an incident (docs/decisions/0059). The intent is committed before the chat is made: a row
-- that stands at 'making' may have one that nobody knows of, and none is made beside it unasked.
CREATE TABLE incident_room (
    account text NOT NULL,
    incident_id text NOT NULL,
    tenant text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT now(),
    stage text NOT NULL DEFAULT 'none' CHECK (stage IN ('none', 'making', 'made', 'unknown', 'gone')),
    topic text NOT NULL DEFAULT '',       -- that the chat was made with
    owner text,                           -- AAD object id: in whose chats a lost one is looked for
    began_at timestamptz,                 -- when it was begun, by our clock
    chat text,
    url text NOT NULL DEFAULT '',
    others integer NOT NULL DEFAULT 0,    -- chats of that topic that were found beside it
    shown_topic text NOT NULL DEFAULT '', -- as it was renamed last
    installed_at timestamptz,             -- the bot
    shown_at timestamptz,                 -- the card's run was told
    noted_at timestamptz,
    told jsonb,                           -- what the incident's cards know
    summed_up_for timestamptz,            -- the resolve of which the chat was told
    left_at timestamptz,                  -- when everybody was taken out
    PRIMARY KEY (account, incident_id)
);
CREATE UNIQUE INDEX incident_room_chat ON incident_room (chat) WHERE chat IS NOT NULL;

-- Who is wanted in it, and who is in it. PagerDuty's user, then whom the tenant knows as them.
CREATE TABLE room_member (
    account text NOT NULL,
    incident_id text NOT NULL,
    pagerduty_user text NOT NULL,
    rank smallint NOT NULL,               -- who comes first where there is no place for all
    name text NOT NULL,
    asked boolean NOT NULL DEFAULT false, -- for the chat
    aad_object_id text,
    role text CHECK (role IN ('owner', 'guest')),
    absence text,                         -- why they are not in it, as a code
    looked_at timestamptz,
    in_chat boolean NOT NULL DEFAULT false,
    taken_out boolean NOT NULL DEFAULT false, -- who declined, where they leave
    left_at timestamptz,                  -- by themselves: nobody brings them back
    PRIMARY KEY (account, incident_id, pagerduty_user),
    FOREIGN KEY (account, incident_id) REFERENCES incident_room ON DELETE CASCADE
);

-- Whom a tenant knows by an e-mail address, and whose guest somebody is. Null: nobody.
CREATE TABLE directory_cache (
    tenant text NOT NULL,
    email text NOT NULL,
    aad_object_id text,
    role text CHECK (role IN ('owner', 'guest')),
    read_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, email)
);

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
