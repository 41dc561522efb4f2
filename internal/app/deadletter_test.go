package app_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/bus"
)

// oneLetter is a quarantine with one letter.
type oneLetter struct{}

func (oneLetter) List(context.Context, string, int) ([]bus.Letter, error) { return nil, nil }
func (oneLetter) Show(_ context.Context, id string) (bus.Letter, error) {
	return bus.Letter{ID: id, Data: []byte(`{"email":"ada@example.com"}`)}, nil
}
func (oneLetter) Replay(context.Context, string, bus.Handle) error { return nil }

// recorded keeps what a log was told.
type recorded struct {
	*access.Log
	entries []access.Entry
}

func (r *recorded) Record(ctx context.Context, e access.Entry) error {
	r.entries = append(r.entries, e)
	return r.Log.Record(ctx, e)
}

func TestALetterIsOnRecordBeforeItIsShown(t *testing.T) {
	s := open(t)
	log := &recorded{Log: s.log}
	s.Letters, s.Access = oneLetter{}, log
	if _, err := s.ShowDeadLetter(t.Context(), as(authz.RoleSupport), "a"); err == nil || len(log.entries) != 0 {
		t.Errorf("support: %v, %d entries", err, len(log.entries))
	}
	_, err := s.ShowDeadLetter(t.Context(), admin(), "a")
	check(t, err)
	if len(log.entries) != 1 || log.entries[0].Action != string(authz.ShowDeadLetter) || log.entries[0].ActorID != "test:admin" ||
		log.entries[0].Subject != uuid.Nil || !log.entries[0].Bulk.IsEmpty() {
		t.Errorf("on record: %+v", log.entries)
	}
	s.log.Close() // a log that cannot write
	if _, err := s.ShowDeadLetter(t.Context(), admin(), "a"); err == nil {
		t.Error("a letter was shown that could not be recorded")
	}
}
