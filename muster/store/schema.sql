-- What the migrations make of an empty database. Generated: MUSTER_SCHEMA_WRITE=1 pytest tests/store/test_schema.py

CREATE TABLE api_token (
    id text NOT NULL,
    digest bytea NOT NULL,
    account text NOT NULL,
    name text NOT NULL,
    pagerduty_user text NOT NULL,
    pagerduty_email text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    revoked_at timestamp with time zone,
    minute_began_at timestamp with time zone,
    calls integer DEFAULT 0 NOT NULL
);

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

CREATE TABLE command (
    tenant text NOT NULL,
    conversation text NOT NULL,
    activity_id text NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE connection (
    id bigint NOT NULL,
    account text NOT NULL,
    service text NOT NULL,
    service_name text NOT NULL,
    conversation text NOT NULL,
    connected_at timestamp with time zone DEFAULT now() NOT NULL,
    request text,
    connected_by text,
    connected_name text,
    ended_at timestamp with time zone,
    ended_by text,
    ended_name text,
    ended_request text,
    preset text DEFAULT 'highlights_only'::text NOT NULL,
    CONSTRAINT connection_preset_check CHECK ((preset = ANY (ARRAY['no_updates'::text, 'status_updates_only'::text, 'highlights_only'::text, 'all_updates'::text])))
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
    account text,
    team text,
    key text NOT NULL,
    name text NOT NULL,
    service_url text NOT NULL,
    suspended_at timestamp with time zone,
    named_at timestamp with time zone,
    suspended_by text,
    membership_at timestamp with time zone,
    told_by text,
    CONSTRAINT conversation_account_of_chats CHECK (((kind = 'channel'::text) OR (account IS NOT NULL))),
    CONSTRAINT conversation_kind_check CHECK ((kind = ANY (ARRAY['channel'::text, 'group'::text, 'personal'::text]))),
    CONSTRAINT conversation_team_of_channels CHECK (((kind = 'channel'::text) = (team IS NOT NULL)))
);

CREATE TABLE directory_cache (
    tenant text NOT NULL,
    email text NOT NULL,
    aad_object_id text,
    role text,
    read_at timestamp with time zone NOT NULL,
    address text DEFAULT ''::text NOT NULL,
    CONSTRAINT directory_cache_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'guest'::text])))
);

CREATE TABLE ended_link (
    link bigint NOT NULL,
    tenant text NOT NULL,
    aad_object_id text NOT NULL,
    account text NOT NULL,
    reason text NOT NULL,
    ended_at timestamp with time zone DEFAULT now() NOT NULL,
    told_at timestamp with time zone,
    CONSTRAINT ended_link_reason_check CHECK ((reason = ANY (ARRAY['refused'::text, 'user_gone'::text, 'person_gone'::text, 'teams_gone'::text])))
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
    replies text[] DEFAULT '{}'::text[] NOT NULL,
    preset text DEFAULT 'highlights_only'::text NOT NULL,
    preset_number integer DEFAULT 0 NOT NULL,
    followed_by text,
    followed_name text,
    followed_at timestamp with time zone,
    follow_number integer DEFAULT 0 NOT NULL,
    stopped_by text,
    stopped_name text,
    stopped_at timestamp with time zone,
    CONSTRAINT incident_card_preset_check CHECK ((preset = ANY (ARRAY['no_updates'::text, 'status_updates_only'::text, 'highlights_only'::text, 'all_updates'::text]))),
    CONSTRAINT incident_card_stopped CHECK (((stopped_at IS NULL) OR (followed_at IS NOT NULL)))
);

CREATE VIEW followed_account AS
 SELECT connection.account
   FROM connection
  WHERE (connection.ended_at IS NULL)
UNION
 SELECT k.account
   FROM (incident_card k
     JOIN conversation c ON ((c.id = k.conversation)))
  WHERE (((c.suspended_at IS NULL) OR (c.team IS NULL)) AND (k.stopped_at IS NULL) AND (COALESCE((k.view ->> 'status'::text), ''::text) <> 'resolved'::text));

CREATE TABLE incident_detail (
    account text NOT NULL,
    incident_id text NOT NULL,
    covers_at timestamp with time zone NOT NULL,
    covers_event text NOT NULL,
    details jsonb NOT NULL,
    read_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE incident_room (
    account text NOT NULL,
    incident_id text NOT NULL,
    tenant text NOT NULL,
    opened_at timestamp with time zone DEFAULT now() NOT NULL,
    stage text DEFAULT 'none'::text NOT NULL,
    topic text DEFAULT ''::text NOT NULL,
    owner text,
    began_at timestamp with time zone,
    chat text,
    url text DEFAULT ''::text NOT NULL,
    others integer DEFAULT 0 NOT NULL,
    shown_topic text DEFAULT ''::text NOT NULL,
    installed_at timestamp with time zone,
    shown_at timestamp with time zone,
    noted_at timestamp with time zone,
    told jsonb,
    summed_up_for timestamp with time zone,
    left_at timestamp with time zone,
    name text DEFAULT ''::text NOT NULL,
    preset text DEFAULT 'all_updates'::text NOT NULL,
    program_user text DEFAULT ''::text NOT NULL,
    program_email text DEFAULT ''::text NOT NULL,
    CONSTRAINT incident_room_preset_check CHECK ((preset = ANY (ARRAY['no_updates'::text, 'status_updates_only'::text, 'highlights_only'::text, 'all_updates'::text]))),
    CONSTRAINT incident_room_stage_check CHECK ((stage = ANY (ARRAY['none'::text, 'making'::text, 'made'::text, 'unknown'::text, 'gone'::text, 'archived'::text])))
);

CREATE TABLE installation (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    only_one boolean DEFAULT true NOT NULL,
    CONSTRAINT installation_only_one_check CHECK (only_one)
);

CREATE TABLE link_offer (
    id bigint NOT NULL,
    kind text NOT NULL,
    tenant text NOT NULL,
    team text,
    account text,
    request text NOT NULL,
    key_hash bytea,
    key_sealed bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    ended_as text,
    spent_at timestamp with time zone,
    spent_flow bytea,
    spent_by text,
    spent_name text,
    spent_role text,
    returned_at timestamp with time zone,
    return_refused boolean,
    reported_at timestamp with time zone,
    person text,
    link bigint,
    exchanged_flows bytea[] DEFAULT '{}'::bytea[] NOT NULL,
    CONSTRAINT link_offer_authorize CHECK (((kind = 'authorize'::text) = ((account IS NOT NULL) AND (key_hash IS NOT NULL) AND (key_sealed IS NOT NULL)))),
    CONSTRAINT link_offer_ended_as_check CHECK ((ended_as = ANY (ARRAY['replaced'::text, 'removed'::text, 'shown'::text]))),
    CONSTRAINT link_offer_kind_check CHECK ((kind = ANY (ARRAY['authorize'::text, 'consent'::text, 'link_accounts'::text]))),
    CONSTRAINT link_offer_personal CHECK (
CASE
    WHEN (kind = 'link_accounts'::text) THEN ((person IS NOT NULL) AND (account IS NOT NULL) AND (team IS NULL))
    ELSE ((person IS NULL) AND (team IS NOT NULL) AND (link IS NULL))
END),
    CONSTRAINT link_offer_returned CHECK ((((returned_at IS NULL) = (return_refused IS NULL)) AND ((kind = 'consent'::text) OR (returned_at IS NULL))))
);

ALTER TABLE link_offer ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME link_offer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE notice (
    subject text NOT NULL,
    name text NOT NULL,
    recipient text NOT NULL,
    tenant text NOT NULL,
    begun_at timestamp with time zone DEFAULT now() NOT NULL,
    conversation text,
    intent_marker text,
    intent_at timestamp with time zone,
    activity_id text,
    marker text,
    content text,
    showing text,
    expanded boolean DEFAULT false NOT NULL,
    shown_at timestamp with time zone,
    targeted boolean DEFAULT false NOT NULL
);

CREATE TABLE person (
    tenant text NOT NULL,
    aad_object_id text NOT NULL,
    teams_id text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    private_conversation text,
    service_url text
);

CREATE TABLE team (
    id text NOT NULL,
    tenant text NOT NULL,
    aad_group_id text,
    name text NOT NULL,
    account text,
    key text NOT NULL,
    service_url text,
    step text,
    installer text,
    chosen_channel text,
    membership_at timestamp with time zone,
    removed_at timestamp with time zone,
    authorized_by text,
    authorized_name text,
    authorized_role text,
    authorized_at timestamp with time zone,
    named_at timestamp with time zone,
    forgotten_at timestamp with time zone
);

CREATE VIEW offered_link AS
 SELECT o.id,
    o.kind,
    o.tenant,
    COALESCE(o.team, ''::text) AS team,
    COALESCE(t.name, ''::text) AS team_name,
    p.name AS installer,
    COALESCE(o.person, ''::text) AS person,
    o.account,
    o.key_hash,
    o.expires_at,
    o.spent_flow,
    o.spent_by,
    o.spent_name,
    o.link,
    o.returned_at,
    o.return_refused,
    o.reported_at,
        CASE
            WHEN (o.spent_at IS NOT NULL) THEN 'spent'::text
            WHEN (o.ended_at IS NOT NULL) THEN o.ended_as
            WHEN (o.expires_at <= now()) THEN 'expired'::text
            ELSE 'open'::text
        END AS state
   FROM ((link_offer o
     LEFT JOIN team t ON ((t.id = o.team)))
     LEFT JOIN person p ON (((p.tenant = t.tenant) AND (p.aad_object_id = t.installer))));

CREATE TABLE operation (
    account text NOT NULL,
    key text NOT NULL,
    caller text NOT NULL,
    kind text NOT NULL,
    call_key text,
    request_hash text NOT NULL,
    begun_at timestamp with time zone DEFAULT now() NOT NULL,
    intent_at timestamp with time zone,
    ended_at timestamp with time zone,
    outcome text,
    reason text DEFAULT ''::text NOT NULL,
    says text DEFAULT ''::text NOT NULL,
    url text DEFAULT ''::text NOT NULL,
    status smallint,
    answer text,
    is_shared boolean DEFAULT false NOT NULL,
    told text DEFAULT ''::text NOT NULL,
    is_going_on boolean DEFAULT false NOT NULL,
    CONSTRAINT operation_answered CHECK (((status IS NULL) = (answer IS NULL))),
    CONSTRAINT operation_ended CHECK (((ended_at IS NULL) = (outcome IS NULL))),
    CONSTRAINT operation_outcome_check CHECK ((outcome = ANY (ARRAY['done'::text, 'failed'::text, 'unknown'::text])))
);

CREATE TABLE pagerduty_account (
    key text NOT NULL,
    subdomain text NOT NULL,
    region text NOT NULL
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

CREATE TABLE room_meeting (
    account text NOT NULL,
    incident_id text NOT NULL,
    stage text DEFAULT 'none'::text NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    way text DEFAULT 'calendar'::text NOT NULL,
    candidate text DEFAULT ''::text NOT NULL,
    organiser text DEFAULT ''::text NOT NULL,
    organiser_name text DEFAULT ''::text NOT NULL,
    subject text DEFAULT ''::text NOT NULL,
    starts_at timestamp with time zone,
    html text DEFAULT ''::text NOT NULL,
    attendees text DEFAULT '[]'::text NOT NULL,
    left_out integer DEFAULT 0 NOT NULL,
    hindered jsonb DEFAULT '{}'::jsonb NOT NULL,
    event_id text DEFAULT ''::text NOT NULL,
    url text DEFAULT ''::text NOT NULL,
    number text DEFAULT ''::text NOT NULL,
    replaces text DEFAULT ''::text NOT NULL,
    bridge text DEFAULT 'unread'::text NOT NULL,
    noted_at timestamp with time zone,
    marked boolean DEFAULT false NOT NULL,
    asked text DEFAULT ''::text NOT NULL,
    CONSTRAINT room_meeting_bridge_check CHECK ((bridge = ANY (ARRAY['unread'::text, 'ours'::text, 'theirs'::text]))),
    CONSTRAINT room_meeting_stage_check CHECK ((stage = ANY (ARRAY['none'::text, 'making'::text, 'made'::text, 'gone'::text]))),
    CONSTRAINT room_meeting_way_check CHECK ((way = ANY (ARRAY['calendar'::text, 'meeting'::text])))
);

CREATE TABLE room_member (
    account text NOT NULL,
    incident_id text NOT NULL,
    pagerduty_user text NOT NULL,
    rank smallint NOT NULL,
    name text NOT NULL,
    asked boolean DEFAULT false NOT NULL,
    aad_object_id text,
    role text,
    absence text,
    looked_at timestamp with time zone,
    in_chat boolean DEFAULT false NOT NULL,
    taken_out boolean DEFAULT false NOT NULL,
    left_at timestamp with time zone,
    address text DEFAULT ''::text NOT NULL,
    by_program boolean DEFAULT false NOT NULL,
    pressed boolean DEFAULT false NOT NULL,
    lacks text,
    CONSTRAINT room_member_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'guest'::text])))
);

CREATE TABLE subscription_intent (
    marker text NOT NULL,
    account text NOT NULL,
    installation uuid NOT NULL,
    url text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    given_up_at timestamp with time zone
);

CREATE TABLE suspension (
    team text NOT NULL,
    channel text DEFAULT ''::text NOT NULL,
    reason text NOT NULL,
    at timestamp with time zone NOT NULL,
    is_over boolean NOT NULL,
    is_final boolean DEFAULT false NOT NULL,
    is_told boolean DEFAULT false NOT NULL,
    CONSTRAINT suspension_reason_check CHECK ((reason = ANY (ARRAY['removed'::text, 'archived'::text, 'deleted'::text, 'refused'::text])))
);

CREATE TABLE teams_tenant (
    id text NOT NULL,
    name text NOT NULL,
    roles text[],
    roles_read_at timestamp with time zone,
    targeted_refused_at timestamp with time zone
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
    linked_at timestamp with time zone DEFAULT now() NOT NULL,
    refresh_token bytea,
    scopes text[] DEFAULT '{}'::text[] NOT NULL,
    authorized_at timestamp with time zone,
    refreshed_at timestamp with time zone,
    expires_at timestamp with time zone,
    refreshes_begun integer DEFAULT 0 NOT NULL,
    told_of_year_at timestamp with time zone,
    pagerduty_role text,
    CONSTRAINT user_link_refreshed CHECK (((refresh_token IS NULL) OR ((authorized_at IS NOT NULL) AND (refreshed_at IS NOT NULL) AND (expires_at IS NOT NULL))))
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
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    url text,
    verified_at timestamp with time zone,
    ended_at timestamp with time zone,
    deleted_at timestamp with time zone,
    CONSTRAINT webhook_subscription_ended CHECK (((deleted_at IS NULL) OR (ended_at IS NOT NULL)))
);

CREATE TABLE wrong_key (
    id bigint NOT NULL,
    tenant text NOT NULL,
    aad_object_id text NOT NULL,
    written_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE wrong_key ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME wrong_key_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY api_token
    ADD CONSTRAINT api_token_pkey PRIMARY KEY (id);

ALTER TABLE ONLY click
    ADD CONSTRAINT click_pkey PRIMARY KEY (key);

ALTER TABLE ONLY command
    ADD CONSTRAINT command_pkey PRIMARY KEY (tenant, conversation, activity_id);

ALTER TABLE ONLY connection
    ADD CONSTRAINT connection_ended_request_key UNIQUE (ended_request);

ALTER TABLE ONLY connection
    ADD CONSTRAINT connection_pkey PRIMARY KEY (id);

ALTER TABLE ONLY connection
    ADD CONSTRAINT connection_request_key UNIQUE (request);

ALTER TABLE ONLY conversation
    ADD CONSTRAINT conversation_key_key UNIQUE (key);

ALTER TABLE ONLY conversation
    ADD CONSTRAINT conversation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY directory_cache
    ADD CONSTRAINT directory_cache_pkey PRIMARY KEY (tenant, email);

ALTER TABLE ONLY ended_link
    ADD CONSTRAINT ended_link_pkey PRIMARY KEY (link);

ALTER TABLE ONLY incident_card
    ADD CONSTRAINT incident_card_pkey PRIMARY KEY (account, incident_id, conversation);

ALTER TABLE ONLY incident_detail
    ADD CONSTRAINT incident_detail_pkey PRIMARY KEY (account, incident_id);

ALTER TABLE ONLY incident_room
    ADD CONSTRAINT incident_room_pkey PRIMARY KEY (account, incident_id);

ALTER TABLE ONLY installation
    ADD CONSTRAINT installation_only_one_key UNIQUE (only_one);

ALTER TABLE ONLY installation
    ADD CONSTRAINT installation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY link_offer
    ADD CONSTRAINT link_offer_key_hash_key UNIQUE (key_hash);

ALTER TABLE ONLY link_offer
    ADD CONSTRAINT link_offer_once UNIQUE (team, kind, request);

ALTER TABLE ONLY link_offer
    ADD CONSTRAINT link_offer_pkey PRIMARY KEY (id);

ALTER TABLE ONLY notice
    ADD CONSTRAINT notice_pkey PRIMARY KEY (subject, name, recipient);

ALTER TABLE ONLY operation
    ADD CONSTRAINT operation_account_call_key_key UNIQUE (account, call_key);

ALTER TABLE ONLY operation
    ADD CONSTRAINT operation_pkey PRIMARY KEY (account, key);

ALTER TABLE ONLY pagerduty_account
    ADD CONSTRAINT pagerduty_account_pkey PRIMARY KEY (key);

ALTER TABLE ONLY person
    ADD CONSTRAINT person_pkey PRIMARY KEY (tenant, aad_object_id);

ALTER TABLE ONLY quarantined_event
    ADD CONSTRAINT quarantined_event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY room_meeting
    ADD CONSTRAINT room_meeting_pkey PRIMARY KEY (account, incident_id);

ALTER TABLE ONLY room_member
    ADD CONSTRAINT room_member_pkey PRIMARY KEY (account, incident_id, pagerduty_user);

ALTER TABLE ONLY subscription_intent
    ADD CONSTRAINT subscription_intent_pkey PRIMARY KEY (marker);

ALTER TABLE ONLY suspension
    ADD CONSTRAINT suspension_pkey PRIMARY KEY (team, channel, reason);

ALTER TABLE ONLY team
    ADD CONSTRAINT team_id_tenant_account_key UNIQUE (id, tenant, account);

ALTER TABLE ONLY team
    ADD CONSTRAINT team_key_key UNIQUE (key);

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

ALTER TABLE ONLY wrong_key
    ADD CONSTRAINT wrong_key_pkey PRIMARY KEY (id);

CREATE INDEX click_by_card ON click USING btree (account, incident_id, conversation, received_at);

CREATE UNIQUE INDEX connection_live ON connection USING btree (account, service, conversation) WHERE (ended_at IS NULL);

CREATE INDEX connection_of_conversation ON connection USING btree (conversation);

CREATE INDEX conversation_left ON conversation USING btree (id) WHERE ((team IS NULL) AND (suspended_at IS NOT NULL));

CREATE INDEX conversation_of_team ON conversation USING btree (team);

CREATE INDEX ended_link_untold ON ended_link USING btree (account) WHERE (told_at IS NULL);

CREATE INDEX incident_card_by_activity ON incident_card USING btree (conversation, activity_id);

CREATE INDEX incident_card_unresolved ON incident_card USING btree (conversation) WHERE (COALESCE((view ->> 'status'::text), ''::text) <> 'resolved'::text);

CREATE UNIQUE INDEX incident_room_chat ON incident_room USING btree (chat) WHERE (chat IS NOT NULL);

CREATE INDEX link_offer_by_end ON link_offer USING btree (expires_at);

CREATE UNIQUE INDEX link_offer_personal_once ON link_offer USING btree (tenant, person, account, request) WHERE (person IS NOT NULL);

CREATE INDEX link_offer_unreported ON link_offer USING btree (id) WHERE (((spent_at IS NOT NULL) OR (returned_at IS NOT NULL)) AND (reported_at IS NULL));

CREATE INDEX notice_by_activity ON notice USING btree (conversation, activity_id);

CREATE INDEX notice_of_recipient ON notice USING btree (recipient);

CREATE UNIQUE INDEX quarantined_event_once ON quarantined_event USING btree (account, event_id, reason, COALESCE(target, ''::text)) WHERE (event_id IS NOT NULL);

CREATE INDEX subscription_intent_of_account ON subscription_intent USING btree (account);

CREATE INDEX team_removed ON team USING btree (id) WHERE (removed_at IS NOT NULL);

CREATE INDEX user_link_of_account ON user_link USING btree (account, id);

CREATE UNIQUE INDEX webhook_subscription_once ON webhook_subscription USING btree (account, url) WHERE (ended_at IS NULL);

CREATE INDEX wrong_key_of_person ON wrong_key USING btree (tenant, aad_object_id, written_at);

ALTER TABLE ONLY api_token
    ADD CONSTRAINT api_token_account_fkey FOREIGN KEY (account) REFERENCES pagerduty_account(key);

ALTER TABLE ONLY command
    ADD CONSTRAINT command_tenant_fkey FOREIGN KEY (tenant) REFERENCES teams_tenant(id);

ALTER TABLE ONLY connection
    ADD CONSTRAINT connection_account_fkey FOREIGN KEY (account) REFERENCES pagerduty_account(key);

ALTER TABLE ONLY connection
    ADD CONSTRAINT connection_conversation_fkey FOREIGN KEY (conversation) REFERENCES conversation(id);

ALTER TABLE ONLY conversation
    ADD CONSTRAINT conversation_account_fkey FOREIGN KEY (account) REFERENCES pagerduty_account(key);

ALTER TABLE ONLY conversation
    ADD CONSTRAINT conversation_team_fkey FOREIGN KEY (team, tenant, account) REFERENCES team(id, tenant, account) ON UPDATE CASCADE;

ALTER TABLE ONLY conversation
    ADD CONSTRAINT conversation_tenant_fkey FOREIGN KEY (tenant) REFERENCES teams_tenant(id);

ALTER TABLE ONLY ended_link
    ADD CONSTRAINT ended_link_account_fkey FOREIGN KEY (account) REFERENCES pagerduty_account(key);

ALTER TABLE ONLY ended_link
    ADD CONSTRAINT ended_link_tenant_fkey FOREIGN KEY (tenant) REFERENCES teams_tenant(id);

ALTER TABLE ONLY incident_card
    ADD CONSTRAINT incident_card_account_fkey FOREIGN KEY (account) REFERENCES pagerduty_account(key);

ALTER TABLE ONLY incident_card
    ADD CONSTRAINT incident_card_conversation_fkey FOREIGN KEY (conversation) REFERENCES conversation(id);

ALTER TABLE ONLY incident_detail
    ADD CONSTRAINT incident_detail_account_fkey FOREIGN KEY (account) REFERENCES pagerduty_account(key);

ALTER TABLE ONLY link_offer
    ADD CONSTRAINT link_offer_account_fkey FOREIGN KEY (account) REFERENCES pagerduty_account(key);

ALTER TABLE ONLY link_offer
    ADD CONSTRAINT link_offer_team_fkey FOREIGN KEY (team) REFERENCES team(id);

ALTER TABLE ONLY link_offer
    ADD CONSTRAINT link_offer_tenant_fkey FOREIGN KEY (tenant) REFERENCES teams_tenant(id);

ALTER TABLE ONLY notice
    ADD CONSTRAINT notice_tenant_fkey FOREIGN KEY (tenant) REFERENCES teams_tenant(id);

ALTER TABLE ONLY operation
    ADD CONSTRAINT operation_account_fkey FOREIGN KEY (account) REFERENCES pagerduty_account(key);

ALTER TABLE ONLY person
    ADD CONSTRAINT person_tenant_fkey FOREIGN KEY (tenant) REFERENCES teams_tenant(id);

ALTER TABLE ONLY room_meeting
    ADD CONSTRAINT room_meeting_account_incident_id_fkey FOREIGN KEY (account, incident_id) REFERENCES incident_room(account, incident_id) ON DELETE CASCADE;

ALTER TABLE ONLY room_member
    ADD CONSTRAINT room_member_account_incident_id_fkey FOREIGN KEY (account, incident_id) REFERENCES incident_room(account, incident_id) ON DELETE CASCADE;

ALTER TABLE ONLY subscription_intent
    ADD CONSTRAINT subscription_intent_account_fkey FOREIGN KEY (account) REFERENCES pagerduty_account(key);

ALTER TABLE ONLY subscription_intent
    ADD CONSTRAINT subscription_intent_installation_fkey FOREIGN KEY (installation) REFERENCES installation(id);

ALTER TABLE ONLY suspension
    ADD CONSTRAINT suspension_team_fkey FOREIGN KEY (team) REFERENCES team(id);

ALTER TABLE ONLY team
    ADD CONSTRAINT team_account_fkey FOREIGN KEY (account) REFERENCES pagerduty_account(key);

ALTER TABLE ONLY team
    ADD CONSTRAINT team_tenant_fkey FOREIGN KEY (tenant) REFERENCES teams_tenant(id);

ALTER TABLE ONLY user_link
    ADD CONSTRAINT user_link_account_fkey FOREIGN KEY (account) REFERENCES pagerduty_account(key);

ALTER TABLE ONLY webhook_subscription
    ADD CONSTRAINT webhook_subscription_account_fkey FOREIGN KEY (account) REFERENCES pagerduty_account(key);

ALTER TABLE ONLY wrong_key
    ADD CONSTRAINT wrong_key_tenant_fkey FOREIGN KEY (tenant) REFERENCES teams_tenant(id);
