package app_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
)

func keyed(c app.Call, key string, hash byte) app.Call {
	c.Idempotency = &app.Idempotency{Key: key, Hash: [32]byte{hash}, Status: 201}
	return c
}

func TestAKeyHasOneEffect(t *testing.T) {
	s := open(t)
	in := customer.Register{Phone: "+4930123456"} // nothing unique about it but the key
	views := make([]app.View, 100)
	var wg sync.WaitGroup
	for i := range views {
		wg.Go(func() {
			var err error
			if views[i], err = s.Register(t.Context(), keyed(admin(), "k", 1), in); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, v := range views {
		if v.ID != views[0].ID || v.Customer.Version != views[0].Customer.Version || v.Customer.Row.Number != views[0].Customer.Row.Number {
			t.Fatal("two answers to one key")
		}
	}
	if _, err := s.Register(t.Context(), keyed(admin(), "k", 2), in); !errors.Is(err, fault.ErrIdempotencyReuse) {
		t.Errorf("another payload under the key: %v", err)
	}
	other := keyed(as(authz.RoleService, "customers:register", "customers:read"), "k", 1)
	v, err := s.Register(t.Context(), other, in)
	check(t, err)
	if v.ID == views[0].ID {
		t.Error("another caller's key hit")
	}
	// The control: without a key every registration is its own.
	a, b := s.register(t, in), s.register(t, in)
	if a.ID == b.ID {
		t.Error("two registrations without a key are one")
	}
}

func TestAReplayShowsTheVersionOfThen(t *testing.T) {
	s := open(t)
	first, err := s.Register(t.Context(), keyed(admin(), "k", 1), customer.Register{Email: "ada@example.com"})
	check(t, err)
	_, err = s.Activate(t.Context(), admin(), first.ID)
	check(t, err)
	again, err := s.Register(t.Context(), keyed(admin(), "k", 1), customer.Register{Email: "ada@example.com"})
	check(t, err)
	if !again.Replayed || again.Customer.Version != 1 || again.Customer.State.Status != customer.Pending {
		t.Errorf("replayed at version %d", again.Customer.Version)
	}
}

// A key speaks before the rules do, which may be others by the time of the
// replay.
func TestAReplayIsAnsweredThoughTheRulesNowRefuseIt(t *testing.T) {
	s := open(t)
	first, err := s.Register(t.Context(), keyed(admin(), "k", 1), customer.Register{Email: "ada@example.com"})
	check(t, err)
	refused := customer.Register{Email: "no address"}
	again, err := s.Register(t.Context(), keyed(admin(), "k", 1), refused)
	if err != nil || !again.Replayed || again.ID != first.ID {
		t.Errorf("replayed: %v, %v", again.Replayed, err)
	}
	if _, err := s.Register(t.Context(), keyed(admin(), "k", 2), refused); !errors.Is(err, fault.ErrIdempotencyReuse) {
		t.Errorf("another payload under the key: %v", err)
	}
	if _, err := s.Register(t.Context(), keyed(admin(), "new", 1), refused); !errors.Is(err, fault.ErrInvalid) { // the control
		t.Errorf("a new key: %v", err)
	}
}

func TestUpsertTakesWhatTheLineSets(t *testing.T) {
	s := open(t)
	v := s.register(t, customer.Register{Email: "ada@example.com", Name: customer.Name{Given: "Ada"}})
	line := customer.Register{Email: "ADA@example.com", Phone: "+4930123456", Profile: customer.Profile{Locale: "de-DE"}}
	got, outcome, err := s.RegisterOne(t.Context(), admin(), line, true)
	check(t, err)
	if st := got.Customer.State; outcome != app.Updated || got.ID != v.ID || st.Name.Given != "Ada" || st.Phone.Number == "" || st.Profile.Locale != "de-DE" {
		t.Errorf("%s", outcome)
	}
	if _, _, err := s.RegisterOne(t.Context(), admin(), line, false); !errors.Is(err, fault.ErrEmailTaken) {
		t.Errorf("without upsert: %v", err)
	}
	if _, outcome, err := s.RegisterOne(t.Context(), admin(), customer.Register{Email: "new@example.com"}, true); err != nil || outcome != app.Created {
		t.Errorf("%s, %v", outcome, err)
	}
}

// 5,000 registrations of 50 addresses by 64 callers at once leave 50 customers.
func TestAddressesStayUniqueUnderRaces(t *testing.T) {
	s := open(t)
	var wg sync.WaitGroup
	var won sync.Map
	var next atomic.Int64
	for range 64 {
		wg.Go(func() {
			for i := next.Add(1); i <= 5000; i = next.Add(1) {
				email := fmt.Sprintf("p%d@example.com", i%50)
				v, err := s.Register(t.Context(), admin(), customer.Register{Email: email})
				if err == nil {
					if _, twice := won.LoadOrStore(email, v.ID); twice {
						t.Error("an address has two customers")
					}
				} else if !errors.Is(err, fault.ErrEmailTaken) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	n := 0
	won.Range(func(any, any) bool { n++; return true })
	if n != 50 {
		t.Errorf("%d customers for 50 addresses", n)
	}
}
