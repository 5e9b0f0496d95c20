-- name: upsert_account
INSERT INTO pagerduty_account (key, subdomain, region) VALUES (:key, :subdomain, :region)
ON CONFLICT (key) DO UPDATE SET subdomain = excluded.subdomain, region = excluded.region

-- name: upsert_tenant
INSERT INTO teams_tenant (id, name) VALUES (:id, :name)
ON CONFLICT (id) DO UPDATE SET name = excluded.name

-- name: know_tenant
INSERT INTO teams_tenant (id, name) VALUES (:id, '') ON CONFLICT (id) DO NOTHING

-- name: name_of_tenant
SELECT name FROM teams_tenant WHERE id = :id

-- name: note_roles
UPDATE teams_tenant SET roles = :roles, roles_read_at = now() WHERE id = :id

-- name: seed_roles
UPDATE teams_tenant SET roles = :roles, roles_read_at = now() WHERE id = :id AND roles IS NULL

-- name: roles_of
SELECT roles FROM teams_tenant WHERE id = :id

-- name: note_targeted_refused
UPDATE teams_tenant SET targeted_refused_at = now() WHERE id = :id
