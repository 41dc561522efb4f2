-- +goose Up
-- Who read how many customers within a time is added up by when rows end.
CREATE INDEX access_groups_to ON access_groups (to_at, writer, seq);
