-- name: due
-- Teams that nothing brings back as they were: by Teams' times, as a return is judged.
SELECT t.id, t.key, t.tenant, t.account
FROM team t
WHERE (t.account = :account OR t.account IS NULL) AND t.id > :after
  AND t.removed_at IS NOT NULL
  AND (coalesce(t.membership_at, t.removed_at) < now() - :age::interval
       OR EXISTS (SELECT FROM suspension s
                  WHERE s.team = t.id AND s.channel = '' AND s.reason = 'removed' AND s.is_final AND NOT s.is_over))
ORDER BY t.id
LIMIT :most

-- name: lock_due
-- The same of one team. It comes back before this, and is kept, or after it, as a new one.
SELECT t.id
FROM team t
WHERE t.id = :team AND t.removed_at IS NOT NULL
  AND (coalesce(t.membership_at, t.removed_at) < now() - :age::interval
       OR EXISTS (SELECT FROM suspension s
                  WHERE s.team = t.id AND s.channel = '' AND s.reason = 'removed' AND s.is_final AND NOT s.is_over))
FOR UPDATE OF t

-- name: channels
SELECT id FROM conversation WHERE team = :team ORDER BY id

-- name: delete_connections
DELETE FROM connection WHERE conversation IN (SELECT id FROM conversation WHERE team = :team)

-- name: delete_cards
DELETE FROM incident_card WHERE conversation IN (SELECT id FROM conversation WHERE team = :team)

-- name: delete_setup_notices
-- Another team may draw the same key.
DELETE FROM notice WHERE subject = :setup

-- name: delete_channel_notices
DELETE FROM notice WHERE recipient IN (SELECT id FROM conversation WHERE team = :team)

-- name: delete_offers
DELETE FROM link_offer WHERE team = :team

-- name: delete_suspensions
DELETE FROM suspension WHERE team = :team

-- name: delete_channels
DELETE FROM conversation WHERE team = :team

-- name: delete_team
DELETE FROM team WHERE id = :team RETURNING tenant, account

-- name: end_links
-- With the last team of the tenant that belonged to the account.
WITH ended AS (
  DELETE FROM user_link l
  WHERE l.tenant = :tenant AND l.account = :account
    AND NOT EXISTS (SELECT FROM team t WHERE t.tenant = l.tenant AND t.account = l.account)
  RETURNING id, tenant, aad_object_id, account
)
INSERT INTO ended_link (link, tenant, aad_object_id, account, reason)
SELECT id, tenant, aad_object_id, account, 'teams_gone' FROM ended

-- name: end_personal_offers
UPDATE link_offer o SET ended_at = now(), ended_as = 'removed'
WHERE o.tenant = :tenant AND o.account = :account AND o.person IS NOT NULL
  AND o.ended_at IS NULL AND o.spent_at IS NULL
  AND NOT EXISTS (SELECT FROM team t WHERE t.tenant = o.tenant AND t.account = o.account)

-- name: chats_due
-- By Teams' time, as a return is judged. A chat may outlive the account that it was made for: whoever it shows an
-- incident of forgets it too.
SELECT c.id, c.key
FROM conversation c
WHERE c.id > :after AND c.team IS NULL AND c.suspended_at IS NOT NULL
  AND (c.account = :account
       OR EXISTS (SELECT FROM incident_card k WHERE k.conversation = c.id AND k.account = :account))
  AND coalesce(c.membership_at, c.suspended_at) < now() - :age::interval
ORDER BY c.id
LIMIT :most

-- name: lock_due_chat
-- The same of one chat. The bot comes back before this, and the chat is kept, or after it, and the chat is new.
SELECT id
FROM conversation
WHERE id = :chat AND team IS NULL AND suspended_at IS NOT NULL
  AND coalesce(membership_at, suspended_at) < now() - :age::interval
FOR UPDATE

-- name: delete_cards_of_chat
DELETE FROM incident_card WHERE conversation = :chat

-- name: delete_notices_of_chat
DELETE FROM notice WHERE recipient = :chat

-- name: delete_chat
DELETE FROM conversation WHERE id = :chat
