-- +goose Up

-- Free room in each page lets a rotation, which touches no indexed column,
-- update rows within their page.
CREATE TABLE vault_keys (
    subject uuid PRIMARY KEY,
    epoch   bigint NOT NULL,
    wrapped bytea CHECK (octet_length(wrapped) = 93),
    created timestamptz NOT NULL,
    fenced  timestamptz,
    CHECK ((wrapped IS NULL) = (fenced IS NOT NULL))
) WITH (fillfactor = 60);

CREATE INDEX vault_fenced ON vault_keys (subject) WHERE fenced IS NOT NULL;

-- One row: which keyring wraps this store, and the first epoch that it takes.
CREATE TABLE vault_binding (
    one   integer PRIMARY KEY CHECK (one = 1),
    ring  uuid NOT NULL,
    floor bigint NOT NULL
);
