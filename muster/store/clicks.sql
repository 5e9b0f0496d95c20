-- name: outcome_of
SELECT outcome, outcome_reason, outcome_by, outcome_status FROM click WHERE key = $1

-- name: record
-- The first outcome stands.
INSERT INTO click (key, account, incident_id, conversation, verb, aad_object_id, person_name, received_at,
                   outcome, outcome_reason, outcome_by, outcome_status)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (key) DO NOTHING

-- name: recent
SELECT key, outcome, outcome_reason, outcome_by, outcome_status FROM click
WHERE account = $1 AND incident_id = $2 AND conversation = $3
ORDER BY received_at DESC
LIMIT 50
