package memory_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/memory"
)

// What is read belongs to the reader, and what was written to the store.
func TestBytesAreNotShared(t *testing.T) {
	s := memory.Open()
	t.Cleanup(func() { s.Close() })
	id := uuid.New()
	st, sealed := event.Stream{Type: "customer", ID: id}, []byte("sealed")
	_, err := s.Commit(t.Context(), eventstore.Commit{Appends: []eventstore.Append{{Stream: st, Subject: id,
		Records: []eventstore.Record{{Envelope: event.Envelope{Stream: st, Subject: id, Version: 1, OccurredAt: time.Now()}, Sealed: sealed}}}}})
	if err != nil {
		t.Fatal(err)
	}
	sealed[0] = 'X'
	for range 2 {
		got, err := s.Feed(t.Context(), 0, 1)
		if err != nil || len(got) != 1 || string(got[0].Sealed) != "sealed" {
			t.Fatalf("read %+v, %v", got, err)
		}
		got[0].Sealed[1] = 'X'
	}
}
