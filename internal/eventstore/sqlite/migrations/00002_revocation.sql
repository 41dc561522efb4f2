-- +goose Up

-- Whose tokens are void, by a keyed hash. AUTOINCREMENT: a position is never
-- used again, also when the last row was forgotten.
CREATE TABLE revocation (
    position   INTEGER PRIMARY KEY AUTOINCREMENT,
    caller     BLOB    NOT NULL UNIQUE,
    issued_at  INTEGER NOT NULL, -- tokens issued up to then are void
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX revocation_expires ON revocation (expires_at);
