-- name: read
SELECT stage, attempt, way, candidate, organiser, organiser_name, subject, starts_at, html, attendees, left_out,
       hindered, asked, event_id, url, number, replaces, bridge, noted_at IS NOT NULL AS noted, marked
FROM room_meeting
WHERE account = :account AND incident_id = :incident_id

-- name: lock
-- Of two who choose, the second finds what the first has begun. The room's row is there before its meeting's.
SELECT account FROM incident_room WHERE account = :account AND incident_id = :incident_id FOR UPDATE

-- name: begin
-- Another attempt. What is there of one that is gone is what this one replaces.
INSERT INTO room_meeting AS m (account, incident_id, stage, attempt, way, candidate, organiser, organiser_name, subject,
                               starts_at, html, attendees, left_out)
VALUES (:account, :incident_id, 'making', :attempt, :way, :candidate, :organiser, :organiser_name, :subject, :starts_at,
        :html, :attendees, :left_out)
ON CONFLICT (account, incident_id) DO UPDATE
SET stage = 'making', attempt = excluded.attempt, candidate = excluded.candidate, organiser = excluded.organiser,
    organiser_name = excluded.organiser_name, subject = excluded.subject, starts_at = excluded.starts_at,
    html = excluded.html, attendees = excluded.attendees, left_out = excluded.left_out, way = excluded.way, hindered = '{}',
    asked = '', event_id = '', url = '', number = '', bridge = 'unread', noted_at = NULL, marked = false,
    replaces = CASE WHEN m.stage = 'gone' THEN m.url ELSE m.replaces END

-- name: note_asked
UPDATE room_meeting SET asked = :way
WHERE account = :account AND incident_id = :incident_id AND attempt = :attempt AND stage = 'making'

-- name: hindered
-- It certainly was not made in this way. After the second there is no other, nor for whom nobody knows.
UPDATE room_meeting
SET hindered = hindered || jsonb_build_object(:way::text, :hindrance::jsonb), way = 'meeting',
    stage = CASE WHEN :way = 'meeting' OR :hindrance::jsonb ->> 'why' = 'unknown' THEN 'none' ELSE stage END
WHERE account = :account AND incident_id = :incident_id AND attempt = :attempt AND stage = 'making'

-- name: made
UPDATE room_meeting SET stage = 'made', url = :url, number = :number, event_id = :event_id
WHERE account = :account AND incident_id = :incident_id AND attempt = :attempt AND stage = 'making'

-- name: gone
UPDATE room_meeting SET stage = 'gone'
WHERE account = :account AND incident_id = :incident_id AND attempt = :attempt AND stage = 'made'

-- name: note_entry
UPDATE room_meeting SET attendees = :attendees, left_out = :left_out, marked = :marked, event_id = :event_id
WHERE account = :account AND incident_id = :incident_id AND attempt = :attempt

-- name: note_bridge
UPDATE room_meeting SET bridge = :bridge
WHERE account = :account AND incident_id = :incident_id AND attempt = :attempt

-- name: note_noted
UPDATE room_meeting SET noted_at = now()
WHERE account = :account AND incident_id = :incident_id AND attempt = :attempt

-- name: candidates
-- Whoever was not looked for is known by their link alone.
SELECT one.pagerduty_user, coalesce(m.name, l.pagerduty_name, '') AS name,
  coalesce(m.aad_object_id, l.aad_object_id) AS aad_object_id, m.role,
  CASE WHEN m.absence = 'not_granted' THEN coalesce(m.lacks, 'User.ReadBasic.All') ELSE m.lacks END AS lacks,
  m.pagerduty_user IS NOT NULL AS looked_for
FROM unnest(:users::text[]) AS one (pagerduty_user)
LEFT JOIN room_member m
  ON m.account = :account AND m.incident_id = :incident_id AND m.pagerduty_user = one.pagerduty_user
LEFT JOIN LATERAL (
  SELECT k.aad_object_id, k.pagerduty_name FROM user_link k
  WHERE m.pagerduty_user IS NULL
    AND k.account = :account AND k.tenant = :tenant AND k.pagerduty_user = one.pagerduty_user
  ORDER BY k.id LIMIT 1) AS l ON true

-- name: invited
-- Whom an entry may name, by rank: each address once, and not of those who were taken out or are not wanted.
-- Where nobody may read the directory, by the address that somebody linked has in PagerDuty.
SELECT address, name
FROM (
  SELECT DISTINCT ON (lower(known.address)) known.address, m.name, m.rank, m.pagerduty_user
  FROM room_member m
  LEFT JOIN user_link l
    ON l.account = m.account AND l.aad_object_id = m.aad_object_id AND l.pagerduty_user = m.pagerduty_user
  CROSS JOIN LATERAL (SELECT coalesce(nullif(m.address, ''), l.pagerduty_email, '') AS address) AS known
  WHERE m.account = :account AND m.incident_id = :incident_id AND m.aad_object_id IS NOT NULL
    AND known.address <> '' AND NOT m.taken_out AND m.aad_object_id <> :organiser
  ORDER BY lower(known.address), m.rank, m.pagerduty_user
) AS one
ORDER BY rank, pagerduty_user
