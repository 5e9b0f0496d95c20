-- name: open
-- Somebody may ask for a chat or a meeting: from here on the incident's events concern the room.
INSERT INTO incident_room (account, incident_id, tenant) VALUES (:account, :incident_id, :tenant)
ON CONFLICT (account, incident_id) DO UPDATE SET tenant = excluded.tenant
WHERE incident_room.stage = 'none' AND NOT EXISTS (
  SELECT FROM room_meeting m
  WHERE m.account = excluded.account AND m.incident_id = excluded.incident_id AND m.stage <> 'none')

-- name: note_program
-- In whose name a program asks. The latest: its e-mail address is the one that PagerDuty takes.
UPDATE incident_room SET program_user = :user, program_email = :email
WHERE account = :account AND incident_id = :incident_id

-- name: program
SELECT program_user AS user, program_email AS email FROM incident_room
WHERE account = :account AND incident_id = :incident_id AND program_user <> ''

-- name: restore
SELECT r.tenant, coalesce(t.name, '') AS tenant_name, r.stage, r.topic, r.name, r.preset, r.began_at, r.chat, r.url, r.others,
       c.suspended_at IS NOT NULL AS bot_removed,
       r.shown_topic, r.installed_at, r.shown_at, r.noted_at, r.told, r.summed_up_for, r.left_at,
       (SELECT count(*) FROM room_member m WHERE m.account = r.account AND m.incident_id = r.incident_id AND m.in_chat)
         AS present
FROM incident_room r
LEFT JOIN teams_tenant t ON t.id = r.tenant
LEFT JOIN conversation c ON c.id = r.chat
WHERE r.account = :account AND r.incident_id = :incident_id

-- name: tenant_name
SELECT t.name FROM incident_room r JOIN teams_tenant t ON t.id = r.tenant
WHERE r.account = :account AND r.incident_id = :incident_id

-- name: people
SELECT pagerduty_user, name, asked, taken_out, by_program FROM room_member
WHERE account = :account AND incident_id = :incident_id
ORDER BY pagerduty_user

-- name: tenant_of_chat
-- Of a chat that is there, is being made or may be, or is archived.
SELECT tenant FROM incident_room
WHERE account = :account AND incident_id = :incident_id AND stage NOT IN ('none', 'gone')

-- name: lock
SELECT stage, topic, owner, began_at, chat, url FROM incident_room
WHERE account = :account AND incident_id = :incident_id
FOR UPDATE

-- name: begin
UPDATE incident_room
SET stage = 'making', topic = :topic, name = :name, preset = :preset, owner = :owner, began_at = now()
WHERE account = :account AND incident_id = :incident_id
RETURNING began_at

-- name: note_owner
-- In whose chats it is looked for, where the answer is lost.
UPDATE incident_room SET owner = :owner
WHERE account = :account AND incident_id = :incident_id AND stage = 'making'

-- name: not_made
-- It certainly was not. An answer counts for the intent that it was asked under, and for no later one.
UPDATE incident_room SET stage = 'none'
WHERE account = :account AND incident_id = :incident_id AND stage IN ('making', 'unknown') AND began_at = :began_at

-- name: made
UPDATE incident_room
SET stage = 'made', chat = :chat, url = :url, others = :others, shown_topic = topic
WHERE account = :account AND incident_id = :incident_id AND stage IN ('making', 'unknown') AND began_at = :began_at

-- name: unknown
UPDATE incident_room SET stage = 'unknown'
WHERE account = :account AND incident_id = :incident_id AND stage = 'making' AND began_at = :began_at

-- name: withdraw
-- Whoever asked may not, and nobody else has asked.
DELETE FROM incident_room r
WHERE r.account = :account AND r.incident_id = :incident_id AND r.stage = 'none'
  AND NOT EXISTS (SELECT FROM room_member m WHERE m.account = r.account AND m.incident_id = r.incident_id)

-- name: begin_anew
-- Somebody asks for another chat, and nobody will look for the old one.
UPDATE incident_room
SET stage = 'none', chat = NULL, url = '', shown_topic = '', installed_at = NULL, shown_at = NULL, noted_at = NULL
WHERE account = :account AND incident_id = :incident_id AND stage IN ('unknown', 'gone', 'archived')

-- name: forget_members
-- What kept somebody out of the old chat says nothing of another one.
UPDATE room_member
SET in_chat = false, left_at = NULL, absence = CASE WHEN absence IN ('blocked', 'refused', 'full') THEN NULL ELSE absence END
WHERE account = :account AND incident_id = :incident_id

-- name: gone
UPDATE incident_room SET stage = 'gone'
WHERE account = :account AND incident_id = :incident_id AND chat = :chat AND stage IN ('made', 'archived')

-- name: archive
UPDATE incident_room SET stage = 'archived'
WHERE account = :account AND incident_id = :incident_id AND chat = :chat AND stage = 'made'

-- name: detach
-- The chat is about to be deleted: no event of any incident goes there. Its runs are told by whoever deletes it.
-- Where the bot has left it that is so already, and stays so whatever becomes of the deletion.
UPDATE conversation
SET suspended_at = now(), suspended_by = 'deletion', told_by = 'deletion'
WHERE id = :chat AND team IS NULL AND suspended_at IS NULL

-- name: attach
-- It could not be deleted.
UPDATE conversation SET suspended_at = NULL
WHERE id = :chat AND team IS NULL AND suspended_by = 'deletion' AND suspended_at IS NOT NULL
RETURNING id

-- name: end_card
-- The chat is archived: nobody stopped it by name, and no event brings the incident back there.
UPDATE incident_card
SET followed_at = coalesce(followed_at, now()), followed_name = coalesce(followed_name, ''), stopped_at = now()
WHERE account = :account AND incident_id = :incident_id AND conversation = :chat AND stopped_at IS NULL

-- name: note_installed
UPDATE incident_room SET installed_at = now()
WHERE account = :account AND incident_id = :incident_id AND chat = :chat

-- name: of_chat
SELECT account, incident_id FROM incident_room WHERE chat = :chat AND stage = 'made'

-- name: is_new
-- Whether Muster brought the bot into a chat within the minute: Teams' own roster follows an installation late.
SELECT EXISTS (SELECT FROM incident_room WHERE chat = :chat AND installed_at > now() - interval '60 seconds')

-- name: note_left
UPDATE incident_room SET left_at = CASE WHEN :left THEN now() END
WHERE account = :account AND incident_id = :incident_id AND chat = :chat AND (left_at IS NULL) = :left

-- name: note_shown
UPDATE incident_room SET shown_at = now()
WHERE account = :account AND incident_id = :incident_id AND chat = :chat

-- name: note_noted
UPDATE incident_room SET noted_at = now()
WHERE account = :account AND incident_id = :incident_id AND chat = :chat

-- name: note_renamed
UPDATE incident_room SET shown_topic = :topic
WHERE account = :account AND incident_id = :incident_id AND chat = :chat

-- name: note_named
-- A program gave it a name of its own.
UPDATE incident_room SET name = :name, topic = :name, shown_topic = :topic
WHERE account = :account AND incident_id = :incident_id AND chat = :chat

-- name: note_told
UPDATE incident_room SET told = :told::jsonb
WHERE account = :account AND incident_id = :incident_id
  AND coalesce((told ->> 'number')::integer, 0) < (:told::jsonb ->> 'number')::integer

-- name: intend_summary
-- Once for each resolve, and not of one before the one that was summed up.
UPDATE incident_room SET summed_up_for = :resolved_at
WHERE account = :account AND incident_id = :incident_id AND (summed_up_for IS NULL OR summed_up_for < :resolved_at)
RETURNING account

-- name: withdraw_summary
UPDATE incident_room SET summed_up_for = NULL
WHERE account = :account AND incident_id = :incident_id AND summed_up_for = :resolved_at

-- name: cards
-- Every card of the incident, in whichever conversation the bot is in.
SELECT k.account, k.incident_id, k.intent_at IS NOT NULL AS stored, k.preset, k.preset_number,
       k.followed_at, k.followed_name, k.follow_number, k.stopped_at, k.stopped_name,
       c.id, c.kind, c.tenant, c.key, c.name, t.name AS team_name, r.told AS room
FROM incident_card k
JOIN conversation c ON c.id = k.conversation
LEFT JOIN team t ON t.id = c.team
LEFT JOIN incident_room r ON r.account = k.account AND r.incident_id = k.incident_id
WHERE k.account = :account AND k.incident_id = :incident_id AND c.suspended_at IS NULL AND k.stopped_at IS NULL
ORDER BY c.key

-- name: register_card
-- The incident enters its own chat. No row where the bot is not in it any more.
INSERT INTO incident_card AS k (account, incident_id, conversation, preset)
SELECT :account, :incident_id, c.id, :preset FROM conversation c WHERE c.id = :chat AND c.suspended_at IS NULL
ON CONFLICT (account, incident_id, conversation) DO UPDATE SET registered_at = k.registered_at
RETURNING k.conversation

-- name: service_url
-- All of a tenant live at one address for most of the time.
SELECT coalesce(
  (SELECT c.service_url FROM conversation c
   WHERE c.tenant = :tenant ORDER BY c.suspended_at NULLS FIRST, c.team IS NULL, c.id LIMIT 1),
  (SELECT t.service_url FROM team t
   WHERE t.tenant = :tenant AND t.service_url IS NOT NULL ORDER BY t.removed_at NULLS FIRST, t.id LIMIT 1)
)
