-- name: follow
-- What an activity tells of a team that is known; nothing is written where nothing changed. A name that was told
-- before the one that is known is not written.
WITH known AS (
  SELECT *, :name::text <> '' AND (named_at IS NULL OR :named_at::timestamptz > named_at) AS is_named
  FROM team WHERE id = :id AND tenant = :tenant
), changed AS (
  UPDATE team t
  SET name = CASE WHEN k.is_named THEN :name ELSE t.name END,
      named_at = CASE WHEN k.is_named THEN coalesce(:named_at, t.named_at) ELSE t.named_at END,
      aad_group_id = coalesce(:aad_group_id, t.aad_group_id),
      service_url = :service_url
  FROM known k
  WHERE t.id = k.id
    AND ((k.is_named AND (:name <> k.name OR :named_at IS NOT NULL))
         OR coalesce(:aad_group_id, k.aad_group_id) IS DISTINCT FROM k.aad_group_id
         OR rtrim(:service_url, '/') IS DISTINCT FROM rtrim(k.service_url, '/'))
  RETURNING t.*
)
SELECT * FROM changed
UNION ALL
SELECT t.* FROM team t JOIN known k USING (id) WHERE NOT EXISTS (SELECT FROM changed)

-- name: move
UPDATE team SET service_url = :service_url
WHERE id = :id AND tenant = :tenant AND rtrim(service_url, '/') IS DISTINCT FROM rtrim(:service_url, '/')

-- name: insert
-- Two activities of a new team may come at once: the second one finds the first one's row.
INSERT INTO team AS t (id, tenant, key, name, aad_group_id, service_url, named_at)
VALUES (:id, :tenant, :key, :name, :aad_group_id, :service_url, CASE WHEN :name <> '' THEN :named_at::timestamptz END)
ON CONFLICT (id) DO UPDATE SET service_url = excluded.service_url WHERE t.tenant = excluded.tenant
RETURNING *

-- name: make
-- By whoever knows a team whose row is gone. Neither another's row nor another's key is taken.
INSERT INTO team (id, tenant, key, name) VALUES (:id, :tenant, :key, :name)
ON CONFLICT DO NOTHING

-- name: seed_setup
UPDATE team
SET service_url = :service_url, step = 'complete', installer = :installer, chosen_channel = :chosen_channel,
    authorized_by = :by, authorized_name = :name, authorized_role = :role, authorized_at = now()
WHERE id = :id AND step IS NULL

-- name: find
SELECT * FROM team WHERE id = :id

-- name: find_by_key
SELECT * FROM team WHERE key = :key

-- name: of_channel
SELECT t.* FROM team t JOIN conversation c ON c.team = t.id WHERE c.id = :channel

-- name: of_tenant
SELECT * FROM team WHERE tenant = :tenant AND removed_at IS NULL ORDER BY name, id

-- name: note_installer
UPDATE team
SET installer = CASE WHEN :is_anew THEN :installer ELSE coalesce(:installer, installer) END,
    chosen_channel = coalesce(:chosen_channel, chosen_channel)
WHERE id = :id

-- name: note_membership
UPDATE team SET membership_at = :at, removed_at = CASE WHEN :removed THEN now() END
WHERE id = :id AND (membership_at IS NULL OR membership_at <= :at)

-- name: note_step
UPDATE team SET step = :step WHERE id = :id

-- name: rename
UPDATE team SET name = :name WHERE id = :id

-- name: update
UPDATE team SET name = :name, aad_group_id = :aad_group_id WHERE id = :id
RETURNING id

-- name: insert_connected
INSERT INTO team (id, tenant, key, name, aad_group_id, account)
VALUES (:id, :tenant, :key, :name, :aad_group_id, :account)

-- name: forget_authorization
-- One that was connected without a set-up has no time, and counts no more either.
UPDATE team
SET authorized_by = NULL, authorized_name = NULL, authorized_role = NULL, authorized_at = NULL, forgotten_at = now()
WHERE id = :id AND account IS NOT NULL AND (authorized_at IS NULL OR authorized_at <= :before)
