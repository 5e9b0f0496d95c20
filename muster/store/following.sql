-- name: follow
-- Somebody follows an incident in a conversation: its card is registered, unless it is there. One that was stopped begins
-- anew, with another message, and remembers what was said. Where a connection brings the incident, it is not theirs to stop,
-- and enters with the connection's preset; so it does in the chat that was made for it, with all updates.
-- No row: the conversation is not this tenant's, or it is suspended.
WITH place AS (
  SELECT c.id, con.id IS NOT NULL OR r.chat IS NOT NULL AS is_connected,
         coalesce(con.preset, CASE WHEN r.chat IS NOT NULL THEN 'all_updates' END) AS preset
  FROM conversation c
  LEFT JOIN connection con
    ON con.conversation = c.id AND con.account = :account AND con.service = :service AND con.ended_at IS NULL
  LEFT JOIN incident_room r
    ON r.account = :account AND r.incident_id = :incident_id AND r.chat = c.id AND r.stage = 'made'
  WHERE c.id = :conversation AND c.tenant = :tenant AND c.suspended_at IS NULL
), followed AS (
  INSERT INTO incident_card AS k
    (account, incident_id, conversation, followed_by, followed_name, followed_at, follow_number, preset)
  SELECT :account, :incident_id, p.id,
         CASE WHEN NOT p.is_connected THEN :by END,
         CASE WHEN NOT p.is_connected THEN :name END,
         CASE WHEN NOT p.is_connected THEN now() END,
         1,
         coalesce(p.preset, :preset)
  FROM place p
  ON CONFLICT (account, incident_id, conversation) DO UPDATE
  SET followed_by = CASE WHEN k.stopped_at IS NULL THEN k.followed_by ELSE excluded.followed_by END,
      followed_name = CASE WHEN k.stopped_at IS NULL THEN k.followed_name ELSE excluded.followed_name END,
      followed_at = CASE WHEN k.stopped_at IS NULL THEN k.followed_at ELSE excluded.followed_at END,
      follow_number = k.follow_number + CASE WHEN k.stopped_at IS NULL THEN 0 ELSE 1 END,
      activity_id = CASE WHEN k.stopped_at IS NULL THEN k.activity_id END,
      marker = CASE WHEN k.stopped_at IS NULL THEN k.marker END,
      stopped_by = NULL, stopped_name = NULL, stopped_at = NULL
  RETURNING k.account, k.incident_id, k.conversation, k.intent_at, k.preset, k.preset_number, k.activity_id,
            k.followed_at, k.followed_name, k.follow_number, k.stopped_at, k.stopped_name
)
SELECT k.account, k.incident_id, k.intent_at IS NOT NULL AS stored, k.preset, k.preset_number, k.activity_id,
       k.followed_at, k.followed_name, k.follow_number, k.stopped_at, k.stopped_name,
       c.id, c.kind, c.tenant, c.key, c.name, t.name AS team_name, t.aad_group_id, r.told AS room
FROM followed k
JOIN conversation c ON c.id = k.conversation
LEFT JOIN team t ON t.id = c.team
LEFT JOIN incident_room r ON r.account = k.account AND r.incident_id = k.incident_id

-- name: stop
-- Somebody stops it, once. What a connection brings is not stopped here: its end is the connection's.
UPDATE incident_card k
SET stopped_by = :by, stopped_name = :name, stopped_at = :at
WHERE k.account = :account AND k.incident_id = :incident_id AND k.conversation = :conversation
  AND k.followed_at IS NOT NULL AND k.stopped_at IS NULL
  AND NOT EXISTS (
    SELECT FROM connection con
    WHERE con.conversation = k.conversation AND con.account = k.account
      AND con.service = k.view -> 'service' ->> 'id' AND con.ended_at IS NULL)
RETURNING k.followed_at, k.followed_name, k.follow_number, k.stopped_at, k.stopped_name

-- name: stopped
SELECT followed_at, followed_name, follow_number, stopped_at, stopped_name FROM incident_card
WHERE account = :account AND incident_id = :incident_id AND conversation = :conversation AND stopped_at IS NOT NULL
