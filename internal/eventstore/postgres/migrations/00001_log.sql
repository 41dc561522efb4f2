-- +goose Up

-- Times are microseconds since 1970, UTC. Names compare by bytes.
CREATE TABLE event (
    position    bigint  PRIMARY KEY, -- assigned by the judge: gapless, in commit order
    stream_type text    COLLATE "C" NOT NULL,
    stream_id   uuid    NOT NULL,
    version     bigint  NOT NULL,
    subject     uuid    NOT NULL,
    type        text    NOT NULL,
    schema      integer NOT NULL,
    source      text    NOT NULL,
    actor       text    NOT NULL,
    notable     boolean NOT NULL,
    occurred_at bigint  NOT NULL,
    recorded_at bigint  NOT NULL,
    trace       text    NOT NULL,
    public      bytea,
    sealed      bytea
);
ALTER TABLE event ALTER COLUMN sealed SET STORAGE EXTERNAL; -- ciphertext does not compress
CREATE UNIQUE INDEX event_stream ON event (stream_id, stream_type, version);
CREATE INDEX event_subject ON event (subject, occurred_at, position);

-- The head of each stream, with its snapshot. Room on each page keeps updates
-- out of the index (HOT).
CREATE TABLE stream (
    type              text   COLLATE "C" NOT NULL,
    id                uuid   NOT NULL,
    version           bigint NOT NULL,
    subject           uuid   NOT NULL,
    snapshot_version  bigint, -- null: there is no snapshot
    snapshot_position bigint,
    fingerprint       bigint,
    public            bytea,
    sealed            bytea,
    PRIMARY KEY (type, id)
) WITH (fillfactor = 80);
ALTER TABLE stream ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- A subject that was fenced before it was registered has no ordinal.
CREATE TABLE subject (
    id        uuid PRIMARY KEY,
    ordinal   bigint, -- dense, from 0; the number is one more
    fenced_at bigint
);
CREATE UNIQUE INDEX subject_ordinal ON subject (ordinal) WHERE ordinal IS NOT NULL;
CREATE INDEX subject_fenced ON subject (id) WHERE fenced_at IS NOT NULL;

-- An exclusive claim has an empty slot, a shared one its subject: so the
-- primary key keeps exclusive claims unique, whatever the judge thought.
CREATE TABLE claim (
    kind    text  COLLATE "C" NOT NULL,
    hash    bytea NOT NULL,
    slot    bytea NOT NULL,
    subject uuid  NOT NULL,
    PRIMARY KEY (kind, hash, slot)
);
CREATE INDEX claim_subject ON claim (subject);

CREATE TABLE inbox (
    id         text   COLLATE "C" PRIMARY KEY,
    handled_at bigint NOT NULL
);
CREATE INDEX inbox_handled ON inbox (handled_at);

CREATE TABLE request (
    key         bytea   PRIMARY KEY,
    hash        bytea   NOT NULL,
    status      integer NOT NULL,
    stream_type text    NOT NULL,
    stream_id   uuid    NOT NULL,
    version     bigint  NOT NULL,
    expires_at  bigint  NOT NULL
);
CREATE INDEX request_expires ON request (expires_at);

CREATE TABLE reader (
    name     text   COLLATE "C" PRIMARY KEY,
    position bigint NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE lease (
    name       text   COLLATE "C" PRIMARY KEY,
    holder     text   NOT NULL,
    expires_at bigint NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE lineage (
    singleton integer PRIMARY KEY CHECK (singleton = 1),
    id        uuid    NOT NULL
);
