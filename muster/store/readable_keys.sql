-- name: lock
-- Two who draw at the same moment would draw the same; the lock ends with the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('readable key of ' || :table::text, 0))

-- name: team_keys
SELECT key FROM team WHERE key = :base OR starts_with(key, :base || '-')

-- name: conversation_keys
SELECT key FROM conversation WHERE key = :base OR starts_with(key, :base || '-')
