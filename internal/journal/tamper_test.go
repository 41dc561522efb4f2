package journal_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/journal"
)

// A record can be neither moved nor edited: every clear byte that exists when
// it is sealed is bound to the ciphertext.
func TestMovedAndEditedRecordsDoNotOpen(t *testing.T) {
	b := open(t, nil)
	var records []eventstore.Record
	for i := range 100 {
		id := b.register(t, fmt.Sprintf("p%d@example.com", i)).Row.ID
		if _, err := b.do(t, journal.Command[customer.State, customer.Event]{ID: id}, customer.UpdateProfile{At: time.Now(), DateOfBirth: new("1990-01-01")}); err != nil {
			t.Fatal(err)
		}
		b.move(t, id)
		rs, err := b.store.Stream(t.Context(), event.Stream{Type: customer.Stream, ID: id}, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, rs...)
	}
	kinds := map[string]int{}
	for _, r := range records {
		kinds[r.Type]++
	}
	for _, kind := range []string{"CustomerRegistered", "CustomerProfileUpdated", "AddressAdded", "AddressUpdated", "AddressRemoved", "DefaultAddressChanged"} {
		if kinds[kind] < 100 {
			t.Errorf("%d records of %s", kinds[kind], kind)
		}
	}
	opens := func(r eventstore.Record) bool {
		_, err := journal.Open(t.Context(), b.Journal, b.agg, &r)
		return err == nil
	}
	edits := map[string]func(r, other *eventstore.Record){
		"another's ciphertext": func(r, o *eventstore.Record) { r.Sealed = o.Sealed },
		"another's clear part": func(r, o *eventstore.Record) { r.Public = append(o.Public[:len(o.Public):len(o.Public)], 0) },
		"moved to another":     func(r, o *eventstore.Record) { r.Stream.ID, r.Subject = o.Stream.ID, o.Subject },
		"another stream":       func(r, o *eventstore.Record) { r.Stream.ID = o.Stream.ID },
		"another stream type":  func(r, _ *eventstore.Record) { r.Stream.Type = "consent" },
		"another version":      func(r, _ *eventstore.Record) { r.Version++ },
		"another type":         func(r, _ *eventstore.Record) { r.Type = "CustomerActivated" },
		"another schema":       func(r, _ *eventstore.Record) { r.Schema++ },
		"another source":       func(r, _ *eventstore.Record) { r.Source += "x" },
		"another actor":        func(r, _ *eventstore.Record) { r.Actor = event.ActorCustomer },
		"another time":         func(r, _ *eventstore.Record) { r.OccurredAt = r.OccurredAt.Add(time.Microsecond) },
		"another trace":        func(r, _ *eventstore.Record) { r.Trace = "00000000000000000000000000000001" },
		"another significance": func(r, _ *eventstore.Record) { r.Notable = !r.Notable },
		"a flipped bit":        func(r, _ *eventstore.Record) { r.Sealed = flip(r.Sealed, len(r.Sealed)/2) },
		"a cut tail":           func(r, _ *eventstore.Record) { r.Sealed = r.Sealed[:len(r.Sealed)-1] },
		"no ciphertext":        func(r, _ *eventstore.Record) { r.Sealed = nil },
	}
	for name, edit := range edits {
		for i, r := range records {
			edit(&r, &records[(i+len(records)/100)%len(records)]) // the same of the next customer
			if opens(r) {
				t.Errorf("%s: %s of %s opens", name, r.Type, r.Stream)
				break
			}
		}
	}
	// The control: what is not bound does not matter, so the edits above fail
	// for their own sake.
	for _, r := range records {
		r.Position, r.RecordedAt = 7, time.Time{}
		if !opens(r) {
			t.Fatalf("an unchanged record does not open: %s of %s", r.Type, r.Stream)
		}
	}
}

// move gives a customer an address, changes it and takes it away.
func (b *bench) move(t *testing.T, id uuid.UUID) {
	t.Helper()
	home := customer.Address{ID: uuid.NewString(), Version: 1, Type: customer.Shipping, Validation: customer.Validation{Verdict: address.Valid},
		Address: address.Address{Street: []string{"Am Markt 1"}, City: "Berlin", PostalCode: "10115", Country: "DE"}}
	label := func(a customer.Address) customer.Address {
		a.Label = "Am Markt"
		return a
	}
	for _, c := range []customer.Command{customer.AddAddress{Address: home}, customer.UpdateAddress{AddressID: home.ID, Patch: label}, customer.RemoveAddress{AddressID: home.ID}} {
		if _, err := b.do(t, journal.Command[customer.State, customer.Event]{ID: id}, c); err != nil {
			t.Fatal(err)
		}
	}
}

func flip(b []byte, at int) []byte {
	out := append([]byte(nil), b...)
	out[at] ^= 1
	return out
}

func TestAMovedSnapshotDoesNotOpen(t *testing.T) {
	b := open(t, nil)
	one, two := b.register(t, "a@example.com").Row.ID, b.register(t, "b@example.com").Row.ID
	snap := func(id uuid.UUID) eventstore.Snapshot {
		found, err := b.store.Load(t.Context(), event.Stream{Type: customer.Stream, ID: id})
		if err != nil {
			t.Fatal(err)
		}
		return found[0].Snapshot
	}
	keys, err := b.vault.Keys(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]func(s, o *eventstore.Snapshot){
		"another's ciphertext": func(s, o *eventstore.Snapshot) { s.Sealed = o.Sealed },
		"another version":      func(s, _ *eventstore.Snapshot) { s.Version++ },
		"another clear part":   func(s, _ *eventstore.Snapshot) { s.Public = flip(s.Public, 1) },
		"another subject":      func(s, o *eventstore.Snapshot) { s.Subject = o.Subject },
	} {
		s, other := snap(one), snap(two)
		edit(&s, &other)
		if _, _, err := journal.OpenState(b.agg, keys, &s); err == nil {
			t.Errorf("%s opens", name)
		}
	}
	s := snap(one)
	if _, ok, err := journal.OpenState(b.agg, keys, &s); err != nil || !ok {
		t.Errorf("the unchanged one does not open: %v", err)
	}
	s.Fingerprint++
	if _, ok, err := journal.OpenState(b.agg, keys, &s); err != nil || ok {
		t.Errorf("a snapshot of another schema must ask to be folded again: %v %v", ok, err)
	}
}

// Check is trusted because it fails on a snapshot that is not what its events say.
func TestCheckSeesAWrongSnapshot(t *testing.T) {
	b := open(t, nil)
	id := b.register(t, "a@example.com").Row.ID
	stream := event.Stream{Type: customer.Stream, ID: id}
	before, _ := b.store.Load(t.Context(), stream)
	if _, err := b.do(t, journal.Command[customer.State, customer.Event]{ID: id}, customer.Activate{}); err != nil {
		t.Fatal(err)
	}
	after, _ := b.store.Load(t.Context(), stream)
	wrong := after[0].Snapshot
	wrong.Public, wrong.Sealed = before[0].Public, before[0].Sealed
	if err := journal.Check(t.Context(), b.Journal, b.agg, &wrong); err == nil {
		t.Error("an old state under a new version passed")
	}
	if err := journal.Check(t.Context(), b.Journal, b.agg, &after[0].Snapshot); err != nil {
		t.Error(err)
	}
	if err := journal.Resnapshot(t.Context(), b.Journal, b.agg, id); err != nil {
		t.Error(err)
	}
	again, _ := b.store.Load(t.Context(), stream)
	if err := journal.Check(t.Context(), b.Journal, b.agg, &again[0].Snapshot); err != nil {
		t.Errorf("after Resnapshot: %v", err)
	}
}
