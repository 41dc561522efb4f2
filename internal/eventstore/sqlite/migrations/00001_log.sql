-- +goose Up

-- Times are microseconds since 1970, UTC. Ids are 16 bytes.
CREATE TABLE event (
    position    INTEGER PRIMARY KEY, -- assigned by the judge: gapless, in commit order
    stream_type TEXT    NOT NULL,
    stream_id   BLOB    NOT NULL,
    version     INTEGER NOT NULL,
    subject     BLOB    NOT NULL,
    type        TEXT    NOT NULL,
    schema      INTEGER NOT NULL,
    source      TEXT    NOT NULL,
    actor       TEXT    NOT NULL,
    notable     INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    trace       TEXT    NOT NULL,
    public      BLOB,
    sealed      BLOB
) STRICT;
CREATE UNIQUE INDEX event_stream ON event (stream_id, stream_type, version);
CREATE INDEX event_subject ON event (subject, occurred_at); -- and the position, which is the rowid

-- The head of each stream, with its snapshot. The primary key is the table:
-- a scan by type and id is a range of it.
CREATE TABLE stream (
    type              TEXT    NOT NULL,
    id                BLOB    NOT NULL,
    version           INTEGER NOT NULL,
    subject           BLOB    NOT NULL,
    snapshot_version  INTEGER, -- null: there is no snapshot
    snapshot_position INTEGER,
    fingerprint       INTEGER,
    public            BLOB,
    sealed            BLOB,
    PRIMARY KEY (type, id)
) STRICT, WITHOUT ROWID;

-- A subject that was fenced before it was registered has no ordinal.
CREATE TABLE subject (
    id        BLOB NOT NULL PRIMARY KEY,
    ordinal   INTEGER, -- dense, from 0; the number is one more
    fenced_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX subject_ordinal ON subject (ordinal) WHERE ordinal IS NOT NULL;
CREATE INDEX subject_fenced ON subject (id) WHERE fenced_at IS NOT NULL;

-- An exclusive claim has an empty slot, a shared one its subject: so the
-- primary key keeps exclusive claims unique, whatever the judge thought.
CREATE TABLE claim (
    kind    TEXT NOT NULL,
    hash    BLOB NOT NULL,
    slot    BLOB NOT NULL,
    subject BLOB NOT NULL,
    PRIMARY KEY (kind, hash, slot)
) STRICT, WITHOUT ROWID;
CREATE INDEX claim_subject ON claim (subject);

CREATE TABLE inbox (
    id         TEXT    NOT NULL PRIMARY KEY,
    handled_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_handled ON inbox (handled_at);

CREATE TABLE request (
    key         BLOB    NOT NULL PRIMARY KEY,
    hash        BLOB    NOT NULL,
    status      INTEGER NOT NULL,
    stream_type TEXT    NOT NULL,
    stream_id   BLOB    NOT NULL,
    version     INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX request_expires ON request (expires_at);

CREATE TABLE reader (
    name     TEXT    NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE lease (
    name       TEXT    NOT NULL PRIMARY KEY,
    holder     TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE lineage (
    singleton INTEGER NOT NULL PRIMARY KEY CHECK (singleton = 1),
    id        BLOB    NOT NULL
) STRICT;
