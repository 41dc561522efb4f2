package eventstoretest

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// happened is when test events occur, unless a case says otherwise.
var happened = time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)

// appendTo makes an append of n records that carry their own place as bytes.
func appendTo(st event.Stream, subject uuid.UUID, expected int64, n int) eventstore.Append {
	a := eventstore.Append{Stream: st, Subject: subject, Expected: expected}
	for i := range n {
		version := expected + int64(i) + 1
		a.Records = append(a.Records, eventstore.Record{
			Envelope: event.Envelope{Stream: st, Version: version, Subject: subject, Type: "Tested", Schema: 1,
				Source: "api", Actor: event.ActorService, OccurredAt: happened},
			Public: fmt.Appendf(nil, "public %d", version),
			Sealed: fmt.Appendf(nil, "sealed\x00%d", version),
		})
	}
	return a
}

// with gives an append a snapshot.
func with(a eventstore.Append, state string) eventstore.Append {
	a.Snapshot = &eventstore.Snapshot{Fingerprint: 1<<63 + 7, Public: []byte("clear " + state), Sealed: []byte("sealed " + state)}
	return a
}

func one(a ...eventstore.Append) eventstore.Commit { return eventstore.Commit{Appends: a} }

// born registers a subject by one event with a snapshot and claims.
func born(id uuid.UUID, st event.Stream, claims ...eventstore.Claim) eventstore.Commit {
	return eventstore.Commit{Appends: []eventstore.Append{with(appendTo(st, id, 0, 1), "1")}, Register: []uuid.UUID{id}, Add: claims}
}

func hashed(kind, value string) eventstore.ClaimHash {
	return eventstore.ClaimHash{Kind: kind, Hash: sha256.Sum256([]byte(value))}
}

func exclusive(h eventstore.ClaimHash, subject uuid.UUID) eventstore.Claim {
	return eventstore.Claim{ClaimHash: h, Subject: subject, Exclusive: true}
}

func shared(h eventstore.ClaimHash, subject uuid.UUID) eventstore.Claim {
	return eventstore.Claim{ClaimHash: h, Subject: subject}
}

// all reads the whole feed in pages.
func (s *scene) all(page int) []eventstore.Record {
	s.Helper()
	var out []eventstore.Record
	for after := int64(0); ; after = out[len(out)-1].Position {
		got := must(s.store.Feed(s.Context(), after, page))(s)
		out = append(out, got...)
		if len(got) < page {
			return out
		}
	}
}
