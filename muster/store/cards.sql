-- name: intend
-- Before a send. A marker that replaces another one whose outcome nobody recorded means that a message
-- may exist which nobody knows: an orphan. A post whose worker recorded it and died before it could tell
-- is known here alone: that message is edited.
UPDATE incident_card
SET orphans = orphans + CASE
      WHEN coalesce($5, activity_id) IS NULL AND intent_marker <> $4 THEN 1 ELSE 0 END,
    intent_marker = CASE WHEN coalesce($5, activity_id) IS NULL THEN $4 END,
    intent_at = now(),
    activity_id = coalesce($5, activity_id)
WHERE account = $1 AND incident_id = $2 AND conversation = $3
RETURNING orphans, activity_id

-- name: forget_message
-- It is gone: what is shown next is a new one.
UPDATE incident_card SET activity_id = NULL
WHERE account = $1 AND incident_id = $2 AND conversation = $3 AND activity_id = $4

-- name: record_shown
-- After a send. A worker that was taken for dead may come late: its marker is not wanted any more.
UPDATE incident_card
SET activity_id = $4, marker = $5, revision = $6, nonce = $7, content = $8, view = $9::jsonb,
    shown_at = now(), intent_marker = NULL
WHERE account = $1 AND incident_id = $2 AND conversation = $3
  AND (intent_marker = $5 OR (intent_marker IS NULL AND (activity_id = $4 OR activity_id IS NULL)))
  AND revision <= $6
RETURNING orphans

-- name: forget_intent
-- The post certainly did not happen: no orphan is to be counted for it.
UPDATE incident_card SET intent_marker = NULL
WHERE account = $1 AND incident_id = $2 AND conversation = $3 AND intent_marker = $4

-- name: intend_highlight
-- At most once per transition and second: no row means that it was said, or may have been.
UPDATE incident_card SET notified = (array_append(notified, $4))[greatest(1, cardinality(notified) - 18):]
WHERE account = $1 AND incident_id = $2 AND conversation = $3 AND NOT ($4 = ANY (notified))
RETURNING true

-- name: withdraw_highlight
-- The reply certainly did not happen: it may be tried again.
UPDATE incident_card SET notified = array_remove(notified, $4)
WHERE account = $1 AND incident_id = $2 AND conversation = $3

-- name: recall
SELECT activity_id, marker, revision, nonce, content, view, intent_marker, orphans, notified
FROM incident_card
WHERE account = $1 AND incident_id = $2 AND conversation = $3
