-- name: find_newest
-- The incident as the newest of its cards shows it, whichever conversation that is in; no row where the conversation
-- that asks is not one of the tenant's in which the bot is.
SELECT k.view
FROM incident_card k
JOIN conversation c ON c.id = k.conversation
WHERE k.account = :account AND k.incident_id = :incident_id
  AND c.tenant = :tenant
  AND k.view IS NOT NULL
  AND EXISTS (
    SELECT FROM conversation here
    WHERE here.id = :conversation AND here.tenant = :tenant AND here.suspended_at IS NULL)
ORDER BY (k.view ->> 'as_of')::timestamptz DESC, k.shown_at DESC
LIMIT 1
