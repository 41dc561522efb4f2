package eventstoretest

import (
	"bytes"
	"slices"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

var snapshotCases = []testcase{
	{name: "a snapshot is written with its commit", check: snapshotWritten},
	{name: "a resnapshot needs the stream's version", check: resnapshots},
	{name: "load gives what exists", check: loads},
	{name: "a scan goes by id", check: scans},
}

func snapshotWritten(s *scene) {
	id, st := customer()
	consent := event.Stream{Type: "consent", ID: id}
	s.commit(born(id, st))
	s.commit(one(with(appendTo(st, id, 1, 2), "3"), with(appendTo(consent, id, 0, 1), "c")))
	want := eventstore.Loaded{
		Snapshot: eventstore.Snapshot{Stream: st, Subject: id, Version: 3, Position: 3, Fingerprint: 1<<63 + 7,
			Public: []byte("clear 3"), Sealed: []byte("sealed 3")},
		Row: eventstore.Subject{ID: id, Ordinal: 0, Number: 1},
	}
	s.same("loaded", must(s.store.Load(s.Context(), st))(s), []eventstore.Loaded{want})
	s.commit(one(appendTo(st, id, 3, 1))) // without one: the older snapshot stays, and says so
	s.same("kept", must(s.store.Load(s.Context(), st))(s), []eventstore.Loaded{want})
	s.conflict(one(appendTo(st, id, 3, 1)), 4)
}

func resnapshots(s *scene) {
	id, st := customer()
	s.commit(born(id, st))
	s.commit(one(appendTo(st, id, 1, 1)))
	snap := eventstore.Snapshot{Stream: st, Subject: id, Version: 2, Fingerprint: 9, Public: []byte("p"), Sealed: []byte("s")}
	for version, want := range map[int64]bool{0: false, 1: false, 3: false} {
		stale := snap
		stale.Version = version
		s.same("another version", must(s.store.Resnapshot(s.Context(), stale))(s), want)
	}
	s.same("unchanged", must(s.store.Load(s.Context(), st))(s)[0].Version, int64(1))
	s.same("the version", must(s.store.Resnapshot(s.Context(), snap))(s), true)
	snap.Position = 2
	s.same("loaded", must(s.store.Load(s.Context(), st))(s)[0].Snapshot, snap)
	snap.Stream.ID = uuid.New()
	s.same("no such stream", must(s.store.Resnapshot(s.Context(), snap))(s), false)
	s.same("head", s.head(), int64(2))
}

func loads(s *scene) {
	s.same("nothing asked", must(s.store.Load(s.Context()))(s), []eventstore.Loaded(nil))
	var asked []event.Stream
	for i := range 2500 { // more than one statement's worth of parameters
		_, st := customer()
		asked = append(asked, st)
		if i%500 == 0 {
			s.commit(born(st.ID, st))
		}
	}
	var want, got []uuid.UUID
	for i := 0; i < 2500; i += 500 {
		want = append(want, asked[i].ID)
	}
	for _, l := range must(s.store.Load(s.Context(), asked...))(s) {
		got = append(got, l.Row.ID)
	}
	slices.SortFunc(got, byID)
	s.same("loaded", got, want)
}

func byID(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }

func scans(s *scene) {
	var want []uuid.UUID
	for i := range 20 {
		st := event.Stream{Type: "customer", ID: uuid.New()}
		c := born(st.ID, st)
		if i%4 == 0 {
			c.Appends[0].Snapshot = nil // not in the scan
		} else {
			want = append(want, st.ID)
		}
		s.commit(c)
		s.commit(one(with(appendTo(event.Stream{Type: "consent", ID: uuid.New()}, st.ID, 0, 1), "x")))
	}
	slices.SortFunc(want, byID)
	for _, page := range []int{1, 4, 100} {
		var got []uuid.UUID
		for after := uuid.Nil; ; after = got[len(got)-1] {
			found := must(s.store.Scan(s.Context(), "customer", after, page))(s)
			for _, l := range found {
				got = append(got, l.Stream.ID)
				if l.Row.ID != l.Subject || len(l.Sealed) == 0 {
					s.Errorf("scanned %+v", l)
				}
			}
			if len(found) < page {
				break
			}
		}
		s.same("scanned", got, want)
	}
	s.same("no limit", must(s.store.Scan(s.Context(), "customer", uuid.Nil, 0))(s), []eventstore.Loaded(nil))
}
