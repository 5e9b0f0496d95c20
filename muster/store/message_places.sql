-- name: is_known
-- An incident of the account that was shown somewhere, or has a room.
SELECT EXISTS (SELECT FROM incident_card WHERE account = :account AND incident_id = :incident_id)
    OR EXISTS (SELECT FROM incident_room WHERE account = :account AND incident_id = :incident_id)

-- name: speaker
-- What the user of PagerDuty is called, where somebody is linked to them.
SELECT pagerduty_name FROM user_link
WHERE account = :account AND pagerduty_user = :pagerduty_user AND pagerduty_name <> ''
ORDER BY id DESC
LIMIT 1

-- name: channel
-- A channel of a team that belongs to the account and in which the app is, by its key or Teams' id, with the incident's card there.
SELECT c.id, c.tenant, c.name, t.name AS team_name, t.aad_group_id, k.activity_id AS card
FROM conversation c
JOIN team t ON t.id = c.team
LEFT JOIN incident_card k ON k.conversation = c.id AND k.account = :account AND k.incident_id = :incident_id
WHERE (c.key = :name OR c.id = :name) AND t.account = :account
  AND c.suspended_at IS NULL AND t.removed_at IS NULL
  AND (t.authorized_at IS NOT NULL OR t.forgotten_at IS NULL)

-- name: chat
-- The chat that was made for the incident, else a group chat by its key or Teams' id: one of the account, or one in which
-- an incident of the account is followed.
SELECT c.id, c.tenant, c.name
FROM conversation c
WHERE c.kind = 'group' AND c.suspended_at IS NULL
  AND CASE WHEN :is_dedicated
           THEN c.id = (SELECT r.chat FROM incident_room r
                        WHERE r.account = :account AND r.incident_id = :incident_id AND r.stage = 'made')
           ELSE (c.key = :name OR c.id = :name)
            AND (c.account = :account
                 OR EXISTS (SELECT FROM incident_card k
                            WHERE k.conversation = c.id AND k.account = :account AND k.stopped_at IS NULL))
      END

-- name: is_being_entered
-- The incident's own chat was made a moment ago, and the bot is not known to be in it yet.
SELECT EXISTS (
  SELECT FROM incident_room r
  WHERE r.account = :account AND r.incident_id = :incident_id AND r.stage = 'made'
    AND r.began_at > now() - make_interval(secs => :within::float8)
    AND NOT EXISTS (SELECT FROM conversation c WHERE c.id = r.chat))

-- name: person
-- Of several people who are linked to one user, whoever came last.
SELECT l.tenant, l.aad_object_id, coalesce(p.teams_id, '') AS teams_id,
       coalesce(nullif(p.name, ''), l.pagerduty_name) AS name
FROM user_link l
LEFT JOIN person p ON p.tenant = l.tenant AND p.aad_object_id = l.aad_object_id
WHERE l.account = :account AND l.tenant = ANY(:tenants::text[])
  AND (l.pagerduty_user = :name OR lower(l.pagerduty_email) = lower(:name))
ORDER BY l.id DESC
LIMIT 1
