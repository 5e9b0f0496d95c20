-- name: lock_person
-- Whatever makes, ends or spends the links and offers of a person for an account waits here for each other.
SELECT pg_advisory_xact_lock(
  hashtextextended(concat_ws('/', 'link', :tenant::text, :aad_object_id::text, :account::text), 0))

-- name: insert
INSERT INTO user_link (tenant, aad_object_id, account, pagerduty_user, pagerduty_name, pagerduty_email,
                       pagerduty_role, access_token, refresh_token, scopes, authorized_at, refreshed_at, expires_at)
VALUES (:tenant, :aad_object_id, :account, :pagerduty_user, :pagerduty_name, :pagerduty_email,
        :pagerduty_role, :access_token, :refresh_token, :scopes, :authorized_at, :refreshed_at, :expires_at)
RETURNING id

-- name: delete_of_person
DELETE FROM user_link WHERE tenant = :tenant AND aad_object_id = :aad_object_id AND account = :account
RETURNING id, account, pagerduty_user, pagerduty_name, linked_at, authorized_at, refreshed_at

-- name: seed
-- A seeded link has one token, which nobody refreshes; a row that a person made is not taken over.
UPDATE user_link
SET pagerduty_name = :pagerduty_name, pagerduty_email = :pagerduty_email, access_token = :access_token,
    pagerduty_role = coalesce(:pagerduty_role, pagerduty_role)
WHERE tenant = :tenant AND aad_object_id = :aad_object_id AND account = :account AND pagerduty_user = :pagerduty_user
  AND refresh_token IS NULL
RETURNING id

-- name: link_of
SELECT id FROM user_link WHERE tenant = :tenant AND aad_object_id = :aad_object_id AND account = :account

-- name: of_person
SELECT id, account, pagerduty_user, pagerduty_name, pagerduty_role, linked_at, authorized_at, refreshed_at,
       told_of_year_at
FROM user_link
WHERE tenant = :tenant AND aad_object_id = :aad_object_id
ORDER BY account

-- name: role_of
SELECT pagerduty_role FROM user_link WHERE id = :link

-- name: shown
SELECT pagerduty_name, pagerduty_email FROM user_link WHERE id = :link

-- name: linked_user
SELECT tenant, aad_object_id, account, pagerduty_user, pagerduty_name, pagerduty_email, access_token,
       refreshed_at, expires_at
FROM user_link
WHERE id = :link

-- name: begin_refresh
-- Committed before PagerDuty is asked: whoever is refused later sees that somebody else may hold the new tokens.
UPDATE user_link SET refreshes_begun = refreshes_begun + 1
WHERE id = :link AND refresh_token IS NOT NULL

-- name: lock_tokens
-- One refresh of a link at a time, in whichever process.
SELECT tenant, aad_object_id, account, pagerduty_user, pagerduty_name, pagerduty_email, access_token, refresh_token,
       scopes, refreshed_at, expires_at, refreshes_begun
FROM user_link
WHERE id = :link
FOR UPDATE

-- name: keep_tokens
UPDATE user_link
SET access_token = :access_token, refresh_token = :refresh_token, scopes = :scopes, refreshed_at = :refreshed_at,
    expires_at = :expires_at, refreshes_begun = 0
WHERE id = :link

-- name: end
WITH ended AS (
  DELETE FROM user_link WHERE id = :link
  RETURNING id, tenant, aad_object_id, account
)
INSERT INTO ended_link (link, tenant, aad_object_id, account, reason)
SELECT id, tenant, aad_object_id, account, :reason FROM ended
RETURNING link, tenant, aad_object_id, account, reason

-- name: has_ended
SELECT EXISTS (SELECT FROM ended_link WHERE link = :link)

-- name: left_untold
SELECT link, tenant, aad_object_id, account, reason FROM ended_link
WHERE link = :link AND told_at IS NULL AND ended_at < now() - :since::interval

-- name: untold
SELECT link, tenant, aad_object_id, account, reason FROM ended_link
WHERE account = :account AND told_at IS NULL
ORDER BY link

-- name: note_told
UPDATE ended_link SET told_at = now() WHERE link = :link AND told_at IS NULL

-- name: others_of_user
SELECT coalesce(nullif(p.name, ''), l.aad_object_id) AS name
FROM user_link l
LEFT JOIN person p ON p.tenant = l.tenant AND p.aad_object_id = l.aad_object_id
WHERE l.tenant = :tenant AND l.account = :account AND l.pagerduty_user = :pagerduty_user
  AND l.aad_object_id <> :aad_object_id
ORDER BY 1

-- name: shared_users
-- PagerDuty users to whom more than one person of the tenant is linked.
SELECT l.account, max(l.pagerduty_name) AS name,
       array_agg(coalesce(nullif(p.name, ''), l.aad_object_id) ORDER BY p.name, l.aad_object_id) AS people
FROM user_link l
LEFT JOIN person p ON p.tenant = l.tenant AND p.aad_object_id = l.aad_object_id
WHERE l.tenant = :tenant AND l.account = ANY(:accounts::text[])
GROUP BY l.account, l.pagerduty_user
HAVING count(*) > 1
ORDER BY l.account, name, l.pagerduty_user

-- name: serves
-- A team of the tenant belongs to the account: its people may be linked to it.
SELECT EXISTS (SELECT FROM team WHERE tenant = :tenant AND account = :account AND removed_at IS NULL)

-- name: accounts_served
SELECT DISTINCT account FROM team
WHERE tenant = :tenant AND account IS NOT NULL AND removed_at IS NULL
ORDER BY account

-- name: due_for_refresh
-- A link whose year is over is due every day: PagerDuty decides whether it goes on.
SELECT id, tenant, aad_object_id, pagerduty_user FROM user_link
WHERE account = :account AND id > :after AND refresh_token IS NOT NULL
  AND (refreshed_at <= :now::timestamptz - :unused::interval OR authorized_at <= :now::timestamptz - :year::interval)
ORDER BY id
LIMIT :most

-- name: year_ends
SELECT id, tenant, aad_object_id, pagerduty_user FROM user_link
WHERE account = :account AND id > :after AND told_of_year_at IS NULL
  AND authorized_at <= :now::timestamptz - :year::interval + :ahead::interval
  AND authorized_at > :now::timestamptz - :year::interval
ORDER BY id
LIMIT :most

-- name: note_told_of_year
UPDATE user_link SET told_of_year_at = :now WHERE id = :link AND told_of_year_at IS NULL

-- name: after
SELECT id, tenant, aad_object_id, pagerduty_user FROM user_link
WHERE account = :account AND id > :after
ORDER BY id
LIMIT :most

-- name: delete_told
WITH deleted AS (DELETE FROM ended_link WHERE told_at < now() - :age::interval RETURNING 1)
SELECT count(*) FROM deleted
