-- name: find
SELECT subject, name, recipient FROM notice WHERE conversation = :conversation AND activity_id = :activity_id
