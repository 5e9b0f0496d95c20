-- migrate:up

-- A team is known from its first activity on, before it belongs to an account. Operators read its key in
-- workflow ids: fixed when the team is first seen, kept through renames.
ALTER TABLE team
  ALTER COLUMN account DROP NOT NULL,
  ALTER COLUMN aad_group_id DROP NOT NULL,
  ADD COLUMN key text,
  ADD COLUMN service_url text,          -- where its channels live now
  ADD COLUMN step text,                 -- of its set-up; null: it was connected without one
  ADD COLUMN installer text,            -- AAD object id of whoever installed the app; null: nobody did
  ADD COLUMN chosen_channel text,       -- the channel that was selected at the installation
  ADD COLUMN membership_at timestamptz, -- time of the newest activity that told an installation or a removal
  ADD COLUMN removed_at timestamptz,    -- the app is not in the team; null: it is, as far as is known
  ADD COLUMN authorized_by text,        -- PagerDuty user id of the admin who authorized the team …
  ADD COLUMN authorized_name text,      -- … their name …
  ADD COLUMN authorized_role text,      -- … what they were then …
  ADD COLUMN authorized_at timestamptz; -- … and when
UPDATE team t SET key = numbered.key
FROM (SELECT id, 'team-' || row_number() OVER (ORDER BY id) AS key FROM team) numbered
WHERE numbered.id = t.id;
ALTER TABLE team ALTER COLUMN key SET NOT NULL, ADD CONSTRAINT team_key_key UNIQUE (key);

-- A channel of a team that belongs to no account yet belongs to none either.
ALTER TABLE conversation
  ALTER COLUMN account DROP NOT NULL,
  DROP CONSTRAINT conversation_team_fkey,
  ADD CONSTRAINT conversation_team_fkey FOREIGN KEY (team, tenant, account)
    REFERENCES team (id, tenant, account) ON UPDATE CASCADE;

-- Where a person's private chat lives, told by what they write there.
ALTER TABLE person ADD COLUMN service_url text;

-- What a tenant's consent gave when a token was last read; null: never read.
ALTER TABLE teams_tenant
  ADD COLUMN roles text[],
  ADD COLUMN roles_read_at timestamptz;

-- A link that somebody is to open in a browser. The row decides whether it is open, by the database's clock.
CREATE TABLE link_offer (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('authorize', 'consent')),
  tenant text NOT NULL REFERENCES teams_tenant,
  team text NOT NULL REFERENCES team,
  account text REFERENCES pagerduty_account, -- that an authorization is for
  request text NOT NULL,    -- what asked for it: the same request finds the same row
  key_hash bytea UNIQUE,    -- of the KEY that `authorize` takes …
  key_sealed bytea,         -- … and the KEY
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  ended_as text CHECK (ended_as IN ('replaced', 'removed', 'shown')), -- shown: its KEY was written in a channel
  spent_at timestamptz,
  spent_flow bytea,         -- hash of the flow that spent it: its browser sees the success again
  spent_by text,            -- PagerDuty user id
  spent_name text,
  spent_role text,
  returned_at timestamptz,  -- of a consent: somebody came back from its page last …
  return_refused boolean,   -- … and had refused
  reported_at timestamptz,  -- of an authorization: the workflow was told that it is spent; of a consent: of what
                            -- came back last
  CONSTRAINT link_offer_once UNIQUE (team, kind, request),
  CONSTRAINT link_offer_authorize CHECK ((kind = 'authorize') = (account IS NOT NULL AND key_hash IS NOT NULL
                                                                 AND key_sealed IS NOT NULL)),
  CONSTRAINT link_offer_returned CHECK ((returned_at IS NULL) = (return_refused IS NULL)
                                        AND (kind = 'consent' OR returned_at IS NULL))
);

CREATE INDEX link_offer_unreported ON link_offer (id)
WHERE (spent_at IS NOT NULL OR returned_at IS NOT NULL) AND reported_at IS NULL;

-- An offer as its page shows it, and how it stands at this moment.
CREATE VIEW offered_link AS
SELECT o.id, o.kind, o.tenant, o.team, t.name AS team_name, p.name AS installer, o.account, o.key_hash,
       o.expires_at, o.spent_flow, o.spent_by, o.spent_name, o.returned_at,
       o.return_refused, o.reported_at,
       CASE WHEN o.spent_at IS NOT NULL THEN 'spent'
            WHEN o.ended_at IS NOT NULL THEN o.ended_as
            WHEN o.expires_at <= now() THEN 'expired'
            ELSE 'open' END AS state
FROM link_offer o
JOIN team t ON t.id = o.team
LEFT JOIN person p ON p.tenant = t.tenant AND p.aad_object_id = t.installer;

-- KEYs that somebody wrote and that were none: a fifth within a quarter of an hour has to wait.
CREATE TABLE wrong_key (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL REFERENCES teams_tenant,
  aad_object_id text NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX wrong_key_of_person ON wrong_key (tenant, aad_object_id, written_at);

-- A message of a handshake, one row for each recipient: what is about to be sent, what was shown.
CREATE TABLE notice (
  subject text NOT NULL,       -- the workflow that shows it: setup/payments
  name text NOT NULL,          -- which of its messages: installer/2, welcome
  recipient text NOT NULL,     -- a person's AAD object id, or a conversation
  tenant text NOT NULL REFERENCES teams_tenant,
  begun_at timestamptz NOT NULL DEFAULT now(),
  conversation text,           -- where it was sent
  intent_marker text,          -- of a post whose outcome is not recorded
  intent_at timestamptz,       -- when the latest post was asked for; null: nothing was ever sent
  activity_id text,
  marker text,
  content text,                -- fingerprint of what is shown
  showing text,                -- what it shows: open, expired, replaced …
  expanded boolean NOT NULL DEFAULT false,
  shown_at timestamptz,
  PRIMARY KEY (subject, name, recipient)
);

-- A button is pressed on a message.
CREATE INDEX notice_by_activity ON notice (conversation, activity_id);

-- Commands that were answered: Teams delivers again what is not answered in time.
CREATE TABLE command (
  tenant text NOT NULL REFERENCES teams_tenant,
  conversation text NOT NULL,
  activity_id text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant, conversation, activity_id)
);

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
