-- name: intend
-- Before a post. A marker that replaces another one whose outcome nobody recorded means that a message
-- may exist which nobody knows: an orphan, told by the marker that it carries. Where the row knows a message and
-- the run does not, a worker recorded a post and could not tell the run: that message is edited, unless it shows
-- what is wanted already. A call that Temporal has given up may come late, in a worker that was starved: it finds
-- that a later one has begun, and sends nothing.
WITH intended AS (
  UPDATE incident_card
  SET orphans = orphans + CASE WHEN intent_marker <> :marker THEN 1 ELSE 0 END,
      orphan_markers = CASE
        WHEN intent_marker <> :marker
        THEN (array_append(orphan_markers, intent_marker))[greatest(1, cardinality(orphan_markers) - 18):]
        ELSE orphan_markers END,
      intent_marker = CASE WHEN activity_id IS NULL THEN :marker END,
      intent_at = :asked_at,
      post_began_at = now()
  WHERE account = :account AND incident_id = :incident_id AND conversation = :conversation
    AND (intent_at IS NULL OR intent_at <= :asked_at)
  RETURNING orphans, activity_id,
            CASE WHEN activity_id IS NOT NULL AND revision = :revision AND content = :content THEN marker END AS shown)
SELECT i.orphans, i.activity_id, c.service_url, i.shown
FROM incident_card k
JOIN conversation c ON c.id = k.conversation
LEFT JOIN intended i ON true
WHERE k.account = :account AND k.incident_id = :incident_id AND k.conversation = :conversation

-- name: forget_message
-- The message is gone: what is shown next is a new one. Teams says so at random, too: whoever presses this one
-- later presses an orphan.
UPDATE incident_card
SET activity_id = NULL,
    orphan_markers = (array_append(orphan_markers, marker))[greatest(1, cardinality(orphan_markers) - 18):]
WHERE account = :account AND incident_id = :incident_id AND conversation = :conversation
  AND activity_id = :activity_id

-- name: record_shown
-- After a send. A worker that was taken for dead may come late, with a message that another worker, which has begun
-- a post of its own, does not know. Until that post is recorded the late message is the card: if the post fails, it
-- is the one to edit. Where two messages are there, the one that is not the card is superseded. The marker of a late
-- message stands among the orphans', unless somebody had the message deleted: then it is no card any more.
-- A last state whose row has begun anew meanwhile stays where it is: what is shown next is another message.
--
-- Both workers may record at the same moment: the row is locked before it is looked at.
WITH before AS (
  SELECT activity_id, marker, intent_marker, orphans, orphan_markers, revision,
         stopped_at IS NULL AND :view::jsonb ->> 'stopped' IS NOT NULL AS is_let_go
  FROM incident_card
  WHERE account = :account AND incident_id = :incident_id AND conversation = :conversation
  FOR UPDATE
), recorded AS (
  UPDATE incident_card k
  SET activity_id = :activity_id, marker = :marker, revision = :revision, nonce = :nonce, content = :content,
      view = :view::jsonb, shown_at = now(),
      intent_marker = CASE WHEN b.activity_id IS NULL AND b.intent_marker <> :marker THEN b.intent_marker END,
      -- A message whose intent was replaced was counted, and is found; one that loses its place is counted.
      orphans = b.orphans + CASE
        WHEN :is_post AND b.activity_id IS NULL AND b.intent_marker IS DISTINCT FROM :marker THEN -1
        WHEN b.activity_id <> :activity_id OR b.intent_marker <> :marker THEN 1
        ELSE 0 END,
      orphan_markers = array_remove(
        CASE
          WHEN :is_post AND b.activity_id IS NULL AND b.intent_marker IS DISTINCT FROM :marker
          THEN b.orphan_markers
          WHEN b.activity_id <> :activity_id
          THEN (array_append(b.orphan_markers, b.marker))[greatest(1, cardinality(b.orphan_markers) - 18):]
          WHEN b.intent_marker <> :marker
          THEN (array_append(b.orphan_markers, b.intent_marker))[greatest(1, cardinality(b.orphan_markers) - 18):]
          ELSE b.orphan_markers END,
        :marker)
  FROM before b
  WHERE k.account = :account AND k.incident_id = :incident_id AND k.conversation = :conversation
    AND (b.intent_marker = :marker
         OR (b.activity_id = :activity_id AND b.revision <= :revision)
         OR (b.activity_id IS NULL AND :is_post AND :marker = ANY (b.orphan_markers))
         OR (b.activity_id IS NULL AND NOT :is_post AND b.intent_marker IS NULL AND b.revision <= :revision
             AND NOT b.is_let_go))
  RETURNING k.orphans)
SELECT coalesce(r.orphans, b.orphans), r.orphans IS NOT NULL,
       CASE WHEN b.activity_id = :activity_id THEN NULL
            WHEN r.orphans IS NOT NULL THEN b.activity_id
            WHEN :is_post THEN :activity_id END
FROM before b
LEFT JOIN recorded r ON true

-- name: forget_intent
-- The post certainly did not happen: no orphan is to be counted for it.
UPDATE incident_card SET intent_marker = NULL
WHERE account = :account AND incident_id = :incident_id AND conversation = :conversation
  AND intent_marker = :marker

-- name: find_orphan
-- A message that may be deleted: it carries a marker of this card that is not the card's any more, and no row
-- of the conversation knows it as something else. While a post is under way, a row is about to know one more:
-- within ten seconds, or within two minutes where the database is away when the message is there.
SELECT c.service_url, EXISTS (
         SELECT FROM incident_card o
         WHERE o.conversation = :conversation AND o.intent_marker IS NOT NULL
           AND o.post_began_at > now() - interval '3 minutes') AS is_posting
FROM incident_card k
JOIN conversation c ON c.id = k.conversation
WHERE k.account = :account AND k.incident_id = :incident_id AND k.conversation = :conversation
  AND :marker = ANY (k.orphan_markers)
  AND NOT EXISTS (
    SELECT FROM incident_card o
    WHERE o.conversation = :conversation
      AND (o.activity_id = :activity_id OR :activity_id = ANY (o.replies)))

-- name: forget_orphan
-- It is deleted: its marker names no other message.
UPDATE incident_card SET orphan_markers = array_remove(orphan_markers, :marker)
WHERE account = :account AND incident_id = :incident_id AND conversation = :conversation

-- name: intend_announcement
-- At most once for each piece of news: no row means that it was said, or may have been.
UPDATE incident_card k
SET notified = (array_append(k.notified, :key))[greatest(1, cardinality(k.notified) - 48):]
FROM conversation c
WHERE k.account = :account AND k.incident_id = :incident_id AND k.conversation = :conversation
  AND NOT (:key = ANY (k.notified))
  AND c.id = k.conversation
RETURNING c.service_url, c.kind = 'channel' AS has_threads

-- name: record_reply
UPDATE incident_card
SET replies = (array_append(replies, :activity_id))[greatest(1, cardinality(replies) - 48):]
WHERE account = :account AND incident_id = :incident_id AND conversation = :conversation

-- name: withdraw_announcement
-- The reply certainly did not happen: it may be tried again.
UPDATE incident_card SET notified = array_remove(notified, :key)
WHERE account = :account AND incident_id = :incident_id AND conversation = :conversation

-- name: restore
SELECT activity_id, marker, revision, nonce, content, view, intent_marker, orphans, notified,
       followed_at, followed_name, follow_number, stopped_at, stopped_name, r.told AS room
FROM incident_card k
LEFT JOIN incident_room r USING (account, incident_id)
WHERE account = :account AND incident_id = :incident_id AND conversation = :conversation
