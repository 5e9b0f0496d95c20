-- name: want
-- A lower rank stands, and whoever asked or pressed goes on having done so. Who pressed has asked.
INSERT INTO room_member AS m (account, incident_id, pagerduty_user, rank, name, asked, pressed)
SELECT :account, :incident_id, w.pagerduty_user, w.rank, w.name, :asked OR :pressed, :pressed
FROM unnest(:users::text[], :ranks::smallint[], :names::text[]) AS w (pagerduty_user, rank, name)
ORDER BY w.pagerduty_user
ON CONFLICT (account, incident_id, pagerduty_user) DO UPDATE
SET rank = least(m.rank, excluded.rank),
    name = CASE WHEN excluded.name = '' THEN m.name ELSE excluded.name END,
    asked = m.asked OR excluded.asked,
    pressed = m.pressed OR excluded.pressed

-- name: want_roles
-- Holders of the incident's roles, as its cards have heard of them: PagerDuty's REST API does not tell.
INSERT INTO room_member AS m (account, incident_id, pagerduty_user, rank, name)
SELECT DISTINCT ON (r.value #>> '{holder,id}')
       k.account, k.incident_id, r.value #>> '{holder,id}', :rank, coalesce(r.value #>> '{holder,name}', '')
FROM incident_card k, jsonb_array_elements(coalesce(k.view -> 'roles', '[]')) r
WHERE k.account = :account AND k.incident_id = :incident_id AND r.value #>> '{holder,id}' <> ''
ORDER BY r.value #>> '{holder,id}'
ON CONFLICT (account, incident_id, pagerduty_user) DO UPDATE SET rank = least(m.rank, excluded.rank)

-- name: note_by_program
-- A program brings them in, and they are wanted again if they left or were taken out; or it takes them out.
UPDATE room_member
SET by_program = :by_program, taken_out = taken_out AND NOT :by_program,
    left_at = CASE WHEN NOT :by_program THEN left_at END
WHERE account = :account AND incident_id = :incident_id AND pagerduty_user = ANY(:users::text[])

-- name: expected
-- Who of these is in the chat by the last read back, or because a program brought them in.
SELECT aad_object_id FROM room_member
WHERE account = :account AND incident_id = :incident_id AND aad_object_id = ANY(:people::text[]) AND (in_chat OR by_program)

-- name: user_of
-- As whom somebody stands in the room; else as whom they are linked.
SELECT pagerduty_user, name FROM (
  SELECT m.pagerduty_user, m.name, 1 AS place FROM room_member m
  WHERE m.account = :account AND m.incident_id = :incident_id AND m.aad_object_id = :aad_object_id
  UNION ALL
  SELECT l.pagerduty_user, l.pagerduty_name, 2 FROM user_link l
  WHERE l.account = :account AND l.tenant = :tenant AND l.aad_object_id = :aad_object_id
) AS known
ORDER BY place, pagerduty_user LIMIT 1

-- name: known_as
-- Whom the room, or a link, knows as this PagerDuty user; and whether another tenant's link does.
SELECT
  (SELECT m.aad_object_id FROM room_member m
   WHERE m.account = :account AND m.incident_id = :incident_id AND m.pagerduty_user = :pagerduty_user
     AND m.absence IS DISTINCT FROM 'no_account') AS in_room,
  (SELECT l.aad_object_id FROM user_link l
   WHERE l.account = :account AND l.tenant = :tenant AND l.pagerduty_user = :pagerduty_user
   ORDER BY l.id LIMIT 1) AS linked,
  EXISTS (SELECT FROM user_link l
          WHERE l.account = :account AND l.tenant <> :tenant AND l.pagerduty_user = :pagerduty_user) AS is_elsewhere

-- name: is_email_elsewhere
SELECT EXISTS (SELECT FROM user_link
               WHERE account = :account AND tenant <> :tenant AND lower(pagerduty_email) = lower(:email))

-- name: listed
SELECT pagerduty_user, name, aad_object_id, role, in_chat, asked OR by_program AS asked, absence,
       left_at IS NOT NULL AS has_left
FROM room_member
WHERE account = :account AND incident_id = :incident_id
ORDER BY rank, name, pagerduty_user

-- name: link
-- Whoever linked their accounts is known by that, however they are called.
UPDATE room_member m
SET aad_object_id = l.aad_object_id, role = NULL, absence = NULL, looked_at = now(),
    name = CASE WHEN m.name = '' THEN l.pagerduty_name ELSE m.name END
FROM user_link l
WHERE m.account = :account AND m.incident_id = :incident_id AND m.aad_object_id IS NULL
  AND l.account = m.account AND l.tenant = :tenant AND l.pagerduty_user = m.pagerduty_user

-- name: want_program
-- Nobody is known here who asked or was named, and no assignee is: it is for whom the program asks. No row: it is
-- not, or is by now.
INSERT INTO room_member AS m (account, incident_id, pagerduty_user, rank, name, asked)
SELECT r.account, r.incident_id, r.program_user, :rank, '', true
FROM incident_room r
WHERE r.account = :account AND r.incident_id = :incident_id AND r.program_user <> ''
  AND NOT EXISTS (
    SELECT FROM room_member o
    WHERE o.account = r.account AND o.incident_id = r.incident_id
      AND ((o.asked AND o.pagerduty_user = r.program_user) OR (
        (o.asked OR o.rank = :assignee) AND o.aad_object_id IS NOT NULL AND o.absence IS DISTINCT FROM 'no_account')))
ON CONFLICT (account, incident_id, pagerduty_user) DO UPDATE SET asked = true
RETURNING pagerduty_user

-- name: key_of
-- AAD object id of one PagerDuty user who can be in the chat.
SELECT aad_object_id FROM room_member
WHERE account = :account AND incident_id = :incident_id AND pagerduty_user = :pagerduty_user
  AND absence IS DISTINCT FROM 'no_account'

-- name: unknown
-- Those who are not known and were not looked for within the hour; or within the minute, where a permission is missing.
SELECT pagerduty_user FROM room_member
WHERE account = :account AND incident_id = :incident_id AND aad_object_id IS NULL
  AND (looked_at IS NULL
       OR looked_at < now() - CASE WHEN absence = 'not_granted' OR lacks IS NOT NULL THEN interval '1 minute'
                                   ELSE interval '1 hour' END)
ORDER BY rank, pagerduty_user
LIMIT :most

-- name: without_role
-- Those who linked their accounts, and of whom nobody has asked whose guest they are.
SELECT pagerduty_user, aad_object_id FROM room_member
WHERE account = :account AND incident_id = :incident_id AND aad_object_id IS NOT NULL AND role IS NULL
ORDER BY rank, pagerduty_user
LIMIT :most

-- name: note_found
UPDATE room_member
SET aad_object_id = :aad_object_id, role = :role, address = :address, absence = :absence, lacks = :lacks,
    looked_at = now(), name = CASE WHEN :name = '' THEN name ELSE :name END
WHERE account = :account AND incident_id = :incident_id AND pagerduty_user = :pagerduty_user

-- name: lacks
-- Permissions without which somebody was not looked for; whoever is known by now needs none.
SELECT DISTINCT lacks FROM room_member
WHERE account = :account AND incident_id = :incident_id AND aad_object_id IS NULL AND lacks IS NOT NULL
ORDER BY lacks

-- name: links_of_askers
-- Of those who pressed for the chat or the meeting, `first` before the others. Whom a program named lends none.
SELECT l.id FROM room_member m
JOIN user_link l ON l.account = m.account AND l.tenant = :tenant AND l.pagerduty_user = m.pagerduty_user
WHERE m.account = :account AND m.incident_id = :incident_id AND m.pressed
ORDER BY m.pagerduty_user <> :first, l.id

-- name: invited
-- Who can be in the chat, by rank; each person once, by the most that is known of any of their PagerDuty users.
SELECT aad_object_id, role, asked, absence, has_left
FROM (
  SELECT DISTINCT ON (aad_object_id) pagerduty_user, aad_object_id, role, absence,
         bool_or(left_at IS NOT NULL) OVER same AS has_left,
         bool_or(asked) OVER same AS asked, min(rank) OVER same AS rank
  FROM room_member
  WHERE account = :account AND incident_id = :incident_id AND aad_object_id IS NOT NULL AND role IS NOT NULL
    AND NOT taken_out AND (absence IS NULL OR absence <> 'no_account')
    AND (absence IS DISTINCT FROM 'refused' OR looked_at < now() - interval '1 hour')
  WINDOW same AS (PARTITION BY aad_object_id)
  ORDER BY aad_object_id, pagerduty_user
) AS one
ORDER BY rank, pagerduty_user

-- name: take_out
-- They are not brought in again until they are wanted again.
UPDATE room_member
SET taken_out = :out, left_at = CASE WHEN :out THEN left_at END, in_chat = in_chat AND :out
WHERE account = :account AND incident_id = :incident_id AND pagerduty_user = ANY(:users::text[])

-- name: note_members
-- A read back: who is in it, by AAD object id. Whoever is has nothing that keeps them out; whoever was and is not any
-- more has left, and nobody brings them back.
UPDATE room_member
SET in_chat = aad_object_id = ANY(:people::text[]),
    absence = CASE WHEN aad_object_id = ANY(:people::text[]) THEN NULL ELSE absence END,
    left_at = CASE WHEN aad_object_id = ANY(:people::text[]) THEN NULL
                   WHEN in_chat AND NOT taken_out THEN now() ELSE left_at END
WHERE account = :account AND incident_id = :incident_id AND aad_object_id IS NOT NULL

-- name: note_removed
-- Muster took them out, and may bring them back.
UPDATE room_member SET in_chat = false
WHERE account = :account AND incident_id = :incident_id AND aad_object_id = ANY(:people::text[])

-- name: keys_of
-- AAD object ids of PagerDuty's users who are known, but of those who are wanted as another user too.
SELECT m.aad_object_id FROM room_member m
WHERE m.account = :account AND m.incident_id = :incident_id AND m.aad_object_id IS NOT NULL
  AND (:everybody OR m.pagerduty_user = ANY(:users::text[]) AND NOT EXISTS (
    SELECT FROM room_member o
    WHERE o.account = m.account AND o.incident_id = m.incident_id AND o.aad_object_id = m.aad_object_id
      AND o.pagerduty_user <> ALL(:users::text[]) AND NOT o.taken_out))

-- name: note_absence
UPDATE room_member SET absence = :absence, looked_at = now()
WHERE account = :account AND incident_id = :incident_id AND aad_object_id = :aad_object_id

-- name: absent
SELECT name, absence, count(*) OVER () AS of_all FROM room_member
WHERE account = :account AND incident_id = :incident_id AND absence IS NOT NULL AND NOT in_chat AND left_at IS NULL
ORDER BY rank, name, pagerduty_user
LIMIT :most

-- name: directory
SELECT aad_object_id, role, address FROM directory_cache
WHERE tenant = :tenant AND email = :email
  AND read_at > now() - CASE WHEN aad_object_id IS NULL THEN interval '1 hour' ELSE interval '1 day' END

-- name: keep_directory
INSERT INTO directory_cache (tenant, email, aad_object_id, role, address, read_at)
VALUES (:tenant, :email, :aad_object_id, :role, :address, now())
ON CONFLICT (tenant, email) DO UPDATE
SET aad_object_id = excluded.aad_object_id, role = excluded.role, address = excluded.address, read_at = excluded.read_at

-- name: delete_old_directory
WITH deleted AS (DELETE FROM directory_cache WHERE read_at < now() - :age::interval RETURNING tenant)
SELECT count(*) FROM deleted
