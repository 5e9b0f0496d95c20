-- name: find_and_register
-- One statement for a webhook: the cards that this event concerns, new ones registered. An incident
-- enters a channel when it is open and was created after the connection, or when the event itself made
-- it match; once there it is followed to its end, whatever the connections say later.
--
-- What another event registers at the same moment is not yet visible to this statement: the conflict
-- with its row, and only that, returns it.
WITH known AS (
  SELECT conversation, intent_at IS NOT NULL AS stored
  FROM incident_card
  WHERE account = $1 AND incident_id = $2
), entering AS (
  INSERT INTO incident_card AS k (account, incident_id, conversation)
  SELECT $1, $2, c.channel
  FROM connection c
  JOIN channel ch ON ch.id = c.channel
  WHERE c.account = $1
    AND c.service = $3
    AND ch.suspended_at IS NULL
    AND $4
    AND ($5 OR $6 >= date_trunc('second', c.connected_at))
    AND c.channel NOT IN (SELECT conversation FROM known)
  ORDER BY c.channel -- so that two events wait for each other's rows in one order
  ON CONFLICT (account, incident_id, conversation) DO UPDATE SET registered_at = k.registered_at
  RETURNING k.conversation, k.intent_at IS NOT NULL AS stored
), concerned AS (
  SELECT conversation, stored FROM known
  UNION ALL
  SELECT conversation, stored FROM entering
)
SELECT ch.id, ch.key, ch.name AS channel_name, ch.service_url, t.name AS team_name, t.tenant, con.stored
FROM concerned con
JOIN channel ch ON ch.id = con.conversation
JOIN team t ON t.id = ch.team
WHERE ch.suspended_at IS NULL
ORDER BY ch.key

-- name: find_card
-- The card behind a pressed message.
SELECT k.account, k.incident_id, k.marker, k.intent_marker, k.intent_at IS NOT NULL AS stored,
       ch.id, ch.key, ch.name AS channel_name, ch.service_url, t.name AS team_name, t.tenant
FROM incident_card k
JOIN channel ch ON ch.id = k.conversation
JOIN team t ON t.id = ch.team
WHERE k.conversation = $1 AND k.activity_id = $2

-- name: find_card_of_incident
-- The live card of an incident in a conversation, for a click on a message nobody knows.
SELECT k.account, k.incident_id, k.marker, k.intent_marker, k.intent_at IS NOT NULL AS stored,
       ch.id, ch.key, ch.name AS channel_name, ch.service_url, t.name AS team_name, t.tenant
FROM incident_card k
JOIN channel ch ON ch.id = k.conversation
JOIN team t ON t.id = ch.team
WHERE k.conversation = $1 AND k.account = $2 AND k.incident_id = $3
