-- name: take
-- Of two deliveries at once one gets the row.
INSERT INTO command (tenant, conversation, activity_id) VALUES (:tenant, :conversation, :activity_id)
ON CONFLICT DO NOTHING
RETURNING activity_id
