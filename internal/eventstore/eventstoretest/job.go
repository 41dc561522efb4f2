package eventstoretest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// Job is a writer's work, small enough for an environment variable.
type Job struct {
	Kind    string // "contend", "append" or "claim"
	Stream  uuid.UUID
	Writers int // goroutines
	Rounds  int // of each
	Seed    int64
}

// Tally is what came of a job.
type Tally struct {
	Won, Lost  int
	Registered int
	Failed     string // why the job could not be done
}

// Work does a job on a store.
func Work(ctx context.Context, store eventstore.Store, j Job) Tally {
	kinds := map[string]func(context.Context, eventstore.Store, Job, int) (Tally, error){
		"contend": workContend, "append": workAppend, "claim": workClaim}
	work, ok := kinds[j.Kind]
	if !ok {
		return Tally{Failed: "no such job: " + j.Kind}
	}
	var mu sync.Mutex
	var total Tally
	together(j.Writers, func(i int) {
		t, err := work(ctx, store, j, i)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			total.Failed = err.Error()
		}
		total.Won, total.Lost, total.Registered = total.Won+t.Won, total.Lost+t.Lost, total.Registered+t.Registered
	})
	return total
}

// goroutines is for drivers that have no processes to launch.
func (s *scene) goroutines(jobs []Job) []Tally {
	out := make([]Tally, len(jobs))
	together(len(jobs), func(i int) { out[i] = Work(s.Context(), s.store, jobs[i]) })
	return out
}

// workContend: everyone wants to write version 1, then version 2, …
func workContend(ctx context.Context, store eventstore.Store, j Job, _ int) (t Tally, err error) {
	st := event.Stream{Type: "customer", ID: j.Stream}
	for v := range j.Rounds {
		_, err := store.Commit(ctx, one(appendTo(st, st.ID, int64(v), 1)))
		if err != nil && !lost(err) {
			return t, err
		}
		if err == nil {
			t.Won++
		} else {
			t.Lost++
		}
	}
	return t, nil
}

// workAppend: each writes streams of its own, of 20 records, four a commit.
func workAppend(ctx context.Context, store eventstore.Store, j Job, writer int) (t Tally, err error) {
	for n := range j.Rounds {
		id := uuid.NewSHA1(j.Stream, fmt.Append(nil, j.Seed, " ", writer, " ", n/5))
		if _, err := store.Commit(ctx, one(appendTo(event.Stream{Type: "note", ID: id}, id, int64(n%5)*4, 4))); err != nil {
			return t, err
		}
		t.Won += 4
	}
	return t, nil
}

// workClaim: customers of this writer take, move and give back values that
// all writers want. A record says in clear what its commit did.
func workClaim(ctx context.Context, store eventstore.Store, j Job, writer int) (t Tally, err error) {
	rnd := rand.New(rand.NewPCG(uint64(j.Seed), uint64(writer)))
	var ids []uuid.UUID
	versions := map[uuid.UUID]int64{}
	held := map[string]uuid.UUID{} // by this writer's customers
	for range j.Rounds {
		id, says := uuid.Must(uuid.NewV7()), ""
		if len(ids) > 0 && rnd.IntN(3) > 0 {
			id = ids[rnd.IntN(len(ids))]
		}
		value := "value-" + strconv.Itoa(rnd.IntN(20))
		claim := exclusive(hashed("email", value), id)
		c := one(appendTo(event.Stream{Type: "customer", ID: id}, id, versions[id], 1))
		if versions[id] == 0 {
			c.Register = []uuid.UUID{id}
		}
		if held[value] == id {
			says, c.Release = "-"+value, []eventstore.Claim{claim}
		} else {
			says, c.Add = "+"+value, []eventstore.Claim{claim}
		}
		c.Appends[0].Records[0].Public = []byte(says)
		_, err := store.Commit(ctx, c)
		switch {
		case err != nil && !lost(err):
			return t, err
		case err != nil:
			t.Lost++
			continue
		}
		t.Won++
		t.Registered += len(c.Register)
		ids = append(ids, c.Register...)
		versions[id]++
		if says[0] == '-' {
			delete(held, value)
		} else {
			held[value] = id
		}
	}
	return t, nil
}

// pause holds some transactions open before they commit, as a slow client or a
// busy disk would.
func pause() {
	if rand.IntN(16) == 0 {
		time.Sleep(time.Duration(rand.IntN(4_000)) * time.Microsecond)
	}
}
