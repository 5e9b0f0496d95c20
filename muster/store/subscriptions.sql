-- name: upsert
INSERT INTO webhook_subscription (account, id, secret) VALUES (:account, :id, :secret)
ON CONFLICT (account, id) DO UPDATE SET secret = excluded.secret

-- name: secrets_of
SELECT id, secret FROM webhook_subscription
WHERE account = :account
ORDER BY created_at DESC
