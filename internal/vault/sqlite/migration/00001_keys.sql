-- +goose Up

-- Every column that an UPDATE changes has a fixed width, and rows are only
-- ever appended. So SQLite overwrites a row where it lies and never copies a
-- cell to another page, and zeroing a row's key leaves no copy behind in the
-- unused parts of pages, which secure_delete alone does not promise.
CREATE TABLE vault_keys (
    id      INTEGER PRIMARY KEY,
    subject BLOB NOT NULL UNIQUE CHECK (length(subject) = 16),
    epoch   BLOB NOT NULL CHECK (length(epoch) = 4),    -- big endian, so that it compares
    wrapped BLOB NOT NULL CHECK (length(wrapped) = 93), -- zeros when fenced
    created BLOB NOT NULL CHECK (length(created) = 8),  -- unix milliseconds, big endian
    fenced  BLOB NOT NULL CHECK (length(fenced) = 8)    -- likewise; zeros when live
) STRICT;

CREATE INDEX vault_fenced ON vault_keys (subject) WHERE fenced <> x'0000000000000000';

-- One row: which keyring wraps this store, and the first epoch that it takes.
CREATE TABLE vault_binding (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    ring  BLOB NOT NULL,
    floor INTEGER NOT NULL
) STRICT;
