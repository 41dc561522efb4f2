package guard

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/outbound"
	"github.com/acme/customers/internal/outbound/outboundtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a provider that answers with a function of the number of its call.
type fake struct {
	mu     sync.Mutex
	calls  int
	at     []time.Time
	answer func(ctx context.Context, call int) error
}

func (f *fake) Name() string { return "fake" }

func (f *fake) Check(ctx context.Context, _ address.Address) (address.Opinion, error) {
	f.mu.Lock()
	f.calls++
	call := f.calls
	f.at = append(f.at, time.Now())
	f.mu.Unlock()
	if err := f.answer(ctx, call); err != nil {
		return address.Opinion{}, err
	}
	return address.Opinion{Verdict: address.Valid}, nil
}

var (
	broken  = &outbound.Error{Reason: outbound.Status, Status: 503}
	refused = &outbound.Error{Reason: outbound.Status, Status: 400}
	locked  = &outbound.Error{Reason: outbound.Status, Status: 403}
)

// hung is a provider that waits for its context.
func hung(ctx context.Context, _ int) error {
	<-ctx.Done()
	return &outbound.Error{Reason: outbound.Ended, Err: ctx.Err()}
}

func always(err error) func(context.Context, int) error {
	return func(context.Context, int) error { return err }
}

// seen counts what Observe is told.
type seen struct {
	mu       sync.Mutex
	outcomes map[string]int
}

func (s *seen) observe(outcome string, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.outcomes == nil {
		s.outcomes = map[string]int{}
	}
	if took < 0 {
		outcome = "negative"
	}
	s.outcomes[outcome]++
}

// bubble runs a test with a clock of its own.
func bubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

func TestRetriesAreFewAndOnlyWhereTheyMayHelp(t *testing.T) {
	other := errors.New("another provider's own")
	for name, c := range map[string]struct {
		answer func(context.Context, int) error
		calls  int
		ok     bool
	}{
		"ok":              {always(nil), 1, true},
		"503":             {always(broken), 3, false},
		"transport":       {always(&outbound.Error{Reason: outbound.Transport}), 3, false},
		"503, then ok":    {func(_ context.Context, n int) error { return map[bool]error{true: broken}[n == 1] }, 2, true},
		"400":             {always(refused), 1, false},
		"403":             {always(locked), 1, false},
		"answer":          {always(outbound.Unreadable("not_json")), 1, false},
		"forbidden":       {always(&outbound.Error{Reason: outbound.Forbidden}), 1, false},
		"unknown":         {always(other), 1, false},
		"hung":            {hung, 1, false},
		"429, too long":   {always(&outbound.Error{Reason: outbound.Status, Status: 429, After: time.Minute}), 1, false},
		"429, one second": {always(&outbound.Error{Reason: outbound.Status, Status: 429, After: time.Second}), 2, false},
	} {
		bubble(t, name, func(t *testing.T) {
			f, s := &fake{answer: c.answer}, &seen{}
			start := time.Now()
			o, err := New(f, Config{Observe: s.observe}).Patient().Check(t.Context(), address.Address{})
			if f.calls != c.calls || (err == nil) != c.ok || (o.Verdict == address.Valid) != c.ok {
				t.Errorf("%d calls, %v", f.calls, err)
			}
			if err != nil && !errors.Is(err, ErrUnavailable) {
				t.Errorf("not ErrUnavailable: %v", err)
			}
			if s.outcomes[OK]+s.outcomes[Failed] != 1 || len(s.outcomes) != 1 {
				t.Errorf("observed %v", s.outcomes)
			}
			if spent := time.Since(start); spent > 2*time.Second { // of the bubble's clock
				t.Errorf("the budget is exceeded: %v", spent)
			}
			if f.calls == 2 && !c.ok && f.at[1].Sub(f.at[0]) < time.Second {
				t.Errorf("asked again after %v of the second it was asked to wait", f.at[1].Sub(f.at[0]))
			}
		})
	}
}

func TestPausesGrowAndVary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pauses := map[time.Duration]bool{}
		for range 20 {
			f := &fake{answer: always(broken)}
			_, _ = New(f, Config{}).Check(t.Context(), address.Address{})
			first, second := f.at[1].Sub(f.at[0]), f.at[2].Sub(f.at[1])
			if first < 50*time.Millisecond || first > 100*time.Millisecond || second < 100*time.Millisecond || second > 200*time.Millisecond {
				t.Errorf("%v, %v", first, second)
			}
			pauses[first] = true
		}
		if len(pauses) < 2 {
			t.Error("no jitter")
		}
	})
}

func TestTheCircuitOpensAndCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var failing error = locked
		f, s := &fake{answer: func(context.Context, int) error { return failing }}, &seen{}
		g := New(f, Config{Observe: s.observe})
		check := func(n int) (err error) {
			for range n {
				_, err = g.Check(t.Context(), address.Address{})
			}
			return err
		}
		failing = nil
		check(5)
		failing = locked
		if check(4); g.State() != "closed" {
			t.Fatal("open after four failures")
		}
		if check(1); g.State() != "open" {
			t.Fatal("closed after five failures of ten")
		}
		if err := check(7); !errors.Is(err, ErrOpen) || !errors.Is(err, ErrUnavailable) || f.calls != 10 {
			t.Fatalf("%d calls, %v", f.calls, err)
		}
		time.Sleep(10*time.Second - 1) // of the bubble's clock: nobody waits
		if g.State() != "open" {
			t.Error("half open too early")
		}
		time.Sleep(1)
		if g.State() != "half_open" {
			t.Error("still open after ten seconds")
		}
		check(3)
		if synctest.Wait(); g.State() != "open" || f.calls != 11 { // one try, and it failed
			t.Fatalf("%s, %d calls", g.State(), f.calls)
		}
		time.Sleep(10 * time.Second)
		failing = nil
		if err := check(1); !errors.Is(err, ErrOpen) {
			t.Error("a request looked whether the provider is back:", err)
		}
		if synctest.Wait(); g.State() != "closed" || check(1) != nil {
			t.Fatal(g.State())
		}
		if s.outcomes[RefusedOpen] != 11 || s.outcomes[OK] != 7 || s.outcomes[Failed] != 6 {
			t.Errorf("observed %v", s.outcomes)
		}
	})
}

func TestWhatSaysNothingOfTheProviderOpensNothing(t *testing.T) {
	bubble(t, "two failures of five", func(t *testing.T) {
		g := New(&fake{answer: func(_ context.Context, n int) error {
			if n%5 < 2 {
				return locked
			}
			return nil
		}}, Config{})
		for range 50 {
			_, _ = g.Check(t.Context(), address.Address{})
		}
		if g.State() != "closed" {
			t.Error(g.State())
		}
	})
	bubble(t, "its answers about odd addresses", func(t *testing.T) {
		g := New(&fake{answer: always(refused)}, Config{})
		for range 20 {
			_, _ = g.Check(t.Context(), address.Address{})
		}
		if g.State() != "closed" {
			t.Error(g.State())
		}
	})
	bubble(t, "callers who stop waiting", func(t *testing.T) {
		g := New(&fake{answer: hung}, Config{})
		for range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			_, err := g.Check(ctx, address.Address{})
			if !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			cancel()
		}
		if g.State() != "closed" {
			t.Error(g.State())
		}
	})
	bubble(t, "but our own timeout does", func(t *testing.T) {
		g := New(&fake{answer: hung}, Config{})
		for range 5 {
			_, _ = g.Check(t.Context(), address.Address{})
		}
		if g.State() != "open" {
			t.Error(g.State())
		}
	})
}

// A half-open circuit lets one try through. If that one ends without a result,
// the circuit must not wait for ever for it.
func TestALostTryDoesNotKeepTheCircuitHalfOpen(t *testing.T) {
	for name, lose := range map[string]func(context.Context, int) error{
		"abandoned": hung,
		"panic":     func(context.Context, int) error { panic("lost") },
	} {
		bubble(t, name, func(t *testing.T) {
			f := &fake{answer: always(locked)}
			g := New(f, Config{})
			for range 5 {
				_, _ = g.Check(t.Context(), address.Address{})
			}
			time.Sleep(10 * time.Second)
			f.answer = lose
			_, _ = g.Check(t.Context(), address.Address{})
			if name == "abandoned" {
				g.Close()
			}
			if synctest.Wait(); g.State() != "open" {
				t.Error(g.State())
			}
			time.Sleep(10 * time.Second)
			f.answer = always(nil)
			if _, err := g.Patient().Check(t.Context(), address.Address{}); err != nil || g.State() != "closed" {
				t.Error(err, g.State())
			}
		})
	}
}

// Requests wait for a provider for half a second at most, and while it is known
// not to answer not at all, not even when it is time to look whether it is back.
func TestNoRequestWaitsForAProviderThatIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: hung}
		g := New(f, Config{})
		waits := func(p address.Provider) time.Duration {
			start := time.Now()
			_, _ = p.Check(t.Context(), address.Address{})
			return time.Since(start)
		}
		for range 5 {
			if w := waits(g); w != 500*time.Millisecond {
				t.Errorf("a request waited for %v", w)
			}
		}
		for range 20 {
			if w := waits(g); w != 0 {
				t.Errorf("with the circuit %s a request waited for %v", g.State(), w)
			}
			time.Sleep(time.Second)
		}
		if f.calls != 6 {
			t.Errorf("%d calls: one try in twenty seconds was due", f.calls)
		}
		if w := waits(g.Patient()); w != 2*time.Second {
			t.Errorf("control: the patient one waited for %v", w)
		}
		g.Close()
	})
}

// A provider that answers after a second is too slow for requests, and good for
// what nobody waits for.
func TestASlowProviderIsAskedOnlyWhereNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pace := time.Second
		g := New(&fake{answer: func(ctx context.Context, n int) error {
			select {
			case <-time.After(pace):
				return nil
			case <-ctx.Done():
				return hung(ctx, n)
			}
		}}, Config{})
		for range 5 {
			if _, err := g.Patient().Check(t.Context(), address.Address{}); err != nil {
				t.Error(err)
			}
		}
		if _, err := g.Check(t.Context(), address.Address{}); !errors.Is(err, ErrOpen) {
			t.Error("a request asks a provider that takes a second:", err)
		}
		pace = 100 * time.Millisecond
		if _, err := g.Patient().Check(t.Context(), address.Address{}); err != nil || g.State() != "closed" {
			t.Error("in time again, and the circuit is not closed:", err, g.State())
		}
	})
}

func TestOneCallTooManyWaitsForAPlaceAndNotForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		f := &fake{answer: func(context.Context, int) error { <-release; return nil }}
		s := &seen{}
		g := New(f, Config{Observe: s.observe, Wait: time.Minute, Timeout: time.Minute}) // longer than anything here
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() {
				if _, err := g.Check(t.Context(), address.Address{}); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		start := time.Now()
		if _, err := g.Check(t.Context(), address.Address{}); !errors.Is(err, ErrBusy) || !errors.Is(err, ErrUnavailable) || time.Since(start) != time.Minute/queue {
			t.Error(err, time.Since(start))
		}
		var late sync.WaitGroup
		late.Go(func() { // comes while all places are taken, and gets the first that is free
			if _, err := g.Check(t.Context(), address.Address{}); err != nil {
				t.Error("who waits for a place gets none:", err)
			}
		})
		synctest.Wait()
		if f.calls != 32 || g.State() != "closed" {
			t.Error(f.calls, g.State())
		}
		close(release)
		wg.Wait()
		late.Wait()
		if _, err := g.Check(t.Context(), address.Address{}); err != nil {
			t.Error("the places are not given back:", err)
		}
		if s.outcomes[RefusedBusy] != 1 || s.outcomes[OK] != 34 {
			t.Errorf("observed %v", s.outcomes)
		}
	})
}

func TestErrorsRepeatNothing(t *testing.T) {
	secret := "Geheimgasse"
	for name, err := range map[string]error{
		"a careless provider": errors.New("no such place: " + secret),
		"one that wraps":      errors.Join(errors.New(secret), broken),
		"around a deadline":   errors.Join(context.DeadlineExceeded, errors.New(secret)),
		"one that looks ours": errors.Join(ErrOpen, errors.New(secret)),
	} {
		bubble(t, name, func(t *testing.T) {
			_, got := New(&fake{answer: always(err)}, Config{}).Check(t.Context(), address.Address{Street: []string{secret}})
			if !errors.Is(got, ErrUnavailable) || len(outboundtest.Leaks(got, secret)) != 0 || strings.Contains(got.Error(), secret) {
				t.Error(got)
			}
			if len(outboundtest.Leaks(err, secret)) != 1 {
				t.Error("the scan does not see the cause's own leak")
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // what helps whoever reads the log stays
		_, err := New(&fake{answer: always(locked)}, Config{}).Check(t.Context(), address.Address{})
		if !strings.Contains(err.Error(), "status 403") {
			t.Error(err)
		}
	})
}

func TestZeroConfigHasDefaults(t *testing.T) {
	c := Config{}.withDefaults()
	if c.Timeout != 2*time.Second || c.Retries != 2 || c.Failures != 5 || c.Window != 10 || c.OpenFor != 10*time.Second || c.Concurrency != 32 {
		t.Errorf("%+v", c)
	}
	if c := (Config{Retries: -1, Failures: 20}).withDefaults(); c.Retries != 0 || c.Window != 20 {
		t.Errorf("%+v", c)
	}
	if New(&fake{}, Config{}).Name() != "fake" {
		t.Error("the name is not the provider's")
	}
}
