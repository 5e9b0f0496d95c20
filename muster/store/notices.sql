-- name: find
SELECT subject, name, recipient FROM notice WHERE conversation = :conversation AND activity_id = :activity_id

-- name: is_begun
SELECT EXISTS (SELECT FROM notice WHERE subject = :subject AND name = :name AND recipient = :recipient)

-- name: of_subject
-- The messages of a workflow, in the order in which they were begun. What everybody read and somebody deleted is one
-- of them, since it is not said again; what says that another has replaced it is not, since it never changes again.
SELECT n.name, n.recipient, p.aad_object_id, p.teams_id, p.name AS person_name,
       n.activity_id IS NOT NULL AS is_posted, n.showing, n.expanded, n.content, n.targeted
FROM notice n
LEFT JOIN person p ON p.tenant = n.tenant AND p.aad_object_id = n.recipient
WHERE n.subject = :subject
  AND (n.activity_id IS NOT NULL OR n.intent_at IS NOT NULL OR n.conversation = n.recipient)
  AND coalesce(n.showing, '') NOT IN ('replaced', 'handed_over')
ORDER BY n.begun_at, n.name

-- name: numbers
-- The highest of each kind that was begun: the next message is not to be taken for it.
SELECT split_part(name, '/', 1) AS kind, max(split_part(name, '/', 2)::int) AS highest FROM notice
WHERE subject = :subject
  AND (activity_id IS NOT NULL OR intent_at IS NOT NULL OR conversation = recipient)
GROUP BY 1

-- name: message
SELECT conversation, activity_id, content, targeted FROM notice
WHERE subject = :subject AND name = :name AND recipient = :recipient

-- name: intend
-- Before a post. What everybody reads is posted at most once: a post that began and whose outcome nobody recorded
-- is not begun again. What one person reads may be, but by a later call alone: one that Temporal has given up
-- may come late.
INSERT INTO notice AS n (subject, name, recipient, tenant, intent_marker, intent_at)
VALUES (:subject, :name, :recipient, :tenant, :marker, :asked_at)
ON CONFLICT (subject, name, recipient) DO UPDATE SET intent_marker = :marker, intent_at = :asked_at
WHERE n.activity_id IS NULL AND (n.intent_at IS NULL OR (:repeatable AND n.intent_at <= :asked_at))
RETURNING subject

-- name: record
-- After a send. Of two copies of a private message the one that is recorded last is edited from then on.
UPDATE notice
SET conversation = :conversation, activity_id = :activity_id, marker = coalesce(:marker, marker), content = :content,
    showing = :showing, expanded = :expanded, targeted = :targeted, intent_marker = NULL, shown_at = now()
WHERE subject = :subject AND name = :name AND recipient = :recipient

-- name: withdraw
-- The post certainly did not happen.
UPDATE notice SET intent_marker = NULL, intent_at = NULL
WHERE subject = :subject AND name = :name AND recipient = :recipient AND intent_marker = :marker

-- name: forget_message
-- The message is gone.
UPDATE notice SET activity_id = NULL, content = NULL, intent_at = NULL
WHERE subject = :subject AND name = :name AND recipient = :recipient AND activity_id = :activity_id

-- name: adopt
-- A message that was sent as the answer to a command goes on as a workflow's.
INSERT INTO notice (subject, name, recipient, tenant, conversation, activity_id)
VALUES (:subject, :name, :recipient, :tenant, :recipient, :activity_id)
ON CONFLICT DO NOTHING
