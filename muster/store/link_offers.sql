-- name: lock_team
-- Whatever changes several offers of a team, or an offer and its team, waits here for each other.
SELECT FROM team WHERE id = :team FOR NO KEY UPDATE

-- name: lock_team_of
SELECT FROM team WHERE id = (SELECT team FROM link_offer WHERE id = :id) FOR NO KEY UPDATE

-- name: make
INSERT INTO link_offer AS o (kind, tenant, team, account, request, key_hash, key_sealed, expires_at)
VALUES (:kind, :tenant, :team, :account, :request, :key_hash, :key_sealed, now() + :life::interval)
ON CONFLICT ON CONSTRAINT link_offer_once DO UPDATE SET request = o.request
RETURNING id

-- name: replace_others
-- Only older ones: a request that is made again must not end what came after it.
UPDATE link_offer SET ended_at = now(), ended_as = 'replaced'
WHERE team = :team AND kind = :kind AND id < :id AND ended_at IS NULL AND spent_at IS NULL

-- name: find
SELECT * FROM offered_link
WHERE id = :id

-- name: find_by_key
SELECT * FROM offered_link
WHERE key_hash = :key_hash

-- name: find_by_keys
SELECT * FROM offered_link
WHERE tenant = :tenant AND key_hash = ANY(:key_hashes::bytea[])
ORDER BY id

-- name: lock
-- Nobody ends an offer while it is spent.
SELECT FROM link_offer WHERE id = :id FOR UPDATE

-- name: sealed_key
SELECT key_hash, key_sealed FROM link_offer WHERE id = :id

-- name: end
UPDATE link_offer SET ended_at = now(), ended_as = :ending
WHERE id = :id AND ended_at IS NULL AND spent_at IS NULL

-- name: end_all
UPDATE link_offer SET ended_at = now(), ended_as = :ending
WHERE team = :team AND ended_at IS NULL AND spent_at IS NULL

-- name: spend
UPDATE link_offer
SET spent_at = now(), spent_by = :user, spent_name = :name, spent_role = :role, spent_flow = :flow
WHERE id = :id

-- name: authorize_team
UPDATE team t
SET account = o.account, authorized_by = o.spent_by, authorized_name = o.spent_name,
    authorized_role = o.spent_role, authorized_at = o.spent_at
FROM link_offer o
WHERE o.id = :id AND t.id = o.team

-- name: authorize_channels
UPDATE conversation c SET account = o.account
FROM link_offer o
WHERE o.id = :id AND c.team = o.team AND c.account IS DISTINCT FROM o.account

-- name: note_returned
-- Each return has a time of its own. A refusal takes no place of a grant that nobody told: what that one gave is to
-- be read all the same.
UPDATE link_offer
SET returned_at = greatest(clock_timestamp(), returned_at + interval '1 microsecond'),
    return_refused = :refused AND (reported_at IS NOT NULL OR return_refused IS NOT FALSE),
    reported_at = NULL
WHERE id = :id AND kind = 'consent'

-- name: unreported
SELECT * FROM offered_link
WHERE (state = 'spent' OR returned_at IS NOT NULL) AND reported_at IS NULL
ORDER BY id

-- name: note_reported
-- What came back since is still to be told.
UPDATE link_offer SET reported_at = now()
WHERE id = :id AND returned_at IS NOT DISTINCT FROM :returned_at

-- name: newest
SELECT DISTINCT ON (v.kind) v.id, v.kind, o.request, v.account, v.state, v.expires_at
FROM offered_link v
JOIN link_offer o ON o.id = v.id
WHERE v.team = :team
ORDER BY v.kind, v.id DESC

-- name: make_personal
INSERT INTO link_offer AS o (kind, tenant, person, account, request, expires_at)
VALUES ('link_accounts', :tenant, :person, :account, :request, now() + :life::interval)
ON CONFLICT (tenant, person, account, request) WHERE person IS NOT NULL DO UPDATE SET request = o.request
RETURNING id

-- name: replace_other_personal
UPDATE link_offer SET ended_at = now(), ended_as = 'replaced'
WHERE tenant = :tenant AND person = :person AND account = :account AND id < :id AND ended_at IS NULL AND spent_at IS NULL

-- name: newest_personal
SELECT * FROM offered_link
WHERE kind = 'link_accounts' AND tenant = :tenant AND person = :person AND account = :account
ORDER BY id DESC
LIMIT 1

-- name: end_personal
UPDATE link_offer SET ended_at = now(), ended_as = 'replaced'
WHERE tenant = :tenant AND person = :person AND account = :account AND ended_at IS NULL AND spent_at IS NULL

-- name: claim_code
UPDATE link_offer SET exchanged_flows = exchanged_flows || :flow::bytea
WHERE id = :id AND NOT :flow::bytea = ANY(exchanged_flows)
RETURNING id

-- name: spend_personal
UPDATE link_offer SET spent_at = now(), spent_by = :user, spent_name = :name, spent_flow = :flow, link = :link
WHERE id = :id

-- name: delete_old
WITH deleted AS (DELETE FROM link_offer WHERE expires_at < now() - :age::interval RETURNING 1)
SELECT count(*) FROM deleted
