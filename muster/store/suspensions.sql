-- name: lock_team
-- Two runs of a team, of which Temporal has given one up, tell their changes one after the other.
SELECT FROM team WHERE id = :team FOR UPDATE

-- name: tell
-- A send that was refused before something brought the team or the channel back says nothing any more.
INSERT INTO suspension AS s (team, channel, reason, at, is_over, is_final)
SELECT :team, :channel, :reason, :at::timestamptz, :is_over::boolean, :is_final::boolean
WHERE NOT (:reason = 'refused' AND NOT :is_over AND EXISTS (
  SELECT FROM suspension b WHERE b.team = :team AND b.channel IN ('', :channel) AND b.is_over AND b.at >= :at))
ON CONFLICT (team, channel, reason) DO UPDATE
SET at = excluded.at, is_over = excluded.is_over, is_final = excluded.is_final,
    -- A refusal that a word alone has ended is told again once something got through, or an event of Teams came.
    is_told = s.reason = 'refused' AND CASE
      WHEN :is_heard THEN s.is_told OR NOT s.is_over
      WHEN excluded.is_over THEN false
      ELSE s.is_told
        AND NOT EXISTS (SELECT FROM incident_card k WHERE k.conversation = s.channel AND k.shown_at > s.at)
        AND NOT EXISTS (SELECT FROM notice n WHERE n.recipient = s.channel AND n.shown_at > s.at)
    END
WHERE s.at < excluded.at

-- name: let_write
-- What brings a team or a channel back says that the bot writes there again, as far as anybody knows.
UPDATE suspension SET at = :at, is_over = true, is_told = false
WHERE team = :team AND reason = 'refused' AND at < :at AND :channel IN ('', channel)

-- name: follow
UPDATE conversation c
SET suspended_at = CASE WHEN f.is_away THEN now() END, suspended_by = :request
FROM (
  SELECT id, EXISTS (
    SELECT FROM suspension s
    WHERE s.team = :team AND s.channel IN ('', conversation.id) AND NOT s.is_over
  ) AS is_away
  FROM conversation
  WHERE team = :team AND tenant = :tenant
) f
WHERE c.id = f.id AND f.is_away <> (c.suspended_at IS NOT NULL)

-- name: changed
-- But for those in which nobody is to be told of another refusal, nor of a word that ended it.
SELECT c.name, c.suspended_at IS NOT NULL AS is_suspended
FROM conversation c
WHERE c.team = :team AND c.suspended_by = :request
  AND EXISTS (SELECT FROM connection con WHERE con.conversation = c.id AND con.ended_at IS NULL)
  AND NOT EXISTS (SELECT FROM suspension s WHERE s.team = c.team AND s.channel = c.id
                  AND s.is_told AND s.is_over = (c.suspended_at IS NULL))
ORDER BY c.name, c.id

-- name: away
SELECT is_final FROM suspension WHERE team = :team AND channel = '' AND reason = 'removed' AND NOT is_over

-- name: revived
-- The services whose incidents come again into channels that the request has revived, unless they are away again.
SELECT con.account, con.service, con.conversation
FROM conversation c
JOIN connection con ON con.conversation = c.id
WHERE c.team = :team AND c.suspended_by = :request AND c.suspended_at IS NULL AND con.ended_at IS NULL
ORDER BY c.key, con.service


-- name: connectors
-- Who connected what to the channels that a request has changed.
SELECT p.aad_object_id, p.teams_id, p.name AS person_name, c.name, c.suspended_at IS NOT NULL AS is_suspended,
       array_agg(DISTINCT con.service_name ORDER BY con.service_name) AS services
FROM conversation c
JOIN connection con ON con.conversation = c.id AND con.ended_at IS NULL
JOIN person p ON p.tenant = c.tenant AND p.aad_object_id = con.connected_by
WHERE c.team = :team AND c.suspended_by = :request
  AND NOT EXISTS (SELECT FROM suspension s WHERE s.team = c.team AND s.channel = c.id
                  AND s.is_told AND s.is_over = (c.suspended_at IS NULL))
GROUP BY p.aad_object_id, p.teams_id, p.name, c.id
ORDER BY p.aad_object_id, c.name, c.id

-- name: is_disproved
-- Whether a reason for which a channel is suspended cannot hold, since something came from there after it. Where the
-- app is known to be back, its channels wait for an authorization, and not for another word.
SELECT EXISTS (
  SELECT FROM conversation c
  JOIN team t ON t.id = c.team
  JOIN suspension s ON s.team = c.team AND s.channel IN ('', c.id)
  WHERE c.id = :channel AND c.tenant = :tenant AND c.suspended_at IS NOT NULL
    AND NOT s.is_over AND s.at < :at
    AND ((s.reason = 'removed' AND t.removed_at IS NOT NULL) OR (s.channel = c.id AND s.reason IN ('deleted', 'refused'))))

-- name: open_cards
SELECT k.account, k.incident_id, c.key
FROM conversation c
JOIN incident_card k ON k.conversation = c.id
WHERE c.team = :team AND c.suspended_at IS NOT NULL
  AND (:channels::text[] IS NULL OR c.id = ANY(:channels))
  AND coalesce(k.view ->> 'status', '') <> 'resolved'
ORDER BY c.key, k.incident_id

-- name: owner
SELECT p.aad_object_id, p.teams_id, p.name
FROM team t
JOIN person p ON p.tenant = t.tenant AND p.aad_object_id = coalesce(t.installer, (
  SELECT l.aad_object_id FROM user_link l
  WHERE l.tenant = t.tenant AND l.account = t.account AND l.pagerduty_user = t.authorized_by
  ORDER BY l.id LIMIT 1))
WHERE t.id = :team
