-- +goose Up
-- One row a group of reads. The clear columns are bound to the sealed one; the
-- span is not, and is checked against the ordinals.
CREATE TABLE access_groups (
    writer   uuid        NOT NULL,
    seq      bigint      NOT NULL,
    span     uuid,       -- NULL until it is bound
    slot     bigint      NOT NULL DEFAULT 0,
    from_at  bigint      NOT NULL, -- microseconds since 1970, UTC
    to_at    bigint      NOT NULL,
    entries  bigint      NOT NULL,
    reads    bigint      NOT NULL,
    ordinals bytea       NOT NULL,
    sealed   bytea       NOT NULL,
    PRIMARY KEY (writer, seq)
);
ALTER TABLE access_groups ALTER COLUMN sealed SET STORAGE EXTERNAL; -- ciphertext does not compress
CREATE INDEX access_groups_loose ON access_groups (writer, seq) WHERE span IS NULL;
CREATE UNIQUE INDEX access_groups_slot ON access_groups (span, slot) WHERE span IS NOT NULL;

-- Which of a span's groups are about which customers, by bucket of ordinals.
CREATE TABLE access_parts (
    bucket   bigint NOT NULL,
    span     uuid   NOT NULL,
    pairs    bytea  NOT NULL,
    PRIMARY KEY (bucket, span)
);
CREATE INDEX access_parts_span ON access_parts (span, bucket);
