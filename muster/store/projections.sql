-- name: find_newest
-- The incident as the newest of its cards shows it, whichever conversation that is in. The conversation that asks has no
-- row where nothing was followed or connected; no answer where its row is another tenant's, or says that the bot left.
SELECT k.view
FROM incident_card k
JOIN conversation c ON c.id = k.conversation
WHERE k.account = :account AND k.incident_id = :incident_id
  AND c.tenant = :tenant
  AND k.view IS NOT NULL
  AND NOT EXISTS (
    SELECT FROM conversation here
    WHERE here.id = :conversation AND (here.tenant <> :tenant OR here.suspended_at IS NOT NULL))
ORDER BY (k.view ->> 'as_of')::timestamptz DESC, k.shown_at DESC
LIMIT 1
