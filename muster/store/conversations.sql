-- name: upsert_team
INSERT INTO team (id, tenant, aad_group_id, name, account)
VALUES (:id, :tenant, :aad_group_id, :name, :account)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, aad_group_id = excluded.aad_group_id

-- name: upsert
-- The key stays as it was when the conversation was first seen.
INSERT INTO conversation (id, kind, tenant, account, team, key, name, service_url)
VALUES (:id, :kind, :tenant, :account, :team, :key, :name, :service_url)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, service_url = excluded.service_url
