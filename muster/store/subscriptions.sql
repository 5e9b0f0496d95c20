-- name: upsert
-- A file may be older than what became of the subscription: then PagerDuty's list tells where it sends.
INSERT INTO webhook_subscription (account, id, secret, url)
SELECT :account, :id, :secret,
       CASE WHEN NOT EXISTS (SELECT FROM webhook_subscription o
                             WHERE o.account = :account AND o.url = :url AND o.id <> :id AND o.ended_at IS NULL)
            THEN :url::text END
ON CONFLICT (account, id) DO UPDATE
SET secret = excluded.secret, url = CASE WHEN webhook_subscription.ended_at IS NULL THEN excluded.url END,
    ended_at = NULL, deleted_at = NULL

-- name: secrets_of
-- In one statement: a secret is stored and its intent ended by one commit, which is seen whole or not at all.
SELECT s.id, s.secret,
       EXISTS (SELECT FROM subscription_intent i WHERE i.account = :account) AS is_expected
FROM (SELECT) one
LEFT JOIN webhook_subscription s
  ON s.account = :account AND (s.deleted_at IS NULL OR s.deleted_at > now() - :counts::interval)
ORDER BY s.created_at DESC

-- name: note_verified
UPDATE webhook_subscription SET verified_at = now() WHERE account = :account AND id = :id AND verified_at IS NULL

-- name: lock_account
-- One process at a time changes what an account subscribes to; the lock ends with the transaction.
SELECT pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'subscription', :account::text), 0))

-- name: make_installation
INSERT INTO installation DEFAULT VALUES ON CONFLICT (only_one) DO NOTHING

-- name: installation
SELECT id::text FROM installation

-- name: live_urls
SELECT account, url FROM webhook_subscription WHERE ended_at IS NULL AND url IS NOT NULL

-- name: is_needed
SELECT EXISTS (SELECT FROM followed_account WHERE account = :account)

-- name: stored
SELECT id, secret, url, verified_at IS NOT NULL AS is_verified, ended_at IS NOT NULL AS has_ended
FROM webhook_subscription
WHERE account = :account AND deleted_at IS NULL
ORDER BY created_at DESC, id

-- name: intents
SELECT marker, url, given_up_at IS NOT NULL AS is_given_up,
       extract(epoch FROM coalesce(given_up_at + :late::interval - now(), :late::interval))::float AS over_in
FROM subscription_intent
WHERE account = :account
ORDER BY created_at, marker

-- name: give_up_intents
UPDATE subscription_intent SET given_up_at = now() WHERE account = :account AND given_up_at IS NULL

-- name: give_up
UPDATE subscription_intent SET given_up_at = now() WHERE marker = :marker AND given_up_at IS NULL

-- name: begin
INSERT INTO subscription_intent (marker, account, installation, url)
VALUES (:marker, :account, :installation::text::uuid, :url)

-- name: end_intent
DELETE FROM subscription_intent WHERE marker = :marker

-- name: end_own_intent
DELETE FROM subscription_intent WHERE marker = :marker AND given_up_at IS NULL RETURNING account, url

-- name: insert
INSERT INTO webhook_subscription (account, id, secret, url) VALUES (:account, :id, :secret, :url)

-- name: note_url
UPDATE webhook_subscription SET url = :url WHERE account = :account AND id = :id AND url IS NULL AND ended_at IS NULL

-- name: end
UPDATE webhook_subscription SET ended_at = now() WHERE account = :account AND id = :id AND ended_at IS NULL

-- name: end_unneeded
-- A connection that is committed before this statement keeps them.
UPDATE webhook_subscription SET ended_at = now()
WHERE account = :account AND ended_at IS NULL
  AND NOT EXISTS (SELECT FROM followed_account f WHERE f.account = :account)

-- name: note_deleted
UPDATE webhook_subscription SET ended_at = coalesce(ended_at, now()), deleted_at = now()
WHERE account = :account AND id = :id AND deleted_at IS NULL

-- name: forget_deleted
DELETE FROM webhook_subscription WHERE account = :account AND deleted_at <= now() - :counts::interval
