-- name: upsert
INSERT INTO person (tenant, aad_object_id, teams_id, name, email)
VALUES (:tenant, :aad_object_id, :teams_id, :name, :email)
ON CONFLICT (tenant, aad_object_id) DO UPDATE
SET teams_id = excluded.teams_id, name = excluded.name, email = excluded.email

-- name: seen
-- Most activities tell nothing new: these write nothing and lock nothing.
WITH told AS (
  SELECT :tenant::text AS tenant, :aad_object_id::text AS aad_object_id, :teams_id::text AS teams_id,
         nullif(:name::text, '') AS name, :private_conversation::text AS private_conversation,
         :service_url::text AS service_url
)
INSERT INTO person AS p (tenant, aad_object_id, teams_id, name, email, private_conversation, service_url)
SELECT t.tenant, t.aad_object_id, t.teams_id, coalesce(t.name, k.name, ''), '',
       coalesce(t.private_conversation, k.private_conversation), coalesce(t.service_url, k.service_url)
FROM told t
LEFT JOIN person k ON k.tenant = t.tenant AND k.aad_object_id = t.aad_object_id
WHERE k.aad_object_id IS NULL
   OR t.teams_id <> k.teams_id
   OR t.name <> k.name
   OR t.private_conversation <> coalesce(k.private_conversation, '')
   OR rtrim(t.service_url, '/') <> rtrim(coalesce(k.service_url, ''), '/')
ON CONFLICT (tenant, aad_object_id) DO UPDATE
SET teams_id = excluded.teams_id, name = excluded.name, private_conversation = excluded.private_conversation,
    service_url = excluded.service_url

-- name: name_of
SELECT name FROM person WHERE tenant = :tenant AND aad_object_id = :aad_object_id

-- name: private_place
-- The address is that of the conversation in which the person asked: their activity has just told it, and nothing
-- else tells where a private chat lives in which the person never writes. All of a tenant live at one address for
-- most of the time: any other of its conversations serves as well.
SELECT coalesce(
         c.service_url, p.service_url,
         (SELECT t.service_url FROM team t
          WHERE t.tenant = a.tenant AND t.service_url IS NOT NULL ORDER BY t.removed_at NULLS FIRST, t.id LIMIT 1),
         (SELECT o.service_url FROM conversation o WHERE o.tenant = a.tenant ORDER BY o.id LIMIT 1)
       ) AS service_url,
       CASE WHEN c.kind = 'personal' THEN c.id ELSE p.private_conversation END AS conversation,
       p.teams_id,
       coalesce(c.kind IN ('channel', 'group'), false) AS is_shared,
       coalesce(c.kind = 'personal', false) OR coalesce(a.asked_in = p.private_conversation, false) AS is_private_chat,
       coalesce(t.targeted_refused_at > now() - interval '1 day', false) AS refuses_targeted
FROM (SELECT :tenant::text AS tenant, :aad_object_id::text AS aad_object_id, :asked_in::text AS asked_in) a
LEFT JOIN conversation c ON c.id = a.asked_in
LEFT JOIN person p ON p.tenant = a.tenant AND p.aad_object_id = a.aad_object_id
LEFT JOIN teams_tenant t ON t.id = a.tenant

-- name: keep_private_conversation
INSERT INTO person (tenant, aad_object_id, teams_id, name, email, private_conversation)
VALUES (:tenant, :aad_object_id, :teams_id, :name, '', :conversation)
ON CONFLICT (tenant, aad_object_id) DO UPDATE
SET private_conversation = excluded.private_conversation, teams_id = excluded.teams_id

-- name: find
SELECT aad_object_id, teams_id, name FROM person WHERE tenant = :tenant AND aad_object_id = :aad_object_id
