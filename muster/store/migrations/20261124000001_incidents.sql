-- migrate:up

-- Who we talk to. Rows of configuration (accounts, tenants) exist so that others can refer to them;
-- their secrets stay in the configuration.
CREATE TABLE pagerduty_account (
  key text PRIMARY KEY,
  subdomain text NOT NULL,
  region text NOT NULL
);

CREATE TABLE teams_tenant (
  id text PRIMARY KEY,
  name text NOT NULL
);

-- A team belongs to one PagerDuty account; a tenant may use several.
CREATE TABLE team (
  id text PRIMARY KEY, -- the thread id, which is its General channel's id
  tenant text NOT NULL REFERENCES teams_tenant,
  aad_group_id text NOT NULL,
  name text NOT NULL,
  account text NOT NULL REFERENCES pagerduty_account,
  UNIQUE (id, tenant, account) -- for the reference below
);

-- A channel, a group chat, or a personal chat. Operators read the key in workflow ids: it is fixed when the
-- conversation is first seen, and kept through renames.
CREATE TABLE conversation (
  id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('channel', 'group', 'personal')),
  tenant text NOT NULL REFERENCES teams_tenant,
  account text NOT NULL REFERENCES pagerduty_account,
  team text,
  key text NOT NULL UNIQUE,
  name text NOT NULL,
  service_url text NOT NULL, -- Microsoft may change it: written at each activity, read at each call
  suspended_at timestamptz,
  CONSTRAINT conversation_team_of_channels CHECK ((kind = 'channel') = (team IS NOT NULL)),
  -- A channel's tenant and account are its team's.
  CONSTRAINT conversation_team_fkey FOREIGN KEY (team, tenant, account) REFERENCES team (id, tenant, account)
);

CREATE TABLE person (
  tenant text NOT NULL REFERENCES teams_tenant,
  aad_object_id text NOT NULL,
  teams_id text NOT NULL,
  name text NOT NULL,
  email text NOT NULL,
  private_conversation text, -- opened when first needed
  PRIMARY KEY (tenant, aad_object_id)
);

CREATE TABLE user_link (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  aad_object_id text NOT NULL,
  account text NOT NULL REFERENCES pagerduty_account,
  pagerduty_user text NOT NULL,
  pagerduty_name text NOT NULL,
  pagerduty_email text NOT NULL,
  access_token bytea NOT NULL, -- sealed
  linked_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant, aad_object_id, account)
);

CREATE TABLE webhook_subscription (
  account text NOT NULL REFERENCES pagerduty_account,
  id text NOT NULL,
  secret bytea NOT NULL, -- sealed
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account, id)
);

-- Whose incidents appear where. An incident enters when it was created after the connection.
CREATE TABLE connection (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account text NOT NULL REFERENCES pagerduty_account,
  service text NOT NULL,
  service_name text NOT NULL,
  conversation text NOT NULL REFERENCES conversation,
  connected_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (account, service, conversation)
);

-- The registry of cards: a row before any signal, since most later events name only their incident.
-- `view` is a projection for lists; incident state lives in the workflow.
CREATE TABLE incident_card (
  account text NOT NULL REFERENCES pagerduty_account,
  incident_id text NOT NULL,
  conversation text NOT NULL REFERENCES conversation,
  registered_at timestamptz NOT NULL DEFAULT now(),
  intent_marker text,      -- of a post whose outcome is not recorded
  intent_at timestamptz,   -- when the latest post was asked for; null: nothing was ever sent
  post_began_at timestamptz, -- when a worker began with it
  activity_id text,
  marker text,             -- the live card is the one that carries it
  revision integer NOT NULL DEFAULT 0,
  nonce text,
  content text,            -- fingerprint of what is shown
  view jsonb,
  shown_at timestamptz,
  orphans integer NOT NULL DEFAULT 0,
  orphan_markers text[] NOT NULL DEFAULT '{}', -- of messages that are the card no more, or never were
  notified text[] NOT NULL DEFAULT '{}', -- highlights that were said or may have been
  replies text[] NOT NULL DEFAULT '{}',  -- activity ids of highlights: none of them is an orphan
  PRIMARY KEY (account, incident_id, conversation)
);

-- A click is looked up by the message whose button was pressed.
CREATE INDEX incident_card_by_activity ON incident_card (conversation, activity_id);

-- What webhooks do not carry, one row per incident for all its conversations.
CREATE TABLE incident_detail (
  account text NOT NULL REFERENCES pagerduty_account,
  incident_id text NOT NULL,
  covers_at timestamptz NOT NULL, -- the newest event that the answer includes …
  covers_event text NOT NULL,     -- … and its id
  details jsonb NOT NULL,
  read_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account, incident_id)
);

-- One row per click, whatever ids Teams delivers it under; the outcome is written once, as codes.
CREATE TABLE click (
  key text PRIMARY KEY,
  account text NOT NULL,
  incident_id text NOT NULL,
  conversation text NOT NULL,
  verb text NOT NULL,
  aad_object_id text NOT NULL,
  person_name text NOT NULL,
  received_at timestamptz NOT NULL,
  outcome text NOT NULL,
  outcome_reason text,
  outcome_by text,
  outcome_status text,
  outcome_code text, -- PagerDuty's number of its refusal …
  outcome_says text, -- … and its words
  recorded_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX click_by_card ON click (account, incident_id, conversation, received_at);

-- Signed events that could not be used: nothing is lost, an operator can look and replay.
CREATE TABLE quarantined_event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  event_id text,
  reason text NOT NULL,
  target text,
  body bytea NOT NULL
);

-- A redelivered event is kept once per reason and target.
CREATE UNIQUE INDEX quarantined_event_once
  ON quarantined_event (account, event_id, reason, coalesce(target, ''))
  WHERE event_id IS NOT NULL;

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
