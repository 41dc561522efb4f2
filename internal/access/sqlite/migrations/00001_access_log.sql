-- +goose Up
-- One row a group of reads. The clear columns are bound to the sealed one; the
-- span is not, and is checked against the ordinals. Large columns last, so that
-- a scan of heads seldom follows overflow pages.
CREATE TABLE access_groups (
    id       INTEGER PRIMARY KEY, -- appending to the end of the file is cheap
    writer   BLOB    NOT NULL CHECK (length(writer) = 16),
    seq      INTEGER NOT NULL,
    span     BLOB, -- NULL until it is bound
    slot     INTEGER NOT NULL DEFAULT 0,
    from_at  INTEGER NOT NULL, -- microseconds since 1970, UTC
    to_at    INTEGER NOT NULL,
    entries  INTEGER NOT NULL,
    reads    INTEGER NOT NULL,
    ordinals BLOB    NOT NULL,
    sealed   BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX access_groups_writer ON access_groups (writer, seq);
CREATE INDEX access_groups_loose ON access_groups (writer, seq) WHERE span IS NULL;
CREATE UNIQUE INDEX access_groups_slot ON access_groups (span, slot) WHERE span IS NOT NULL;

-- Which of a span's groups are about which customers, by bucket of ordinals.
CREATE TABLE access_parts (
    bucket   INTEGER NOT NULL,
    span     BLOB    NOT NULL,
    pairs    BLOB    NOT NULL,
    PRIMARY KEY (bucket, span)
) STRICT, WITHOUT ROWID;
CREATE INDEX access_parts_span ON access_parts (span, bucket);
