-- name: keep
INSERT INTO quarantined_event (account, event_id, reason, target, body)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
