-- migrate:up

-- Whoever pressed a button lends their link to what is written for the room in PagerDuty. Whom a program names lends
-- none. Of rooms that programs asked for nobody knows who did.
ALTER TABLE room_member ADD COLUMN pressed boolean NOT NULL DEFAULT false;
UPDATE room_member m SET pressed = true
FROM incident_room r
WHERE r.account = m.account AND r.incident_id = m.incident_id AND m.asked AND r.program_user = '';

-- migrate:down

-- Migrations go forward only: what must be undone is undone by the next one.
