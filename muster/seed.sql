-- name: account
INSERT INTO pagerduty_account (key, subdomain, region) VALUES ($1, $2, $3)
ON CONFLICT (key) DO UPDATE SET subdomain = excluded.subdomain, region = excluded.region

-- name: tenant
INSERT INTO teams_tenant (id, name) VALUES ($1, $2)
ON CONFLICT (id) DO UPDATE SET name = excluded.name

-- name: team
INSERT INTO team (id, tenant, aad_group_id, name, account) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, aad_group_id = excluded.aad_group_id

-- name: channel
-- The key stays as it was when the channel was first seen.
INSERT INTO channel (id, team, key, name, service_url) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, service_url = excluded.service_url

-- name: person
INSERT INTO person (tenant, aad_object_id, teams_id, name, email) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (tenant, aad_object_id) DO UPDATE
SET teams_id = excluded.teams_id, name = excluded.name, email = excluded.email

-- name: connection
INSERT INTO connection (account, service, service_name, channel) VALUES ($1, $2, $3, $4)
ON CONFLICT (account, service, channel) DO UPDATE SET service_name = excluded.service_name

-- name: subscription
INSERT INTO webhook_subscription (account, id, secret) VALUES ($1, $2, $3)
ON CONFLICT (account, id) DO UPDATE SET secret = excluded.secret

-- name: link
INSERT INTO user_link (tenant, aad_object_id, account, pagerduty_user, pagerduty_name, pagerduty_email,
                       access_token)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (tenant, aad_object_id, account) DO UPDATE
SET pagerduty_user = excluded.pagerduty_user, pagerduty_name = excluded.pagerduty_name,
    pagerduty_email = excluded.pagerduty_email, access_token = excluded.access_token
