package postgres

import (
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/acme/customers/internal/eventstore"
)

// fixed scans a bytea of a known length.
type fixed []byte

// ScanBytes is part of pgtype.BytesScanner.
func (f fixed) ScanBytes(src []byte) error {
	if len(src) != len(f) {
		return fmt.Errorf("postgres: a column holds %d bytes where %d belong", len(src), len(f))
	}
	copy(f, src)
	return nil
}

func hashOf(hash *[32]byte) fixed   { return fixed(hash[:]) }
func idOf(id *uuid.UUID) *[16]byte  { return (*[16]byte)(id) }
func timeOf(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

const requestColumns = `r.key, r.hash, r.status, r.stream_type, r.stream_id, r.version, r.expires_at`

func scanRequest(row pgx.CollectableRow) (r eventstore.Request, err error) {
	var expires int64
	err = row.Scan(hashOf(&r.Key), hashOf(&r.Hash), &r.Status, &r.Stream.Type, idOf(&r.Stream.ID), &r.Version, &expires)
	r.Expires = timeOf(expires)
	return r, err
}

func scanRevocation(row pgx.CollectableRow) (r eventstore.Revocation, err error) {
	var issued, expires int64
	err = row.Scan(&r.Position, hashOf(&r.Caller), &issued, &expires)
	r.Issued, r.Expires = timeOf(issued), timeOf(expires)
	return r, err
}

const eventColumns = `position, stream_type, stream_id, version, subject, type, schema, source, actor, notable,
	occurred_at, recorded_at, trace, public, sealed`

func scanRecord(row pgx.CollectableRow) (r eventstore.Record, err error) {
	var occurred, recorded int64
	err = row.Scan(&r.Position, &r.Stream.Type, idOf(&r.Stream.ID), &r.Version, idOf(&r.Subject), &r.Type, &r.Schema, &r.Source,
		(*string)(&r.Actor), &r.Notable, &occurred, &recorded, &r.Trace, &r.Public, &r.Sealed)
	r.OccurredAt, r.RecordedAt = timeOf(occurred), timeOf(recorded)
	return r, err
}

const loadedColumns = `s.type, s.id, s.subject, s.snapshot_version, s.snapshot_position, s.fingerprint, s.public, s.sealed,
	u.ordinal, u.fenced_at IS NOT NULL`

func scanLoaded(row pgx.CollectableRow) (l eventstore.Loaded, err error) {
	var fingerprint int64
	var ordinal sql.NullInt64
	var fenced bool
	err = row.Scan(&l.Stream.Type, idOf(&l.Stream.ID), idOf(&l.Subject), &l.Version, &l.Position, &fingerprint, &l.Public, &l.Sealed,
		&ordinal, &fenced)
	l.Fingerprint = uint64(fingerprint)
	if ordinal.Valid {
		l.Row = eventstore.Subject{ID: l.Subject, Ordinal: ordinal.Int64, Number: ordinal.Int64 + 1, Fenced: fenced}
	}
	return l, err
}

func scanID(row pgx.CollectableRow) (id uuid.UUID, err error) {
	err = row.Scan(idOf(&id))
	return id, err
}
