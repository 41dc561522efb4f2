package postgres

import (
	"github.com/jackc/pgx/v5"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// queuePlan queues what the judge decided, one statement a table.
func queuePlan(b *pgx.Batch, p *eventstore.Plan) {
	queueEvents(b, p.Records)
	queueStreams(b, p)
	queueSubjects(b, p.Subjects)
	queueRelease(b, p.Release)
	queueClaims(b, p.Add)
	queueRequests(b, p.Requests)
	if len(p.Inbox) > 0 {
		b.Queue(`INSERT INTO inbox (id, handled_at) SELECT id, $2 FROM unnest($1::text[]) i (id)`, p.Inbox, p.Recorded.UnixMicro())
	}
}

func queueEvents(b *pgx.Batch, records []eventstore.Record) {
	if len(records) == 0 {
		return
	}
	c := newColumns(len(records))
	for i := range records {
		r := &records[i]
		c.row(r.Position, r.Stream.Type, r.Stream.ID, r.Version, r.Subject, r.Type, r.Schema, r.Source,
			string(r.Actor), r.Notable, r.OccurredAt.UnixMicro(), r.RecordedAt.UnixMicro(), r.Trace, r.Public, r.Sealed)
	}
	b.Queue(`INSERT INTO event (`+eventColumns+`) SELECT * FROM unnest($1::bigint[], $2::text[], $3::uuid[], $4::bigint[], $5::uuid[],
		$6::text[], $7::int[], $8::text[], $9::text[], $10::bool[], $11::bigint[], $12::bigint[], $13::text[], $14::bytea[], $15::bytea[])`,
		c.args...)
}

// queueStreams writes one row a stream. A stream without a new snapshot keeps
// the one it has.
func queueStreams(b *pgx.Batch, p *eventstore.Plan) {
	states := make(map[event.Stream]*eventstore.Snapshot, len(p.Snapshots))
	for i := range p.Snapshots {
		states[p.Snapshots[i].Stream] = &p.Snapshots[i]
	}
	heads, snapshots := newColumns(len(p.Streams)), newColumns(len(p.Streams))
	for i := range p.Streams {
		h := &p.Streams[i]
		if sn := states[h.Stream]; sn != nil {
			snapshots.row(h.Stream.Type, h.Stream.ID, h.Version, h.Subject, sn.Version, sn.Position, int64(sn.Fingerprint), sn.Public, sn.Sealed)
		} else {
			heads.row(h.Stream.Type, h.Stream.ID, h.Version, h.Subject)
		}
	}
	if heads.args != nil {
		b.Queue(`INSERT INTO stream (type, id, version, subject)
			SELECT * FROM unnest($1::text[], $2::uuid[], $3::bigint[], $4::uuid[])
			ON CONFLICT (type, id) DO UPDATE SET version = excluded.version`, heads.args...)
	}
	if snapshots.args != nil {
		b.Queue(`INSERT INTO stream (type, id, version, subject, snapshot_version, snapshot_position, fingerprint, public, sealed)
			SELECT * FROM unnest($1::text[], $2::uuid[], $3::bigint[], $4::uuid[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bytea[], $9::bytea[])
			ON CONFLICT (type, id) DO UPDATE SET version = excluded.version, snapshot_version = excluded.snapshot_version,
				snapshot_position = excluded.snapshot_position, fingerprint = excluded.fingerprint,
				public = excluded.public, sealed = excluded.sealed`, snapshots.args...)
	}
}

func queueSubjects(b *pgx.Batch, subjects []eventstore.Subject) {
	if len(subjects) == 0 {
		return
	}
	c := newColumns(len(subjects))
	for _, sub := range subjects {
		c.row(sub.ID, sub.Ordinal)
	}
	b.Queue(`INSERT INTO subject (id, ordinal) SELECT * FROM unnest($1::uuid[], $2::bigint[])`, c.args...)
}

// queueRelease finds the rows by key and deletes them by place: nobody else
// writes while the lock is held.
func queueRelease(b *pgx.Batch, claims []eventstore.Claim) {
	if len(claims) == 0 {
		return
	}
	c := newColumns(len(claims))
	for i := range claims {
		c.row(claims[i].Kind, claims[i].Hash[:], claims[i].Subject)
	}
	b.Queue(`DELETE FROM claim WHERE ctid = ANY (ARRAY(
			SELECT c.ctid FROM unnest($1::text[], $2::bytea[], $3::uuid[]) q (kind, hash, subject)
			CROSS JOIN LATERAL (SELECT ctid FROM claim c WHERE c.kind = q.kind AND c.hash = q.hash AND c.slot IN ('', uuid_send(q.subject))
				AND c.subject = q.subject LIMIT 2) c))`, c.args...)
}

// queueClaims: to claim again what one holds changes nothing. A claim that
// another subject holds would get a NULL and end the transaction: the judge
// saw that there is none, so it is a bug that must not become two holders.
func queueClaims(b *pgx.Batch, claims []eventstore.Claim) {
	if len(claims) == 0 {
		return
	}
	c := newColumns(len(claims))
	for i := range claims {
		slot := claims[i].Subject[:]
		if claims[i].Exclusive {
			slot = []byte{}
		}
		c.row(claims[i].Kind, claims[i].Hash[:], slot, claims[i].Subject)
	}
	b.Queue(`INSERT INTO claim (kind, hash, slot, subject) SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::uuid[])
		ON CONFLICT (kind, hash, slot) DO UPDATE SET subject = nullif(excluded.subject, CASE WHEN claim.subject <> excluded.subject THEN excluded.subject END)`,
		c.args...)
}

func queueRequests(b *pgx.Batch, requests []eventstore.Request) {
	if len(requests) == 0 {
		return
	}
	c := newColumns(len(requests))
	for i := range requests {
		r := &requests[i]
		c.row(r.Key[:], r.Hash[:], r.Status, r.Stream.Type, r.Stream.ID, r.Version, r.Expires.UnixMicro())
	}
	b.Queue(`INSERT INTO request (key, hash, status, stream_type, stream_id, version, expires_at)
		SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::int[], $4::text[], $5::uuid[], $6::bigint[], $7::bigint[])
		ON CONFLICT (key) DO UPDATE SET hash = excluded.hash, status = excluded.status, stream_type = excluded.stream_type,
			stream_id = excluded.stream_id, version = excluded.version, expires_at = excluded.expires_at`, c.args...)
}
