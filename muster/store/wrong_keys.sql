-- name: lock
-- One person's KEYs are counted one after the other.
SELECT pg_advisory_xact_lock(hashtextextended('wrong keys of ' || :tenant::text || ' ' || :aad_object_id::text, 0))

-- name: count
SELECT count(*) FROM wrong_key
WHERE tenant = :tenant AND aad_object_id = :aad_object_id AND written_at > now() - interval '15 minutes'

-- name: insert
INSERT INTO wrong_key (tenant, aad_object_id) VALUES (:tenant, :aad_object_id)
RETURNING id

-- name: delete
DELETE FROM wrong_key WHERE id = :id

-- name: delete_old
WITH deleted AS (DELETE FROM wrong_key WHERE written_at < now() - :age::interval RETURNING 1)
SELECT count(*) FROM deleted
