// Package eventstoretest is the one suite that every driver of the log runs.
//
// A case talks to a store and complains to a TB. Run gives it a *testing.T and
// a driver; the package's own tests give it a recorder and stores that are
// broken on purpose, and demand that every case complains about at least one:
// a case that cannot fail proves nothing.
package eventstoretest

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/acme/customers/internal/eventstore"
)

// Driver tells the suite how to make logs.
type Driver struct {
	// New makes an empty log and gives the way to open it.
	New func(t *testing.T) Open
	// Durable logs hold after Close what was committed before it.
	Durable bool
	// Instances may be open at the same time, on one log.
	Instances bool
	// Launch runs jobs in processes of their own, on the log that New made
	// last for t. Without it they run as goroutines on one store.
	Launch func(t *testing.T, jobs []Job) []Tally
}

// Open opens the log. The suite closes every store that it opens.
type Open func(t *testing.T, s Settings) eventstore.Store

// Settings are what a case needs to control.
type Settings struct {
	Now          func() time.Time // the store's clock; nil is its own
	BeforeCommit func()           // called in each transaction before it commits; may be ignored
}

// TB is the part of *testing.T that cases use.
type TB interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Soaking tells whether to run the full counts: SOAK=1.
func Soaking() bool { return os.Getenv("SOAK") == "1" }

// count is the reduced or the full number of repetitions.
func count(reduced, full int) int {
	if Soaking() {
		return full
	}
	return reduced
}

// Run runs the suite.
func Run(t *testing.T, d Driver) {
	for _, c := range cases {
		if c.durable && !d.Durable || c.instances && !d.Instances {
			continue // not promised by this driver
		}
		t.Run(c.name, func(t *testing.T) {
			open := d.New(t)
			s := &scene{TB: t, clock: newClock(), work: func(jobs []Job) []Tally { return d.Launch(t, jobs) }}
			s.open = func() eventstore.Store { return open(t, s.settings()) }
			if d.Launch == nil {
				s.work = s.goroutines
			}
			s.run(c)
		})
	}
}

// testcase is one promise.
type testcase struct {
	name      string
	check     func(*scene)
	durable   bool // only for durable drivers
	instances bool // only for drivers with several instances
	real      bool // with the store's own clock
}

var cases = func() (all []testcase) {
	for _, topic := range [][]testcase{
		commitCases, onceCases, claimCases, subjectCases, fenceCases, snapshotCases, feedCases, aboutCases,
		coordinateCases, durableCases, raceCases,
	} {
		all = append(all, topic...)
	}
	return all
}()
