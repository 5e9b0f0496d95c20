-- name: upsert
INSERT INTO webhook_subscription (account, id, secret) VALUES (:account, :id, :secret)
ON CONFLICT (account, id) DO UPDATE SET secret = excluded.secret

-- name: secrets_of
-- Of one subscription alone where it is known: an unreadable secret of another one is then no obstacle.
SELECT id, secret FROM webhook_subscription
WHERE account = :account AND (:subscription::text IS NULL OR id = :subscription)
ORDER BY created_at DESC
