package sqlite

import (
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// streamRows makes one row a stream: those without and those with a snapshot.
func streamRows(p *eventstore.Plan) (heads, snapshots []any) {
	states := make(map[event.Stream]*eventstore.Snapshot, len(p.Snapshots))
	for i := range p.Snapshots {
		states[p.Snapshots[i].Stream] = &p.Snapshots[i]
	}
	for i := range p.Streams {
		h := &p.Streams[i]
		if sn := states[h.Stream]; sn != nil {
			snapshots = append(snapshots, h.Stream.Type, h.Stream.ID[:], h.Subject[:], h.Version, sn.Version, sn.Position,
				int64(sn.Fingerprint), sn.Public, sn.Sealed)
		} else {
			heads = append(heads, h.Stream.Type, h.Stream.ID[:], h.Subject[:], h.Version)
		}
	}
	return heads, snapshots
}

func eventRows(records []eventstore.Record) []any {
	args := make([]any, 0, 15*len(records))
	for i := range records {
		r := &records[i]
		args = append(args, r.Position, r.Stream.Type, r.Stream.ID[:], r.Version, r.Subject[:], r.Type, r.Schema, r.Source,
			string(r.Actor), r.Notable, r.OccurredAt.UnixMicro(), r.RecordedAt.UnixMicro(), r.Trace, r.Public, r.Sealed)
	}
	return args
}

func subjectRows(subjects []eventstore.Subject) []any {
	args := make([]any, 0, 2*len(subjects))
	for i := range subjects {
		args = append(args, subjects[i].ID[:], subjects[i].Ordinal)
	}
	return args
}

func claimRows(claims []eventstore.Claim) []any {
	args := make([]any, 0, 4*len(claims))
	for i := range claims {
		c := &claims[i]
		slot := c.Subject[:]
		if c.Exclusive {
			slot = []byte{}
		}
		args = append(args, c.Kind, c.Hash[:], slot, c.Subject[:])
	}
	return args
}

func inboxRows(p *eventstore.Plan) []any {
	args := make([]any, 0, 2*len(p.Inbox))
	for _, id := range p.Inbox {
		args = append(args, id, p.Recorded.UnixMicro())
	}
	return args
}

func requestRows(requests []eventstore.Request) []any {
	args := make([]any, 0, 7*len(requests))
	for i := range requests {
		r := &requests[i]
		args = append(args, r.Key[:], r.Hash[:], r.Status, r.Stream.Type, r.Stream.ID[:], r.Version, r.Expires.UnixMicro())
	}
	return args
}
