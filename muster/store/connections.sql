-- name: upsert
INSERT INTO connection AS c (account, service, service_name, conversation, connected_by, connected_name, preset)
VALUES (:account, :service, :service_name, :conversation, :by, :name, coalesce(:preset, :otherwise))
ON CONFLICT (account, service, conversation) WHERE ended_at IS NULL
DO UPDATE SET service_name = excluded.service_name,
              connected_by = coalesce(c.connected_by, excluded.connected_by),
              connected_name = coalesce(c.connected_name, excluded.connected_name),
              preset = coalesce(:preset, c.preset)

-- name: live
SELECT id FROM connection
WHERE account = :account AND service = :service AND conversation = :conversation AND ended_at IS NULL

-- name: of_request
SELECT id, ended_at IS NOT NULL AS ended FROM connection WHERE request = :request

-- name: lock_channel
-- Before a connection: two of one channel come one after the other, so that one of them is its first.
SELECT c.suspended_at IS NOT NULL AS suspended, t.removed_at IS NOT NULL AS gone, t.account
FROM conversation c
JOIN team t ON t.id = c.team
WHERE c.id = :conversation AND c.tenant = :tenant
FOR UPDATE OF c

-- name: insert
INSERT INTO connection (account, service, service_name, conversation, request, connected_by, connected_name)
VALUES (:account, :service, :service_name, :conversation, :request, :by, :name)
RETURNING id

-- name: find
SELECT c.id, c.service_name, c.connected_at, c.connected_name, c.ended_at, c.ended_name,
       NOT EXISTS (SELECT FROM connection o WHERE o.conversation = c.conversation AND o.id < c.id) AS is_first
FROM connection c WHERE c.id = :id

-- name: ended_by_request
SELECT id FROM connection WHERE ended_request = :request

-- name: end
-- What has ended stays as it ended.
UPDATE connection SET ended_at = now(), ended_by = :by, ended_name = :name, ended_request = :request
WHERE id = :id AND ended_at IS NULL

-- name: of_conversation
SELECT account, service, service_name, connected_at, connected_name FROM connection
WHERE conversation = :conversation AND ended_at IS NULL
ORDER BY lower(service_name), service
