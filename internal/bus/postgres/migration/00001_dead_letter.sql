-- +goose Up
CREATE TABLE dead_letter (
	id       text PRIMARY KEY COLLATE "C",
	day      text NOT NULL COLLATE "C",
	subject  text NOT NULL,
	code     text NOT NULL,
	attempts int NOT NULL,
	at       timestamptz NOT NULL,
	user_hash bytea NOT NULL,
	sealed   bytea NOT NULL
);
CREATE INDEX dead_letter_by_user ON dead_letter (user_hash);
CREATE INDEX dead_letter_by_day ON dead_letter (day);

-- A day stays until its key is destroyed, whether or not it has letters left.
CREATE TABLE dead_letter_day (
	day text PRIMARY KEY COLLATE "C"
);
