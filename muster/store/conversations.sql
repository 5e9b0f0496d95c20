-- name: upsert_team
INSERT INTO team (id, tenant, aad_group_id, name, account)
VALUES (:id, :tenant, :aad_group_id, :name, :account)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, aad_group_id = excluded.aad_group_id

-- name: upsert
-- The key stays as it was when the conversation was first seen.
INSERT INTO conversation (id, kind, tenant, account, team, key, name, service_url)
VALUES (:id, :kind, :tenant, :account, :team, :key, :name, :service_url)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, service_url = excluded.service_url

-- name: service_url
SELECT service_url FROM conversation WHERE id = :id

-- name: follow
-- An activity tells where its conversation lives now. A closing slash is no other address.
UPDATE conversation SET service_url = :service_url
WHERE id = :id AND tenant = :tenant AND rtrim(service_url, '/') <> rtrim(:service_url, '/')
