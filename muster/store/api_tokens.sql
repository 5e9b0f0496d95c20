-- name: insert
INSERT INTO api_token (id, digest, account, name, pagerduty_user, pagerduty_email)
VALUES (:id, :digest, :account, :name, :pagerduty_user, :pagerduty_email)

-- name: seed
INSERT INTO api_token (id, digest, account, name, pagerduty_user, pagerduty_email)
VALUES (:id, :digest, :account, :name, :pagerduty_user, :pagerduty_email)
ON CONFLICT (id) DO UPDATE
SET account = excluded.account, name = excluded.name,
    pagerduty_user = excluded.pagerduty_user, pagerduty_email = excluded.pagerduty_email

-- name: find
SELECT id, digest, account, name, pagerduty_user, pagerduty_email FROM api_token WHERE id = :id AND revoked_at IS NULL

-- name: count_call
-- A minute begins with the first call after the one before. A refused call counts too, and makes it no longer.
UPDATE api_token
SET calls = CASE WHEN minute_began_at > now() - interval '1 minute' THEN calls + 1 ELSE 1 END,
    minute_began_at = CASE WHEN minute_began_at > now() - interval '1 minute' THEN minute_began_at ELSE now() END
WHERE id = :id AND revoked_at IS NULL
RETURNING calls, extract(epoch FROM minute_began_at + interval '1 minute' - now())::float8

-- name: all
SELECT id, account, name, pagerduty_email, created_at, revoked_at, minute_began_at
FROM api_token
WHERE :account = '' OR account = :account
ORDER BY created_at, id

-- name: revoke
UPDATE api_token SET revoked_at = now() WHERE id = :id AND revoked_at IS NULL RETURNING name
