-- name: link_of
SELECT id FROM user_link WHERE tenant = $1 AND aad_object_id = $2 AND account = $3

-- name: linked_user
SELECT tenant, aad_object_id, account, pagerduty_user, pagerduty_name, pagerduty_email, access_token FROM user_link WHERE id = $1

-- name: private_conversation
SELECT private_conversation FROM person WHERE tenant = $1 AND aad_object_id = $2

-- name: keep_private_conversation
INSERT INTO person (tenant, aad_object_id, teams_id, name, email, private_conversation)
VALUES ($1, $2, $3, $4, '', $5)
ON CONFLICT (tenant, aad_object_id) DO UPDATE
SET private_conversation = excluded.private_conversation, teams_id = excluded.teams_id

-- name: webhook_secrets
-- Of one subscription if it is known, so that another one's unreadable secret stands in nobody's way.
SELECT id, secret FROM webhook_subscription
WHERE account = $1 AND ($2::text IS NULL OR id = $2)
ORDER BY created_at DESC
