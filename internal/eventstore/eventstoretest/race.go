package eventstoretest

import (
	"errors"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// The published failures of event stores under concurrent writers. Drivers
// with several processes run the writers there.
var raceCases = []testcase{
	{name: "of 64 writers at one version one wins", check: contend, real: true},
	{name: "the feed skips nothing while writers pause before they commit", check: feedUnderLoad, real: true},
	{name: "claims and numbers stay unique under racing commands", check: claimsUnderLoad, real: true},
}

// processes is how many launch at once.
const processes = 4

func launch(s *scene, j Job) (total Tally) {
	s.Helper()
	jobs := make([]Job, processes)
	for i := range jobs {
		jobs[i], jobs[i].Seed = j, int64(i)
	}
	for _, t := range s.work(jobs) {
		if t.Failed != "" {
			s.Fatalf("a writer failed: %s", t.Failed)
		}
		total.Won += t.Won
		total.Lost += t.Lost
		total.Registered += t.Registered
	}
	return total
}

func contend(s *scene) {
	const writers = 64
	rounds := count(50, 1000)
	st := event.Stream{Type: "customer", ID: uuid.Must(uuid.NewV7())}
	got := launch(s, Job{Kind: "contend", Stream: st.ID, Writers: writers / processes, Rounds: rounds})
	s.same("won", got.Won, rounds)
	s.same("conflicts", got.Lost, rounds*(writers-1))
	s.same("versions", len(must(s.store.Stream(s.Context(), st, 0, 2*rounds))(s)), rounds)
	s.problems()
}

func feedUnderLoad(s *scene) {
	const writers = 4 * processes
	events := count(20_000, 1_000_000) / writers / 4 * writers * 4
	done := make(chan struct{})
	var tails [4]Tail
	go func() {
		defer close(done)
		launch(s, Job{Kind: "append", Stream: uuid.New(), Writers: writers / processes, Rounds: events / writers / 4})
	}()
	together(len(tails), func(i int) { follow(s, &tails[i], 1+i*50, done) })
	var table Tail
	for table.err == nil {
		page := must(s.store.Feed(s.Context(), table.After, 1000))(s)
		if len(page) == 0 {
			break
		}
		table.Take(page)
	}
	s.same("records", table.Count, int64(events))
	for i := range tails {
		if err := tails[i].Same(&table); err != nil {
			s.Errorf("reader %d: %v", i, err)
		}
	}
}

// follow reads until the writers are done and the head is reached.
func follow(s *scene, t *Tail, page int, done <-chan struct{}) {
	for {
		last := false
		select {
		case <-done: // asked before reading: what is read after it is the rest
			last = true
		default:
		}
		got, err := s.store.Feed(s.Context(), t.After, page)
		if err != nil {
			s.Errorf("feed: %v", err)
			return
		}
		t.Take(got)
		if t.err != nil {
			return // Same tells; a broken feed may not end
		}
		if len(got) > 0 {
			continue
		}
		if last {
			return
		}
		if err := s.awaitOr(done, t.After); err != nil {
			s.Errorf("await: %v", err)
			return
		}
	}
}

func claimsUnderLoad(s *scene) {
	const writers = 4 * processes
	rounds := count(5_000, 100_000) / writers
	got := launch(s, Job{Kind: "claim", Writers: writers / processes, Rounds: rounds})
	if got.Lost < rounds/4 {
		s.Errorf("only %d of %d commands lost: nothing raced", got.Lost, rounds*writers)
	}
	log := s.all(1000)
	if err := CheckLog(log); err != nil {
		s.Errorf("the log is broken: %v", err)
	}
	holders, err := CheckClaims(log)
	if err != nil {
		s.Errorf("claims: %v", err)
	}
	for value, holder := range holders {
		s.holders(hashed("email", value), holder)
	}
	var rows []eventstore.Subject
	for n := range got.Registered {
		row := must(s.store.ByNumber(s.Context(), int64(n)+1))(s)
		if row == nil {
			s.Fatalf("number %d of %d is missing", n+1, got.Registered)
		}
		rows = append(rows, *row)
	}
	if err := CheckNumbers(s.Context(), s.store, rows); err != nil {
		s.Errorf("numbers: %v", err)
	}
}

// lost tells a lost race from a failure.
func lost(err error) bool {
	if _, ok := errors.AsType[*eventstore.ErrConflict](err); ok {
		return true
	}
	_, ok := errors.AsType[*eventstore.ErrClaimed](err)
	return ok
}
