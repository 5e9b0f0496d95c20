-- name: chat
-- The chat that was made for the incident, which may be archived; called as Teams shows it.
SELECT shown_topic, url, tenant FROM incident_room
WHERE account = :account AND incident_id = :incident_id AND stage IN ('made', 'archived')

-- name: home
-- In which tenant the room is, and whether a chat and a meeting are there or on their way. No row: nothing was
-- made so far, and whoever asks next says where it is.
SELECT tenant, stage IN ('making', 'made') AS has_chat, EXISTS (
  SELECT FROM room_meeting m
  WHERE m.account = r.account AND m.incident_id = r.incident_id AND m.stage IN ('making', 'made')) AS has_meeting
FROM incident_room r
WHERE account = :account AND incident_id = :incident_id AND (stage <> 'none' OR EXISTS (
  SELECT FROM room_meeting m
  WHERE m.account = r.account AND m.incident_id = r.incident_id AND m.stage <> 'none'))

-- name: meeting_name
-- Of the meeting that is at this address, and not of a bridge that somebody else has set.
SELECT subject FROM room_meeting
WHERE account = :account AND incident_id = :incident_id AND stage = 'made' AND url = :url

-- name: tenants_of_user
-- Of several people who are linked to one user, whoever came last first.
SELECT tenant FROM user_link
WHERE account = :account AND pagerduty_user = :pagerduty_user
ORDER BY id DESC

-- name: tenant_of_incident
-- That of its room, else of a conversation in which it is shown.
SELECT coalesce(
  (SELECT tenant FROM incident_room WHERE account = :account AND incident_id = :incident_id),
  (SELECT min(c.tenant) FROM incident_card k JOIN conversation c ON c.id = k.conversation
   WHERE k.account = :account AND k.incident_id = :incident_id))
