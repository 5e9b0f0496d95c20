-- name: intend
-- Before a post. A marker that replaces another one whose outcome nobody recorded means that a message
-- may exist which nobody knows: an orphan. Where the row knows a message and the run does not, a worker recorded
-- a post and died before it could tell the run: that message is edited.
UPDATE incident_card
SET orphans = orphans + CASE WHEN activity_id IS NULL AND intent_marker <> :marker THEN 1 ELSE 0 END,
    intent_marker = CASE WHEN activity_id IS NULL THEN :marker END,
    intent_at = now()
WHERE account = :account AND incident_id = :incident_id AND conversation = :conversation
RETURNING orphans, activity_id

-- name: forget_message
-- The message is gone: what is shown next is a new one.
UPDATE incident_card SET activity_id = NULL
WHERE account = :account AND incident_id = :incident_id AND conversation = :conversation
  AND activity_id = :activity_id

-- name: record_shown
-- After a send. A worker that was taken for dead may come late: another marker is wanted by then.
WITH recorded AS (
  UPDATE incident_card
  SET activity_id = :activity_id, marker = :marker, revision = :revision, nonce = :nonce, content = :content,
      view = :view::jsonb, shown_at = now(), intent_marker = NULL
  WHERE account = :account AND incident_id = :incident_id AND conversation = :conversation
    AND (intent_marker = :marker
         OR (intent_marker IS NULL AND (activity_id = :activity_id OR activity_id IS NULL)))
    AND revision <= :revision
  RETURNING true)
SELECT orphans, EXISTS (SELECT FROM recorded)
FROM incident_card
WHERE account = :account AND incident_id = :incident_id AND conversation = :conversation

-- name: forget_intent
-- The post certainly did not happen: no orphan is to be counted for it.
UPDATE incident_card SET intent_marker = NULL
WHERE account = :account AND incident_id = :incident_id AND conversation = :conversation
  AND intent_marker = :marker

-- name: intend_highlight
-- At most once per transition and second: no row means that it was said, or may have been.
UPDATE incident_card
SET notified = (array_append(notified, :key))[greatest(1, cardinality(notified) - 18):]
WHERE account = :account AND incident_id = :incident_id AND conversation = :conversation
  AND NOT (:key = ANY (notified))
RETURNING true

-- name: withdraw_highlight
-- The reply certainly did not happen: it may be tried again.
UPDATE incident_card SET notified = array_remove(notified, :key)
WHERE account = :account AND incident_id = :incident_id AND conversation = :conversation

-- name: restore
SELECT activity_id, marker, revision, nonce, content, view, intent_marker, orphans, notified
FROM incident_card
WHERE account = :account AND incident_id = :incident_id AND conversation = :conversation
