-- name: take
-- Of two deliveries at once one gets the row.
INSERT INTO command (tenant, conversation, activity_id) VALUES (:tenant, :conversation, :activity_id)
ON CONFLICT DO NOTHING
RETURNING activity_id

-- name: delete_old
WITH deleted AS (DELETE FROM command WHERE received_at < now() - :age::interval RETURNING 1)
SELECT count(*) FROM deleted
