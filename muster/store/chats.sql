-- name: find
SELECT id, tenant, key, kind, name, account, service_url, suspended_at IS NOT NULL AS is_suspended,
       told_by IS NOT DISTINCT FROM suspended_by AS is_told
FROM conversation
WHERE id = :id AND (:tenant::text IS NULL OR tenant = :tenant) AND team IS NULL

-- name: insert
-- Whoever was faster has made the row, and the key that this one drew stays free. The bot is in the chat: a removal that
-- Teams tells late is older.
INSERT INTO conversation (id, kind, tenant, account, key, name, service_url, named_at, membership_at)
VALUES (:id, :kind, :tenant, :account, :key, :name, :service_url, CASE WHEN :name <> '' THEN :at::timestamptz END, :at)
ON CONFLICT (id) DO NOTHING

-- name: rename
-- A name that was told before the one that is known is not written.
UPDATE conversation SET name = :name, named_at = :at
WHERE id = :id AND tenant = :tenant AND team IS NULL AND (named_at IS NULL OR named_at < :at)

-- name: follow
-- Whether the bot is in the chat, as the newest activity tells it. What changes nothing leaves the request that
-- suspended or revived the chat, so that it can be asked again.
UPDATE conversation
SET membership_at = :at,
    suspended_by = CASE WHEN (suspended_at IS NOT NULL) = :is_away THEN suspended_by ELSE :request END,
    suspended_at = CASE WHEN :is_away THEN coalesce(suspended_at, now()) END
WHERE id = :id AND tenant = :tenant AND team IS NULL AND (membership_at IS NULL OR membership_at < :at)

-- name: presence
SELECT suspended_at IS NOT NULL AS is_away, suspended_by AS request,
       told_by IS NOT DISTINCT FROM suspended_by AS is_told
FROM conversation
WHERE id = :id AND tenant = :tenant AND team IS NULL

-- name: note_told
-- Also where another request has changed the chat meanwhile: what the runs heard last is this, and they are told anew.
UPDATE conversation SET told_by = :request WHERE id = :id AND tenant = :tenant AND team IS NULL

-- name: needs_reviving
-- A message to the bot comes from where the bot is. A click does not: a shared card is pressed in any chat.
SELECT EXISTS (
  SELECT FROM conversation
  WHERE id = :id AND tenant = :tenant AND team IS NULL
    AND CASE WHEN suspended_at IS NULL THEN told_by IS DISTINCT FROM suspended_by
             ELSE membership_at IS NULL OR membership_at < :at END
)
