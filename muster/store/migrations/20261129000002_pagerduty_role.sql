-- migrate:up

-- PagerDuty's user.role at the moment of linking, by which status tells an Admin who shares a user.
ALTER TABLE user_link
  ADD COLUMN pagerduty_role text; -- null: the link was seeded, or is older than this column

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
