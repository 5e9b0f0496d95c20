-- name: lock_incident
-- One click at a time changes an incident, and one read at a time asks; the lock ends with the transaction.
SELECT pg_advisory_xact_lock(
  hashtextextended(concat_ws('/', :purpose::text, :account::text, :incident_id::text), 0))

-- name: read_details
SELECT details, (covers_at, covers_event) >= (:covers_at, :covers_event) AS covers
FROM incident_detail
WHERE account = :account AND incident_id = :incident_id

-- name: store_details
INSERT INTO incident_detail (account, incident_id, covers_at, covers_event, details)
VALUES (:account, :incident_id, :covers_at, :covers_event, :details::jsonb)
ON CONFLICT (account, incident_id) DO UPDATE
SET covers_at = excluded.covers_at, covers_event = excluded.covers_event,
    details = excluded.details, read_at = now()
WHERE (incident_detail.covers_at, incident_detail.covers_event) <= (excluded.covers_at, excluded.covers_event)
