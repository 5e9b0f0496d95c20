-- name: find_and_register
-- One statement for a webhook: the cards that this event concerns, new ones registered. An incident
-- enters a conversation when it is open and was created after the connection, or when the event itself made
-- it match; once there it is followed to its end, whatever the connections say later. Where somebody has stopped it,
-- no event brings it back.
--
-- What another event registers at the same moment is not yet visible to this statement: the conflict
-- with its row, and only that, returns it.
WITH known AS (
  SELECT conversation, intent_at IS NOT NULL AS stored, preset, preset_number,
         followed_at, followed_name, follow_number, stopped_at, stopped_name
  FROM incident_card
  WHERE account = :account AND incident_id = :incident_id
), entering AS (
  INSERT INTO incident_card AS k (account, incident_id, conversation, preset)
  SELECT :account, :incident_id, con.conversation, con.preset
  FROM connection con
  JOIN conversation c ON c.id = con.conversation
  WHERE con.account = :account
    AND con.service = :service
    AND con.ended_at IS NULL
    AND c.suspended_at IS NULL
    AND :is_open
    AND (:just_matched OR :created_at >= date_trunc('second', con.connected_at))
    AND con.conversation NOT IN (SELECT conversation FROM known)
  ORDER BY con.conversation -- so that two events wait for each other's rows in one order
  ON CONFLICT (account, incident_id, conversation) DO UPDATE SET registered_at = k.registered_at
  RETURNING k.conversation, k.intent_at IS NOT NULL AS stored, k.preset, k.preset_number,
            k.followed_at, k.followed_name, k.follow_number, k.stopped_at, k.stopped_name
), concerned AS (
  SELECT * FROM known WHERE stopped_at IS NULL
  UNION ALL
  SELECT * FROM entering
)
SELECT c.id, c.kind, c.tenant, c.key, c.name, t.name AS team_name, k.stored, k.preset, k.preset_number,
       k.followed_at, k.followed_name, k.follow_number, k.stopped_at, k.stopped_name,
       r.tenant AS room_tenant, r.told AS room,
       r.stage NOT IN ('none', 'gone', 'archived') OR coalesce(m.stage, 'none') NOT IN ('none', 'gone') AS room_has_something
FROM (VALUES (1)) AS always (one) -- the room hears of its incident also where no card is
LEFT JOIN incident_room r ON r.account = :account AND r.incident_id = :incident_id
LEFT JOIN room_meeting m ON m.account = r.account AND m.incident_id = r.incident_id
LEFT JOIN (concerned k JOIN conversation c ON c.id = k.conversation AND c.suspended_at IS NULL) ON true
LEFT JOIN team t ON t.id = c.team
WHERE c.id IS NOT NULL OR r.tenant IS NOT NULL
ORDER BY c.key

-- name: may_bring_in
-- Why nothing comes into a conversation, as far as the rows say: it is suspended, or not connected.
-- The team's own row is not asked: it may be the last to know that the app is back.
SELECT c.suspended_at IS NOT NULL AS is_suspended,
       EXISTS (
         SELECT FROM connection con
         WHERE con.account = :account AND con.service = :service AND con.conversation = c.id AND con.ended_at IS NULL
       ) AS is_connected
FROM conversation c
WHERE c.id = :conversation

-- name: bring_in
-- Incidents that are open now enter a conversation of their service, whenever they were created; those that are in it
-- already are found, and are the connection's from now on, whoever follows them. One that somebody has stopped begins
-- anew, with another message: also one that is stopped at this moment, which the update of what is followed waits for.
-- Two statements wait for each other's rows in one order: by conversation, then by incident.
WITH place AS (
  SELECT c.id, con.preset
  FROM conversation c
  JOIN connection con ON con.conversation = c.id
  WHERE c.id = :conversation
    AND c.suspended_at IS NULL
    AND con.account = :account AND con.service = :service AND con.ended_at IS NULL
), followed AS (
  SELECT k.incident_id, k.conversation
  FROM place p
  JOIN incident_card k ON k.conversation = p.id
  WHERE k.account = :account AND k.incident_id = ANY(:incidents) AND k.followed_at IS NOT NULL
  ORDER BY k.incident_id
  FOR UPDATE OF k
), taken_over AS (
  UPDATE incident_card k
  SET followed_by = NULL, followed_name = NULL, followed_at = NULL
  FROM followed f
  WHERE k.conversation = f.conversation AND k.account = :account AND k.incident_id = f.incident_id
    AND k.followed_at IS NOT NULL AND k.stopped_at IS NULL
  RETURNING k.incident_id, k.conversation, k.intent_at IS NOT NULL AS stored, k.preset, k.preset_number
), known AS (
  SELECT k.incident_id, k.conversation, k.intent_at IS NOT NULL AS stored, k.preset, k.preset_number
  FROM place p
  JOIN incident_card k ON k.conversation = p.id
  WHERE k.account = :account AND k.incident_id = ANY(:incidents) AND k.followed_at IS NULL
  UNION ALL
  SELECT incident_id, conversation, stored, preset, preset_number FROM taken_over
), entering AS (
  INSERT INTO incident_card AS k (account, incident_id, conversation, preset)
  SELECT :account, i.id, p.id, p.preset
  FROM place p, unnest(:entering::text[]) AS i (id)
  WHERE i.id NOT IN (SELECT incident_id FROM known)
  ORDER BY i.id
  ON CONFLICT (account, incident_id, conversation) DO UPDATE
  SET activity_id = CASE WHEN k.stopped_at IS NULL THEN k.activity_id END,
      marker = CASE WHEN k.stopped_at IS NULL THEN k.marker END,
      followed_by = NULL, followed_name = NULL, followed_at = NULL,
      stopped_by = NULL, stopped_name = NULL, stopped_at = NULL
  RETURNING k.incident_id, k.conversation, k.intent_at IS NOT NULL AS stored, k.preset, k.preset_number
), concerned AS (
  SELECT incident_id, conversation, stored, preset, preset_number FROM known
  UNION ALL
  SELECT incident_id, conversation, stored, preset, preset_number FROM entering
)
SELECT k.incident_id, c.id, c.kind, c.tenant, c.key, c.name, t.name AS team_name, k.stored, k.preset, k.preset_number,
       NULL::timestamptz AS followed_at, r.told AS room
FROM concerned k
JOIN conversation c ON c.id = k.conversation
LEFT JOIN team t ON t.id = c.team
LEFT JOIN incident_room r ON r.account = :account AND r.incident_id = k.incident_id
ORDER BY array_position(:incidents::text[], k.incident_id)

-- name: in_revived
-- Cards of unresolved incidents in the channels that a request has revived, whatever is connected there by now.
-- One of which nothing was sent shows nothing that is to be corrected; nor does one that shows its last state.
SELECT k.account, k.incident_id, k.intent_at IS NOT NULL AS stored, k.preset, k.preset_number,
       k.followed_at, k.followed_name, k.follow_number, k.stopped_at, k.stopped_name,
       c.id, c.kind, c.tenant, c.key, c.name, t.name AS team_name
FROM conversation c
JOIN incident_card k ON k.conversation = c.id
LEFT JOIN team t ON t.id = c.team
WHERE c.team = :team AND c.suspended_by = :request AND c.suspended_at IS NULL
  AND k.intent_at IS NOT NULL AND coalesce(k.view ->> 'status', '') <> 'resolved'
  AND (k.stopped_at IS NULL OR (k.activity_id IS NOT NULL AND k.view ->> 'stopped' IS NULL))
ORDER BY c.key, k.incident_id

-- name: in_chat
-- Cards of unresolved incidents in a chat. Also those of which nothing was sent: somebody follows them there. Those
-- that show their last state, or have no message to show it, on demand.
SELECT k.account, k.incident_id, k.intent_at IS NOT NULL AS stored, k.preset, k.preset_number,
       k.followed_at, k.followed_name, k.follow_number, k.stopped_at, k.stopped_name,
       c.id, c.kind, c.tenant, c.key, c.name, NULL AS team_name
FROM conversation c
JOIN incident_card k ON k.conversation = c.id
WHERE c.id = :chat AND c.team IS NULL AND coalesce(k.view ->> 'status', '') <> 'resolved'
  AND (:with_last_states OR k.stopped_at IS NULL OR (k.activity_id IS NOT NULL AND k.view ->> 'stopped' IS NULL))
ORDER BY k.incident_id

-- name: find_card
-- The card behind a clicked message.
SELECT k.account, k.incident_id, k.orphan_markers, k.intent_at IS NOT NULL AS stored, k.preset, k.preset_number,
       k.followed_at, k.followed_name, k.follow_number, k.stopped_at, k.stopped_name,
       c.id, c.kind, c.tenant, c.key, c.name, t.name AS team_name
FROM incident_card k
JOIN conversation c ON c.id = k.conversation
LEFT JOIN team t ON t.id = c.team
WHERE k.conversation = :conversation AND k.activity_id = :activity_id

-- name: shown_as
-- Number and service of an incident, as its card shows them.
SELECT (view ->> 'number')::integer AS number, view -> 'service' ->> 'name' AS service
FROM incident_card
WHERE account = :account AND incident_id = :incident_id AND conversation = :conversation

-- name: is_announcement
SELECT EXISTS (
  SELECT FROM incident_card WHERE conversation = :conversation AND :activity_id = ANY (replies)
)

-- name: find_card_of_incident
-- The live card of an incident in a conversation, for a click on a message that no row names.
SELECT k.account, k.incident_id, k.orphan_markers, k.intent_at IS NOT NULL AS stored, k.preset, k.preset_number,
       k.followed_at, k.followed_name, k.follow_number, k.stopped_at, k.stopped_name,
       c.id, c.kind, c.tenant, c.key, c.name, t.name AS team_name
FROM incident_card k
JOIN conversation c ON c.id = k.conversation
LEFT JOIN team t ON t.id = c.team
WHERE k.conversation = :conversation AND k.account = :account AND k.incident_id = :incident_id

-- name: open_in
-- Live cards of unresolved incidents in a conversation that is not suspended.
SELECT k.account, k.incident_id, k.intent_at IS NOT NULL AS stored, k.preset, k.preset_number,
       k.followed_at, k.followed_name, k.follow_number, k.stopped_at, k.stopped_name,
       c.id, c.kind, c.tenant, c.key, c.name, t.name AS team_name
FROM incident_card k
JOIN conversation c ON c.id = k.conversation
LEFT JOIN team t ON t.id = c.team
WHERE c.id = :conversation AND c.tenant = :tenant AND c.suspended_at IS NULL
  AND k.stopped_at IS NULL AND coalesce(k.view ->> 'status', '') <> 'resolved'
ORDER BY k.incident_id

-- name: choose_preset
-- Those of the cards of one conversation that are live still get a preset, in the order in which other statements lock
-- rows: by incident.
WITH live AS (
  SELECT k.account, k.incident_id, k.conversation
  FROM unnest(:accounts::text[], :incidents::text[]) AS asked (account, incident_id)
  JOIN incident_card k USING (account, incident_id)
  JOIN conversation c ON c.id = k.conversation
  WHERE k.conversation = :conversation AND c.suspended_at IS NULL
    AND k.stopped_at IS NULL AND coalesce(k.view ->> 'status', '') <> 'resolved'
  ORDER BY k.incident_id
  FOR UPDATE OF k
)
UPDATE incident_card k SET preset = :preset, preset_number = k.preset_number + 1
FROM live
JOIN conversation c ON c.id = live.conversation
LEFT JOIN team t ON t.id = c.team
WHERE k.account = live.account AND k.incident_id = live.incident_id AND k.conversation = live.conversation
RETURNING k.account, k.incident_id, k.intent_at IS NOT NULL AS stored, k.preset, k.preset_number,
          k.followed_at, k.followed_name, k.follow_number, k.stopped_at, k.stopped_name,
          c.id, c.kind, c.tenant, c.key, c.name, t.name AS team_name
