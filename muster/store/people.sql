-- name: upsert
INSERT INTO person (tenant, aad_object_id, teams_id, name, email)
VALUES (:tenant, :aad_object_id, :teams_id, :name, :email)
ON CONFLICT (tenant, aad_object_id) DO UPDATE
SET teams_id = excluded.teams_id, name = excluded.name, email = excluded.email

-- name: private_conversation
SELECT private_conversation FROM person WHERE tenant = :tenant AND aad_object_id = :aad_object_id

-- name: keep_private_conversation
INSERT INTO person (tenant, aad_object_id, teams_id, name, email, private_conversation)
VALUES (:tenant, :aad_object_id, :teams_id, :name, '', :conversation)
ON CONFLICT (tenant, aad_object_id) DO UPDATE
SET private_conversation = excluded.private_conversation, teams_id = excluded.teams_id
