-- name: upsert
INSERT INTO connection (account, service, service_name, conversation)
VALUES (:account, :service, :service_name, :conversation)
ON CONFLICT (account, service, conversation) DO UPDATE SET service_name = excluded.service_name
