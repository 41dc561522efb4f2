package bus_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/bus/bustest"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

var person = bustest.SampleRegistered{
	Status: "pending", Email: "grace.hopper@navy.example", Name: bustest.SampleName{Given: "Gräcia", Script: "Latn"}, Born: "1906-12-09",
}

func sample() eventstore.Record {
	r := bustest.Registered(person, event.Stream{Type: "customer", ID: uuid.MustParse("0198c0de-1111-7000-8000-000000000002")}, 3)
	r.Position, r.RecordedAt, r.Trace = 5_000_000_000, r.OccurredAt.Add(time.Second), strings.Repeat("ab", 16)
	r.Sealed = []byte("ciphertext")
	return r
}

func encode(t testing.TB, r eventstore.Record) bus.Message {
	t.Helper()
	e, err := bus.NewEncoder(bustest.Catalogue())
	if err != nil {
		t.Fatal(err)
	}
	m, err := e.Encode(bustest.Lineage, &r)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAMessageIsTheCloudEventThatTheSDKReads(t *testing.T) {
	r := sample()
	m := encode(t, r)
	var got cloudevents.Event
	if err := json.Unmarshal(m.Data, &got); err != nil {
		t.Fatal(err)
	}
	if err := got.Validate(); err != nil {
		t.Fatal(err)
	}
	want := cloudevents.New()
	want.SetID(bustest.Lineage.String() + ":5000000000")
	want.SetSource("/customers")
	want.SetType("acme.customers.CustomerRegistered.v1")
	want.SetSubject(r.Subject.String())
	want.SetTime(r.OccurredAt)
	want.SetExtension("lineage", bustest.Lineage.String())
	want.SetExtension("position", "5000000000")
	want.SetExtension("partitionkey", r.Subject.String())
	want.SetExtension("traceparent", "00-"+strings.Repeat("ab", 16)+"-000000012a05f200-01")
	err := want.SetData("application/json", map[string]any{
		"aggregate": "customer", "aggregateId": r.Stream.ID, "version": 3, "actor": "support", "source": "api",
		"recordedAt": r.RecordedAt, "changed": []string{"status", "email", "name", "dateOfBirth"},
		"fields": map[string]any{"status": "pending", "name": map[string]any{"script": "Latn"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(asMap(t, want), asMap(t, got)); diff != "" {
		t.Error(diff)
	}
	if m.Subject != "customers.v1.CustomerRegistered" || m.Position != r.Position {
		t.Errorf("subject %s, position %d", m.Subject, m.Position)
	}
	if again := encode(t, r); string(again.Data) != string(m.Data) {
		t.Error("the same record gave other bytes")
	}
	if lineage, position, err := bus.ReadMark(m.Data); lineage != bustest.Lineage || position != r.Position || err != nil {
		t.Errorf("mark %s %d %v", lineage, position, err)
	}
}

func asMap(t *testing.T, e cloudevents.Event) (m map[string]any) {
	t.Helper()
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestARecordAboutNobodyHasNoSubject(t *testing.T) {
	r := sample()
	r.Subject, r.Trace, r.Stream.Type = uuid.Nil, "", `seg"ment`
	var got cloudevents.Event
	if err := json.Unmarshal(encode(t, r).Data, &got); err != nil || got.Validate() != nil {
		t.Fatal(err, got.Validate())
	}
	if got.Subject() != "" || got.Extensions()["partitionkey"] != r.Stream.ID.String() || got.Extensions()["traceparent"] != nil {
		t.Errorf("subject %q, extensions %v", got.Subject(), got.Extensions())
	}
}

func TestAMessageHoldsNothingPersonal(t *testing.T) {
	forbidden := []string{person.Email, person.Name.Given, person.Born, "ciphertext"}
	scan := func(data []byte) (found []string) {
		for _, f := range forbidden {
			if bustest.Contains(data, f) {
				found = append(found, f)
			}
		}
		return found
	}
	if found := scan(encode(t, sample()).Data); found != nil {
		t.Errorf("found %q", found)
	}
	// Control: personal values in a clear field of the record are noticed.
	leaky := sample()
	raw, _ := json.Marshal(person)
	leaky.Source = string(raw)
	if found := scan(encode(t, leaky).Data); len(found) != 3 {
		t.Errorf("control: the scan found only %q", found)
	}
}

func TestAnUnknownTypeIsNoGap(t *testing.T) {
	e, err := bus.NewEncoder(bustest.Catalogue())
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*eventstore.Record){
		"type":   func(r *eventstore.Record) { r.Type = "CustomerTeleported" },
		"schema": func(r *eventstore.Record) { r.Schema = 2 },
		"public": func(r *eventstore.Record) { r.Public = []byte{0xff} },
	} {
		r := sample()
		change(&r)
		if _, err := e.Encode(bustest.Lineage, &r); err == nil {
			t.Errorf("an unknown %s was encoded", name)
		}
	}
	if _, err := bus.NewEncoder([]event.Definition{event.Define[bustest.SampleRenamed]("X", "", event.Routine)}); err == nil {
		t.Error("a definition without a codec was taken")
	}
}

func BenchmarkEncode(b *testing.B) {
	e, _ := bus.NewEncoder(bustest.Catalogue())
	r := sample()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Encode(bustest.Lineage, &r); err != nil {
			b.Fatal(err)
		}
	}
}
