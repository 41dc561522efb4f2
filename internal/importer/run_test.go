package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/remote"
)

var (
	today     = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	impatient = remote.Retry{Attempts: 5, Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
)

// people writes a file of n rows. The third of every ten is refused by the
// service and the seventh here. Every fifth has a phone number alone, so that
// only an idempotency key tells a row from its repetition.
func people(t testing.TB, n int) (path string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("First name,E-Mail,Phone,Score\n")
	for i := 1; i <= n; i++ {
		email, score := fmt.Sprintf("p%d@example.com", i), "1"
		switch {
		case i%10 == 3:
			email = "nobody"
		case i%10 == 7:
			score = "many"
		case i%5 == 0:
			email = ""
		}
		fmt.Fprintf(&b, "P%d,%s,+49 30 %07d,%s\n", i, email, i, score)
	}
	path = filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func jobOf(c *remote.Client, path string) *Job {
	return &Job{Path: path, Mode: remote.Register, Rows: 10, Parallel: 4, Target: "t", Send: c.Batch, Watch: io.Discard, SaveEvery: 1,
		Options: Options{Mapping: Mapping{Rules: []string{"Score=profile.attributes.score:number"}}}}
}

// everyRowOnce lists what is wrong with a finished import of people(n).
func everyRowOnce(s *service, n int, sum Summary) (wrong []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	times := map[string]int{}
	for _, done := range s.applied {
		times[done]++
	}
	taken := 0
	for i := 1; i <= n; i++ {
		want := 1
		if i%10 == 3 || i%10 == 7 {
			want = 0
		}
		taken += want
		if got := times[fmt.Sprintf("created P%d", i)]; got != want {
			wrong = append(wrong, fmt.Sprintf("row %d was created %d times, not %d", i, got, want))
		}
	}
	if want := (Summary{Rows: int64(n), Created: int64(taken), Rejected: int64(n - taken)}); sum != want {
		wrong = append(wrong, fmt.Sprintf("accounted %+v, not %+v", sum, want))
	}
	return wrong
}

func TestEveryRowIsTakenOnceOrRejected(t *testing.T) {
	down := func(w http.ResponseWriter, status int) bool {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(status)
		return true
	}
	for name, fault := range map[string]func(*service){
		"a service that works": func(*service) {},
		"too many requests": func(s *service) {
			s.before = func(n int, w http.ResponseWriter) bool { return n%3 == 1 && down(w, 429) }
		},
		"unavailable": func(s *service) {
			s.before = func(n int, w http.ResponseWriter) bool { return n%2 == 1 && down(w, 503) }
		},
		"reset before any answer": func(s *service) { s.cut = func(n int) int { return n%2*2 - 1 - n%2 } },
		"reset in the middle":     func(s *service) { s.cut = func(n int) int { return []int{4, -1}[n%2] } },
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			fault(s)
			sum, err := jobOf(s.client(), people(t, 95)).Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, wrong := range everyRowOnce(s, 95, sum) {
				t.Error(wrong)
			}
		})
	}
}

// Without idempotency keys a broken connection does rows twice: the checker
// must see it, or the test above proves nothing.
func TestARowThatIsDoneTwiceIsSeen(t *testing.T) {
	s := newService(t)
	s.forgetful = true
	s.cut = func(n int) int { return []int{4, -1}[n%2] }
	sum, err := jobOf(s.client(), people(t, 95)).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(everyRowOnce(s, 95, sum)) == 0 {
		t.Error("a service that forgets keys went unseen")
	}
}

func TestARefusalOfTheWholeBatchStopsTheImport(t *testing.T) {
	s := newService(t)
	s.before = func(n int, w http.ResponseWriter) bool {
		if n > 3 {
			w.WriteHeader(401)
		}
		return n > 3
	}
	path := people(t, 95)
	sum, err := jobOf(s.client(), path).Run(t.Context())
	if p, ok := errors.AsType[*remote.Problem](err); !ok || p.Status != 401 || sum.Rows%10 != 0 || sum.Rows > 30 {
		t.Fatalf("%+v %v", sum, err)
	}
	s.before = nil
	if sum, err = jobOf(s.client(), path).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range everyRowOnce(s, 95, sum) {
		t.Error(wrong)
	}
	if _, err := os.Stat(path + ".checkpoint"); !errors.Is(err, os.ErrNotExist) {
		t.Error("the checkpoint stays after the end")
	}
}

// Two rows with an identifier in common: the later one wins, however many are
// in flight and whatever the service does first within a batch.
func TestRowsOfOneCustomerKeepTheirOrder(t *testing.T) {
	want, got := inOrder(t, func(s Source) Source { return s })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The control: when the cutter does not know whom a row is about, the rows of
// one customer overtake each other, and the test above would see it.
func TestRowsThatOvertakeEachOtherAreSeen(t *testing.T) {
	if want, got := inOrder(t, func(s Source) Source { return keyless{s} }); cmp.Equal(want, got) {
		t.Error("went unseen")
	}
}

type keyless struct{ Source }

func (k keyless) Next() (Row, error) {
	row, err := k.Source.Next()
	row.Keys = nil
	return row, err
}

// inOrder imports three rows for each of 20 customers, and gives what should
// have been done for each and what was.
func inOrder(t *testing.T, through func(Source) Source) (wanted, got map[int][]string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("given,email,crm\n")
	var want []string
	for i := range 60 {
		email, crm, done := fmt.Sprintf("E%d@Example.com", i/3), "", "updated"
		switch i % 3 {
		case 0:
			crm, done = fmt.Sprint(i/3), "created"
		case 1:
			email, crm = strings.ToLower(email), fmt.Sprint(i/3)
		case 2: // found by the external id alone
			email, crm = "", fmt.Sprint(i/3)
		}
		fmt.Fprintf(&b, "P%d,%s,%s\n", i, email, crm)
		want = append(want, fmt.Sprintf("%s P%d", done, i))
	}
	s := newService(t)
	in, err := Open(strings.NewReader(b.String()), Options{Mapping: Mapping{Rules: []string{"crm=externalIds.crm"}}})
	if err != nil {
		t.Fatal(err)
	}
	s.backwards = true
	sum, err := (&Import{Source: through(in), Send: s.client().Batch, Mode: remote.Upsert, Rows: 7, Parallel: 8}).Run(t.Context())
	if err != nil || sum.Rows != 60 || sum.Rejected != 0 {
		t.Fatalf("%+v %v", sum, err)
	}
	return perPerson(want), perPerson(s.applied)
}

// perPerson groups what was done by customer: three rows each.
func perPerson(done []string) map[int][]string {
	out := map[int][]string{}
	for _, d := range done {
		var what string
		var i int
		_, _ = fmt.Sscanf(d, "%s P%d", &what, &i)
		out[i/3] = append(out[i/3], d)
	}
	return out
}

// The cut comes before the second row of a customer, and not for rows that
// nobody can be found by.
func TestTheCutterKeepsACustomerOutOfItsOwnWay(t *testing.T) {
	row := func(keys ...string) Row { return Row{JSON: []byte("{}"), Keys: keys} }
	c := &cutter{source: &listed{rows: []Row{row("a"), row("b"), row("a"), row(), row()}}, rows: 10}
	var sizes []int
	for {
		b, err := c.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(b.rows))
	}
	if !slices.Equal(sizes, []int{2, 3}) {
		t.Errorf("cut into %v", sizes)
	}
	one := &batch{keys: map[string]struct{}{"a": {}, "b": {}}}
	if other := (&batch{keys: map[string]struct{}{"b": {}}}); !one.meets(other) || !other.meets(one) || one.meets(&batch{}) {
		t.Error("a customer in two batches is not seen")
	}
}

type listed struct{ rows []Row }

func (l *listed) Next() (Row, error) {
	if len(l.rows) == 0 {
		return Row{}, io.EOF
	}
	row := l.rows[0]
	l.rows = l.rows[1:]
	return row, nil
}

func (*listed) Columns(pointer string) string { return pointer }

func TestAConflictInFlightIsWaitedFor(t *testing.T) {
	f := &flight{batch: &batch{keys: map[string]struct{}{"a": {}}}, done: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	if still, err := await(ctx, []*flight{f}, &batch{}); err != nil || len(still) != 1 {
		t.Errorf("a stranger waited: %v", err)
	}
	cancel()
	if _, err := await(ctx, []*flight{f}, f.batch); !errors.Is(err, context.Canceled) {
		t.Error("a batch did not wait for one with the same customer")
	}
	close(f.done)
	if still, err := await(t.Context(), []*flight{f}, f.batch); err != nil || len(still) != 0 {
		t.Errorf("still waiting: %v", err)
	}
}

func TestADryRunChangesNothing(t *testing.T) {
	s, path := newService(t), people(t, 20)
	j := jobOf(s.client(), path)
	var notes strings.Builder
	j.Mode, j.Watch = remote.Validate, &notes
	sum, err := j.Run(t.Context())
	if err != nil || sum != (Summary{Rows: 20, Valid: 16, Rejected: 4}) || len(s.applied) != 0 {
		t.Errorf("%+v %v, did %d", sum, err, len(s.applied))
	}
	if want := `column "Score" becomes profile.attributes.score`; !strings.Contains(notes.String(), want) {
		t.Errorf("it does not say what would happen: %s", notes.String())
	}
	if left, _ := filepath.Glob(path + "*"); len(left) != 1 {
		t.Errorf("left %v", left)
	}
}
