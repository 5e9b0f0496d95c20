-- migrate:up

-- A person's own tokens. The times are PagerDuty's, by whose clock tokens die. A link that is made anew is a new row.
ALTER TABLE user_link
  ADD COLUMN refresh_token bytea,        -- sealed; null: the link was seeded, and lives as long as its token
  ADD COLUMN scopes text[] NOT NULL DEFAULT '{}',
  ADD COLUMN authorized_at timestamptz,  -- when the person authorized: all of it ends after a year
  ADD COLUMN refreshed_at timestamptz,   -- when the tokens were issued
  ADD COLUMN expires_at timestamptz,     -- when the access token dies
  ADD COLUMN refreshes_begun integer NOT NULL DEFAULT 0, -- since the tokens were last written
  ADD COLUMN told_of_year_at timestamptz, -- when the person was told that the year ends
  ADD CONSTRAINT user_link_refreshed CHECK (
    refresh_token IS NULL
    OR (authorized_at IS NOT NULL AND refreshed_at IS NOT NULL AND expires_at IS NOT NULL));

CREATE INDEX user_link_of_account ON user_link (account, id);

-- Links that ended although their people wanted them: each person is told once.
CREATE TABLE ended_link (
  link bigint PRIMARY KEY,      -- id of the row that was
  tenant text NOT NULL REFERENCES teams_tenant,
  aad_object_id text NOT NULL,
  account text NOT NULL REFERENCES pagerduty_account,
  reason text NOT NULL CHECK (reason IN ('refused', 'user_gone', 'person_gone')),
  ended_at timestamptz NOT NULL DEFAULT now(),
  told_at timestamptz           -- the workflow that tells the person knows; null: it is still to be told
);

CREATE INDEX ended_link_untold ON ended_link (account) WHERE told_at IS NULL;

-- A link for one person belongs to no team.
ALTER TABLE link_offer
  ALTER COLUMN team DROP NOT NULL,
  ADD COLUMN person text,       -- AAD object id of whom a personal link is for
  ADD COLUMN link bigint,       -- the row of user_link that came of it
  ADD COLUMN exchanged_flows bytea[] NOT NULL DEFAULT '{}', -- hashes of the flows whose codes went to PagerDuty
  DROP CONSTRAINT link_offer_kind_check,
  ADD CONSTRAINT link_offer_kind_check CHECK (kind IN ('authorize', 'consent', 'link_accounts')),
  ADD CONSTRAINT link_offer_personal CHECK (
    CASE WHEN kind = 'link_accounts' THEN person IS NOT NULL AND account IS NOT NULL AND team IS NULL
         ELSE person IS NULL AND team IS NOT NULL AND link IS NULL END);

CREATE UNIQUE INDEX link_offer_personal_once ON link_offer (tenant, person, account, request)
WHERE person IS NOT NULL;

CREATE INDEX link_offer_by_end ON link_offer (expires_at);

DROP VIEW offered_link;

CREATE VIEW offered_link AS
SELECT o.id, o.kind, o.tenant, coalesce(o.team, '') AS team, coalesce(t.name, '') AS team_name, p.name AS installer,
       coalesce(o.person, '') AS person, o.account, o.key_hash, o.expires_at, o.spent_flow, o.spent_by,
       o.spent_name, o.link, o.returned_at,
       o.return_refused, o.reported_at,
       CASE WHEN o.spent_at IS NOT NULL THEN 'spent'
            WHEN o.ended_at IS NOT NULL THEN o.ended_as
            WHEN o.expires_at <= now() THEN 'expired'
            ELSE 'open' END AS state
FROM link_offer o
LEFT JOIN team t ON t.id = o.team
LEFT JOIN person p ON p.tenant = t.tenant AND p.aad_object_id = t.installer;

-- A message that its recipient alone sees, in a conversation that others read too.
ALTER TABLE notice ADD COLUMN targeted boolean NOT NULL DEFAULT false;

-- Teams refused such a message there: they go to the private chats for a day.
ALTER TABLE teams_tenant ADD COLUMN targeted_refused_at timestamptz;

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
