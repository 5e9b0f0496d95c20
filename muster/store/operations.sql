-- name: begin
-- Of two calls at once with one key the second gets the first one's row.
INSERT INTO operation AS o (account, key, caller, kind, call_key, request_hash)
VALUES (:account, :key, :caller, :kind, :call_key, :request_hash)
ON CONFLICT (account, call_key) DO UPDATE SET is_shared = true
RETURNING key, kind, request_hash, is_going_on, outcome, reason, says, url, told, status, answer,
          begun_at <= now() - :key_life::interval AS is_over

-- name: let_go
-- The same key begins another operation from now on.
UPDATE operation SET call_key = NULL WHERE account = :account AND key = :key

-- name: withdraw
-- Nobody took it. One that began to be sent stays, and one that another call may have been promised.
DELETE FROM operation
WHERE account = :account AND key = :key AND intent_at IS NULL AND outcome IS NULL AND NOT is_shared

-- name: note_going_on
UPDATE operation SET is_going_on = true WHERE account = :account AND key = :key

-- name: find
SELECT key, kind, request_hash, is_going_on, outcome, reason, says, url, told, status, answer
FROM operation
WHERE account = :account AND key = :key

-- name: intend
-- Before a send, at most once: no row means that another call has begun it, or that it is over or withdrawn.
UPDATE operation SET intent_at = now()
WHERE account = :account AND key = :key AND intent_at IS NULL AND outcome IS NULL
RETURNING key

-- name: intent
SELECT intent_at IS NOT NULL AND intent_at > now() - make_interval(secs => :longest::float8) AS may_be_going_on,
       outcome, reason, says, url, told
FROM operation
WHERE account = :account AND key = :key

-- name: end
-- The first outcome stands, but for one that nobody knew. What would have been sent and has no intent was not sent.
UPDATE operation
SET outcome = CASE WHEN :is_sent AND intent_at IS NULL THEN 'failed' ELSE :outcome END,
    reason = CASE WHEN :is_sent AND intent_at IS NULL THEN 'withdrawn' ELSE :reason END,
    says = :says, url = :url, told = :told, ended_at = coalesce(ended_at, now())
WHERE account = :account AND key = :key AND (outcome IS NULL OR outcome = 'unknown')

-- name: answer
-- The first answer stands: of two calls at once both get it. Whoever did the work may have written how it ended.
UPDATE operation
SET status = coalesce(status, :status), answer = coalesce(answer, :answer),
    outcome = coalesce(outcome, :outcome), ended_at = coalesce(ended_at, now()),
    reason = CASE WHEN outcome IS NULL THEN :reason ELSE reason END,
    says = CASE WHEN outcome IS NULL THEN :says ELSE says END,
    url = CASE WHEN outcome IS NULL THEN :url ELSE url END,
    told = CASE WHEN outcome IS NULL THEN :told ELSE told END
WHERE account = :account AND key = :key
RETURNING status, answer

-- name: give_up
-- Nobody works on it any more: the API ended after it wrote the row, and nobody called again.
UPDATE operation SET outcome = 'unknown', reason = 'given_up', ended_at = now()
WHERE outcome IS NULL AND begun_at < now() - :age::interval

-- name: delete_old
WITH deleted AS (DELETE FROM operation WHERE begun_at < now() - :age::interval RETURNING 1)
SELECT count(*) FROM deleted
