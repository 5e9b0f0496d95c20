-- name: update
-- The key stays as it was when the conversation was first seen.
UPDATE conversation SET name = :name, service_url = :service_url WHERE id = :id
RETURNING id

-- name: insert
-- Whoever was faster has written the same.
INSERT INTO conversation (id, kind, tenant, account, team, key, name, service_url)
VALUES (:id, :kind, :tenant, :account, :team, :key, :name, :service_url)
ON CONFLICT (id) DO NOTHING

-- name: rename
UPDATE conversation SET name = :name, named_at = :at
WHERE id = :id AND team = :team AND tenant = :tenant AND (named_at IS NULL OR named_at < :at)

-- name: find_channel
SELECT c.key, c.name, c.team, t.name AS team_name
FROM conversation c
JOIN team t ON t.id = c.team
WHERE c.id = :id AND c.tenant = :tenant AND c.kind = 'channel'

-- name: service_url
SELECT service_url FROM conversation WHERE id = :id

-- name: follow
-- An activity tells where its conversation lives now. A closing slash is no other address.
UPDATE conversation SET service_url = :service_url
WHERE id = :id AND tenant = :tenant AND rtrim(service_url, '/') <> rtrim(:service_url, '/')
