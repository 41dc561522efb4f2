package app_test

import (
	"errors"
	"testing"
	"time"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
)

func TestUserRegisteredMakesACustomerOnce(t *testing.T) {
	s := open(t)
	u := app.User{Message: "iam\x001", UserID: "u1", Email: "ada@example.com", EmailVerified: true, Name: customer.Name{Given: "Ada"}, At: s.now.Add(-time.Hour)}
	for range 3 {
		check(t, s.UserRegistered(t.Context(), u))
	}
	found, err := s.Lookup(t.Context(), admin(), app.Lookup{UserID: "u1"})
	check(t, err)
	if len(found) != 1 || found[0].Customer.State.Status != customer.Active || found[0].Customer.Version != 3 || found[0].Customer.Row.Number != 1 {
		t.Errorf("%d customers", len(found))
	}
	if got := found[0].Customer.State.RegisteredAt; !got.Equal(u.At) {
		t.Errorf("registered at %v, the provider says %v", got, u.At)
	}
}

// Whoever registers a stranger's address with the identity provider must not
// get the stranger's account.
func TestLinkingNeedsProofOnBothSides(t *testing.T) {
	proven := func(s *scene, t *testing.T) app.View {
		check(t, s.UserRegistered(t.Context(), app.User{Message: "m0", UserID: "owner", Email: "ada@example.com", EmailVerified: true}))
		found, err := s.Lookup(t.Context(), admin(), app.Lookup{UserID: "owner"})
		check(t, err)
		return found[0]
	}
	for name, c := range map[string]struct {
		ours     func(s *scene, t *testing.T) app.View
		asserted bool
		links    bool
	}{
		"our copy unproven": {func(s *scene, t *testing.T) app.View {
			return s.register(t, customer.Register{Email: "ada@example.com"})
		}, true, false},
		"provider does not assert": {verified, false, false},
		"both proven":              {verified, true, true},
		"another user is linked":   {proven, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			v := c.ours(s, t)
			err := s.UserRegistered(t.Context(), app.User{Message: "m1", UserID: "new", Email: "ADA@example.com", EmailVerified: c.asserted})
			if c.links != (err == nil) || err != nil && !errors.Is(err, fault.ErrEmailTaken) {
				t.Fatalf("got %v", err)
			}
			found, err := s.Lookup(t.Context(), admin(), app.Lookup{UserID: "new"})
			check(t, err)
			if c.links != (len(found) == 1 && found[0].ID == v.ID) {
				t.Errorf("%d customers hold the new user", len(found))
			}
		})
	}
}

// verified is a customer of ours without a user, whose address is proven.
func verified(s *scene, t *testing.T) app.View {
	v := s.register(t, customer.Register{Email: "ada@example.com"})
	asked, err := s.RequestVerification(t.Context(), admin(), v.ID, customer.ByEmail)
	check(t, err)
	d, err := s.Delivery(t.Context(), as("service", "notifications"), asked.Customer.State.Internal.EmailCode.DeliveryID)
	check(t, err)
	v, err = s.ConfirmVerification(t.Context(), admin(), v.ID, customer.ByEmail, d.Code)
	check(t, err)
	return v
}

func TestUserUpdatedAndDeleted(t *testing.T) {
	s := open(t)
	check(t, s.UserUpdated(t.Context(), app.User{Message: "m1", UserID: "u1", Email: "ada@example.com"})) // overtook its registration
	check(t, s.UserUpdated(t.Context(), app.User{Message: "m2", UserID: "u1", Email: "new@example.com", EmailVerified: true, Name: customer.Name{Given: "Ada"}}))
	check(t, s.UserUpdated(t.Context(), app.User{Message: "m2", UserID: "u1", Email: "again@example.com", EmailVerified: true}))
	found, err := s.Lookup(t.Context(), admin(), app.Lookup{Email: "new@example.com"})
	check(t, err)
	if len(found) != 1 || found[0].Customer.State.Name.Given != "Ada" || !found[0].Customer.State.Email.Verified {
		t.Fatalf("%d found by the new address", len(found))
	}
	if _, err := s.Me(t.Context(), self(found[0].ID)); err != nil {
		t.Errorf("before the user is deleted: %v", err)
	}
	check(t, s.UserDeleted(t.Context(), app.User{Message: "m3", UserID: "u1"}))
	check(t, s.UserDeleted(t.Context(), app.User{Message: "m4", UserID: "nobody"}))
	if _, err := s.Me(t.Context(), self(found[0].ID)); !errors.Is(err, fault.ErrUnauthenticated) {
		t.Errorf("a deleted user's token still works: %v", err)
	}
	v, err := s.Get(t.Context(), admin(), found[0].ID)
	check(t, err)
	if v.Customer.State.Status != customer.IsClosed {
		t.Errorf("status %s", v.Customer.State.Status)
	}
}

// Events of one user may arrive in any order: whoever is deleted stays deleted.
func TestALateRegistrationOfADeletedUserMakesNobody(t *testing.T) {
	s := open(t)
	check(t, s.UserDeleted(t.Context(), app.User{Message: "m2", UserID: "u1"}))
	check(t, s.UserDeleted(t.Context(), app.User{Message: "m2", UserID: "u1"}))
	check(t, s.UserRegistered(t.Context(), app.User{Message: "m1", UserID: "u1", Email: "ada@example.com"}))
	if found, err := s.Lookup(t.Context(), admin(), app.Lookup{Email: "ada@example.com"}); err != nil || len(found) != 0 {
		t.Errorf("%d customers of a deleted user, %v", len(found), err)
	}
	check(t, s.UserRegistered(t.Context(), app.User{Message: "m3", UserID: "u2", Email: "ada@example.com"})) // the control: another user is made
	if found, err := s.Lookup(t.Context(), admin(), app.Lookup{UserID: "u2"}); err != nil || len(found) != 1 {
		t.Errorf("%d customers of a user who lives, %v", len(found), err)
	}
}

// What the provider tells of a user comes out of order where an instance died
// with it, or where several share the work: the newest stays.
// Of an older message what nothing newer was told of is taken.
func TestAnOlderMessageSaysWhatTheNewerOneDidNot(t *testing.T) {
	s := open(t)
	s.now = s.now.Add(time.Hour)
	began := s.now.Add(-time.Minute)
	check(t, s.UserRegistered(t.Context(), app.User{Message: "a", UserID: "u1", Email: "ada@example.com", At: began}))
	check(t, s.UserUpdated(t.Context(), app.User{Message: "c", UserID: "u1", Timezone: "Europe/London", Name: customer.Name{Given: "Augusta"}, At: began.Add(2 * time.Second)}))
	check(t, s.UserUpdated(t.Context(), app.User{Message: "b", UserID: "u1", Phone: "+442079460000", Timezone: "Europe/Paris", Name: customer.Name{Given: "Ada"}, At: began.Add(time.Second)}))
	found, err := s.Lookup(t.Context(), admin(), app.Lookup{UserID: "u1"})
	check(t, err)
	if got := found[0].Customer.State; got.Phone.Number != "+442079460000" || got.Profile.Timezone != "Europe/London" || got.Name.Given != "Augusta" {
		t.Errorf("%v %v %v", got.Phone.Number, got.Profile.Timezone, got.Name.Given)
	}
	// The registration of another comes after what was changed since.
	check(t, s.UserUpdated(t.Context(), app.User{Message: "d", UserID: "u2", Email: "bea@example.com", Locale: "en-GB", At: began.Add(2 * time.Second)}))
	check(t, s.UserRegistered(t.Context(), app.User{Message: "e", UserID: "u2", Email: "bea@example.com", Phone: "+442079460001", Locale: "de-CH", At: began}))
	found, err = s.Lookup(t.Context(), admin(), app.Lookup{UserID: "u2"})
	check(t, err)
	if got := found[0].Customer.State; got.Phone.Number != "+442079460001" || got.Profile.Locale != "en-GB" {
		t.Errorf("%v %v", got.Phone.Number, got.Profile.Locale)
	}
}

func TestWhatIsOutOfDateChangesNothing(t *testing.T) {
	s := open(t)
	s.now = s.now.Add(time.Hour)
	began := s.now.Add(-time.Minute)
	tell := func(message, given string, at time.Time) string {
		t.Helper()
		check(t, s.UserUpdated(t.Context(), app.User{Message: message, UserID: "u1", Email: "ada@example.com", Name: customer.Name{Given: given}, At: at}))
		found, err := s.Lookup(t.Context(), admin(), app.Lookup{UserID: "u1"})
		check(t, err)
		return found[0].Customer.State.Name.Given
	}
	for i, step := range []struct {
		given string
		at    time.Time
		want  string
	}{
		{"Ada", began, "Ada"},
		{"Augusta", began.Add(2 * time.Second), "Augusta"},
		{"Adela", began.Add(time.Second), "Augusta"}, // older than what is known
		{"Aida", began.Add(2 * time.Second), "Aida"}, // of the same time: as they come
		{"Alma", began.Add(3 * time.Second), "Alma"},
		{"Anna", time.Time{}, "Anna"}, // of no time
	} {
		if got := tell(string(rune('a'+i)), step.given, step.at); got != step.want {
			t.Errorf("step %d: %s, want %s", i+1, got, step.want)
		}
	}
}
