-- name: upsert_account
INSERT INTO pagerduty_account (key, subdomain, region) VALUES (:key, :subdomain, :region)
ON CONFLICT (key) DO UPDATE SET subdomain = excluded.subdomain, region = excluded.region

-- name: upsert_tenant
INSERT INTO teams_tenant (id, name) VALUES (:id, :name)
ON CONFLICT (id) DO UPDATE SET name = excluded.name
