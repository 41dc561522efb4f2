package sqlite

import (
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/eventstore"
)

// fixed scans a blob of a known length without a copy in between.
type fixed []byte

// Scan is part of sql.Scanner.
func (f fixed) Scan(src any) error {
	b, ok := src.([]byte)
	if !ok || len(b) != len(f) {
		return fmt.Errorf("sqlite: a column holds %T where %d bytes belong", src, len(f))
	}
	copy(f, b)
	return nil
}

func idOf(id *uuid.UUID) fixed    { return fixed(id[:]) }
func hashOf(hash *[32]byte) fixed { return fixed(hash[:]) }
func bytesOf(id uuid.UUID) []byte { return id[:] }

func timeOf(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

const requestColumns = `r.key, r.hash, r.status, r.stream_type, r.stream_id, r.version, r.expires_at`

func scanRequest(rows *sql.Rows) (r eventstore.Request, err error) {
	var expires int64
	err = rows.Scan(hashOf(&r.Key), hashOf(&r.Hash), &r.Status, &r.Stream.Type, idOf(&r.Stream.ID), &r.Version, &expires)
	r.Expires = timeOf(expires)
	return r, err
}

func scanRevocation(rows *sql.Rows) (r eventstore.Revocation, err error) {
	var issued, expires int64
	err = rows.Scan(&r.Position, hashOf(&r.Caller), &issued, &expires)
	r.Issued, r.Expires = timeOf(issued), timeOf(expires)
	return r, err
}

const eventColumns = `position, stream_type, stream_id, version, subject, type, schema, source, actor, notable,
	occurred_at, recorded_at, trace, public, sealed`

func scanRecord(rows *sql.Rows) (r eventstore.Record, err error) {
	var occurred, recorded int64
	err = rows.Scan(&r.Position, &r.Stream.Type, idOf(&r.Stream.ID), &r.Version, idOf(&r.Subject), &r.Type, &r.Schema, &r.Source,
		&r.Actor, &r.Notable, &occurred, &recorded, &r.Trace, &r.Public, &r.Sealed)
	r.OccurredAt, r.RecordedAt = timeOf(occurred), timeOf(recorded)
	return r, err
}

const loadedColumns = `s.type, s.id, s.subject, s.snapshot_version, s.snapshot_position, s.fingerprint, s.public, s.sealed,
	u.ordinal, u.fenced_at IS NOT NULL`

func scanLoaded(rows *sql.Rows) (l eventstore.Loaded, err error) {
	var fingerprint int64
	var ordinal sql.NullInt64
	var fenced bool
	err = rows.Scan(&l.Stream.Type, idOf(&l.Stream.ID), idOf(&l.Subject), &l.Version, &l.Position, &fingerprint, &l.Public, &l.Sealed,
		&ordinal, &fenced)
	l.Fingerprint = uint64(fingerprint)
	if ordinal.Valid {
		l.Row = eventstore.Subject{ID: l.Subject, Ordinal: ordinal.Int64, Number: ordinal.Int64 + 1, Fenced: fenced}
	}
	return l, err
}
