-- name: upsert
INSERT INTO person (tenant, aad_object_id, teams_id, name, email)
VALUES (:tenant, :aad_object_id, :teams_id, :name, :email)
ON CONFLICT (tenant, aad_object_id) DO UPDATE
SET teams_id = excluded.teams_id, name = excluded.name, email = excluded.email

-- name: private_place
-- The address is that of the conversation in which the person clicked: the click's activity has just told it,
-- and nothing else tells where a private chat lives in which the person never writes.
SELECT c.service_url, p.private_conversation
FROM conversation c
LEFT JOIN person p ON p.tenant = :tenant AND p.aad_object_id = :aad_object_id
WHERE c.id = :clicked_in

-- name: keep_private_conversation
INSERT INTO person (tenant, aad_object_id, teams_id, name, email, private_conversation)
VALUES (:tenant, :aad_object_id, :teams_id, :name, '', :conversation)
ON CONFLICT (tenant, aad_object_id) DO UPDATE
SET private_conversation = excluded.private_conversation, teams_id = excluded.teams_id

-- name: private_chat
SELECT service_url, private_conversation FROM person WHERE tenant = :tenant AND aad_object_id = :aad_object_id

-- name: find
SELECT aad_object_id, teams_id, name FROM person WHERE tenant = :tenant AND aad_object_id = :aad_object_id
