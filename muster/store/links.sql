-- name: upsert
INSERT INTO user_link (tenant, aad_object_id, account, pagerduty_user, pagerduty_name, pagerduty_email,
                       access_token)
VALUES (:tenant, :aad_object_id, :account, :pagerduty_user, :pagerduty_name, :pagerduty_email, :access_token)
ON CONFLICT (tenant, aad_object_id, account) DO UPDATE
SET pagerduty_user = excluded.pagerduty_user, pagerduty_name = excluded.pagerduty_name,
    pagerduty_email = excluded.pagerduty_email, access_token = excluded.access_token

-- name: link_of
SELECT id FROM user_link WHERE tenant = :tenant AND aad_object_id = :aad_object_id AND account = :account

-- name: linked_user
SELECT tenant, aad_object_id, account, pagerduty_user, pagerduty_name, pagerduty_email, access_token
FROM user_link
WHERE id = :link
