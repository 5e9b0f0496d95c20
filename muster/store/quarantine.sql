-- name: keep
INSERT INTO quarantined_event (account, event_id, reason, target, body)
VALUES (:account, :event_id, :reason, :target, :body)
ON CONFLICT DO NOTHING
