-- name: outcome_of
SELECT outcome, outcome_text FROM click WHERE key = $1 AND outcome IS NOT NULL

-- name: record
-- The first outcome stands.
INSERT INTO click (key, account, incident_id, conversation, verb, aad_object_id, person_name, pressed_at,
                   outcome, outcome_text, settled_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now())
ON CONFLICT (key) DO NOTHING

-- name: recent
SELECT key, outcome, outcome_text FROM click
WHERE account = $1 AND incident_id = $2 AND conversation = $3 AND outcome IS NOT NULL
ORDER BY pressed_at DESC
LIMIT 50
