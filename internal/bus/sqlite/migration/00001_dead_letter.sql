-- +goose Up
CREATE TABLE dead_letter (
	id       TEXT PRIMARY KEY,
	day      TEXT NOT NULL,
	subject  TEXT NOT NULL,
	code     TEXT NOT NULL,
	attempts INTEGER NOT NULL,
	at       INTEGER NOT NULL, -- microseconds since 1970
	user     BLOB NOT NULL,
	sealed   BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX dead_letter_by_user ON dead_letter (user);
CREATE INDEX dead_letter_by_day ON dead_letter (day);

-- A day stays until its key is destroyed, whether or not it has letters left.
CREATE TABLE dead_letter_day (
	day TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
