-- name: outcome_of
SELECT outcome, outcome_reason, outcome_by, outcome_status, outcome_code, outcome_says FROM click WHERE key = :key

-- name: record
-- The first outcome stands.
INSERT INTO click (key, account, incident_id, conversation, verb, aad_object_id, person_name, received_at,
                   outcome, outcome_reason, outcome_by, outcome_status, outcome_code, outcome_says)
VALUES (:key, :account, :incident_id, :conversation, :verb, :aad_object_id, :person_name, :received_at,
        :outcome, :outcome_reason, :outcome_by, :outcome_status, :outcome_code, :outcome_says)
ON CONFLICT (key) DO NOTHING

-- name: of_room
-- What somebody asked of the incident's room, and is not asked again by the same click.
SELECT key, outcome, outcome_reason, outcome_by, outcome_status, outcome_code, outcome_says FROM click
WHERE account = :account AND incident_id = :incident_id AND verb IN ('create_chat', 'create_meeting')
  AND (outcome IN ('done', 'already') OR outcome_reason = 'chat_unknown')
ORDER BY received_at DESC
LIMIT 50

-- name: recent
SELECT key, outcome, outcome_reason, outcome_by, outcome_status, outcome_code, outcome_says FROM click
WHERE account = :account AND incident_id = :incident_id AND conversation = :conversation
ORDER BY received_at DESC
LIMIT 50
