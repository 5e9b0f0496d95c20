-- What the migrations make of an empty database. Generated: MUSTER_SCHEMA_WRITE=1 pytest tests/store/test_schema.py

CREATE TABLE click (
    key text NOT NULL,
    account text NOT NULL,
    incident_id text NOT NULL,
    conversation text NOT NULL,
    verb text NOT NULL,
    aad_object_id text NOT NULL,
    person_name text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    outcome text NOT NULL,
    outcome_reason text,
    outcome_by text,
    outcome_status text,
    outcome_code text,
    outcome_says text,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE connection (
    id bigint NOT NULL,
    account text NOT NULL,
    service text NOT NULL,
    service_name text NOT NULL,
    conversation text NOT NULL,
    connected_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE connection ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME connection_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE conversation (
    id text NOT NULL,
    kind text NOT NULL,
    tenant text NOT NULL,
    account text NOT NULL,
    team text,
    key text NOT NULL,
    name text NOT NULL,
    service_url text NOT NULL,
    suspended_at timestamp with time zone,
    CONSTRAINT conversation_kind_check CHECK ((kind = ANY (ARRAY['channel'::text, 'group'::text, 'personal'::text]))),
    CONSTRAINT conversation_team_of_channels CHECK (((kind = 'channel'::text) = (team IS NOT NULL)))
);

CREATE TABLE incident_card (
    account text NOT NULL,
    incident_id text NOT NULL,
    conversation text NOT NULL,
    registered_at timestamp with time zone DEFAULT now() NOT NULL,
    intent_marker text,
    intent_at timestamp with time zone,
    post_began_at timestamp with time zone,
    activity_id text,
    marker text,
    revision integer DEFAULT 0 NOT NULL,
    nonce text,
    content text,
    view jsonb,
    shown_at timestamp with time zone,
    orphans integer DEFAULT 0 NOT NULL,
    orphan_markers text[] DEFAULT '{}'::text[] NOT NULL,
    notified text[] DEFAULT '{}'::text[] NOT NULL,
    replies text[] DEFAULT '{}'::text[] NOT NULL
);

CREATE TABLE incident_detail (
    account text NOT NULL,
    incident_id text NOT NULL,
    covers_at timestamp with time zone NOT NULL,
    covers_event text NOT NULL,
    details jsonb NOT NULL,
    read_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE pagerduty_account (
    key text NOT NULL,
    subdomain text NOT NULL,
    region text NOT NULL
);

CREATE TABLE person (
    tenant text NOT NULL,
    aad_object_id text NOT NULL,
    teams_id text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    private_conversation text
);

CREATE TABLE quarantined_event (
    id bigint NOT NULL,
    account text NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    event_id text,
    reason text NOT NULL,
    target text,
    body bytea NOT NULL
);

ALTER TABLE quarantined_event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME quarantined_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE team (
    id text NOT NULL,
    tenant text NOT NULL,
    aad_group_id text NOT NULL,
    name text NOT NULL,
    account text NOT NULL
);

CREATE TABLE teams_tenant (
    id text NOT NULL,
    name text NOT NULL
);

CREATE TABLE user_link (
    id bigint NOT NULL,
    tenant text NOT NULL,
    aad_object_id text NOT NULL,
    account text NOT NULL,
    pagerduty_user text NOT NULL,
    pagerduty_name text NOT NULL,
    pagerduty_email text NOT NULL,
    access_token bytea NOT NULL,
    linked_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE user_link ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME user_link_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE webhook_subscription (
    account text NOT NULL,
    id text NOT NULL,
    secret bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY click
    ADD CONSTRAINT click_pkey PRIMARY KEY (key);

ALTER TABLE ONLY connection
    ADD CONSTRAINT connection_account_service_conversation_key UNIQUE (account, service, conversation);

ALTER TABLE ONLY connection
    ADD CONSTRAINT connection_pkey PRIMARY KEY (id);

ALTER TABLE ONLY conversation
    ADD CONSTRAINT conversation_key_key UNIQUE (key);

ALTER TABLE ONLY conversation
    ADD CONSTRAINT conversation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY incident_card
    ADD CONSTRAINT incident_card_pkey PRIMARY KEY (account, incident_id, conversation);

ALTER TABLE ONLY incident_detail
    ADD CONSTRAINT incident_detail_pkey PRIMARY KEY (account, incident_id);

ALTER TABLE ONLY pagerduty_account
    ADD CONSTRAINT pagerduty_account_pkey PRIMARY KEY (key);

ALTER TABLE ONLY person
    ADD CONSTRAINT person_pkey PRIMARY KEY (tenant, aad_object_id);

ALTER TABLE ONLY quarantined_event
    ADD CONSTRAINT quarantined_event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY team
    ADD CONSTRAINT team_id_tenant_account_key UNIQUE (id, tenant, account);

ALTER TABLE ONLY team
    ADD CONSTRAINT team_pkey PRIMARY KEY (id);

ALTER TABLE ONLY teams_tenant
    ADD CONSTRAINT teams_tenant_pkey PRIMARY KEY (id);

ALTER TABLE ONLY user_link
    ADD CONSTRAINT user_link_pkey PRIMARY KEY (id);

ALTER TABLE ONLY user_link
    ADD CONSTRAINT user_link_tenant_aad_object_id_account_key UNIQUE (tenant, aad_object_id, account);

ALTER TABLE ONLY webhook_subscription
    ADD CONSTRAINT webhook_subscription_pkey PRIMARY KEY (account, id);

CREATE INDEX click_by_card ON click USING btree (account, incident_id, conversation, received_at);

CREATE INDEX incident_card_by_activity ON incident_card USING btree (conversation, activity_id);

CREATE UNIQUE INDEX quarantined_event_once ON quarantined_event USING btree (account, event_id, reason, COALESCE(target, ''::text)) WHERE (event_id IS NOT NULL);

ALTER TABLE ONLY connection
    ADD CONSTRAINT connection_account_fkey FOREIGN KEY (account) REFERENCES pagerduty_account(key);

ALTER TABLE ONLY connection
    ADD CONSTRAINT connection_conversation_fkey FOREIGN KEY (conversation) REFERENCES conversation(id);

ALTER TABLE ONLY conversation
    ADD CONSTRAINT conversation_account_fkey FOREIGN KEY (account) REFERENCES pagerduty_account(key);

ALTER TABLE ONLY conversation
    ADD CONSTRAINT conversation_team_fkey FOREIGN KEY (team, tenant, account) REFERENCES team(id, tenant, account);

ALTER TABLE ONLY conversation
    ADD CONSTRAINT conversation_tenant_fkey FOREIGN KEY (tenant) REFERENCES teams_tenant(id);

ALTER TABLE ONLY incident_card
    ADD CONSTRAINT incident_card_account_fkey FOREIGN KEY (account) REFERENCES pagerduty_account(key);

ALTER TABLE ONLY incident_card
    ADD CONSTRAINT incident_card_conversation_fkey FOREIGN KEY (conversation) REFERENCES conversation(id);

ALTER TABLE ONLY incident_detail
    ADD CONSTRAINT incident_detail_account_fkey FOREIGN KEY (account) REFERENCES pagerduty_account(key);

ALTER TABLE ONLY person
    ADD CONSTRAINT person_tenant_fkey FOREIGN KEY (tenant) REFERENCES teams_tenant(id);

ALTER TABLE ONLY team
    ADD CONSTRAINT team_account_fkey FOREIGN KEY (account) REFERENCES pagerduty_account(key);

ALTER TABLE ONLY team
    ADD CONSTRAINT team_tenant_fkey FOREIGN KEY (tenant) REFERENCES teams_tenant(id);

ALTER TABLE ONLY user_link
    ADD CONSTRAINT user_link_account_fkey FOREIGN KEY (account) REFERENCES pagerduty_account(key);

ALTER TABLE ONLY webhook_subscription
    ADD CONSTRAINT webhook_subscription_account_fkey FOREIGN KEY (account) REFERENCES pagerduty_account(key);
