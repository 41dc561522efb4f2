package trust

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// How the story of the context map ends, and what each consumer heard of it.

// published so far of SPEC's table of events, by who hears them. Segments are
// not there yet. Analytics hears everything.
var hears = map[string][]string{
	"order":         {"CustomerActivated", "AddressAdded", "AddressUpdated", "CustomerDeactivated"},
	"cart":          {"AddressAdded", "DefaultAddressChanged", "CustomerDeactivated"},
	"desk":          {"CustomerProfileUpdated", "CustomerDeactivated"},
	"notifications": {"CustomerRegistered", "PreferencesUpdated", "ConsentGranted", "ConsentRevoked", "CustomerDeactivated"},
	"marketing":     {"CustomerRegistered", "CustomerActivated", "PreferencesUpdated", "ConsentGranted", "ConsentRevoked", "CustomerDeactivated"},
	"analytics":     nil,
}

// adasLife is what happens to the customer in the story, in order.
var adasLife = []string{
	"CustomerRegistered", "EmailVerified", "CustomerActivated", // by identity, which vouches for the address
	"ActivityRecorded", "PurchaseRecorded", "PurchaseRecorded", "TicketOpened", "NoteAdded", "TicketResolved",
	"CustomerProfileUpdated", "CustomerDetailsChanged", "AddressAdded", "DefaultAddressChanged", "AddressAdded", "AddressUpdated", "DefaultAddressChanged", "AddressRemoved",
	"PreferencesUpdated", "CommunicationOptOut", "ConsentRequested", "ConsentGranted", "ConsentRevoked", "ContactSuppressed",
	"CustomerDeactivated", "CustomerArchived",
}

// theEnd: one is deleted where the users are, the other one here.
func (s *story) theEnd(t *testing.T) {
	s.tells(t, "identity.v1.UserDeleted", "gone", time.Now(), data{"userId": bert})
	await(t, "the deleted user's customer to be archived", func() bool {
		a, err := s.admin.Do("GET", "/v1/customers/"+s.bert, nil)
		got, _ := a.Customer()
		return err == nil && got.Status == "archived"
	})
	do(t, s.admin, "POST", "/v1/customers/"+s.ada+"/deactivate", data{"reason": "wrote a quixotic letter"}, 200)
	do(t, s.admin, "POST", "/v1/customers/"+s.ada+"/archive", nil, 200)
	if contents, err := notesOf(s.admin, s.ada); err != nil || !slices.Equal(contents, []string{resolved}) {
		t.Errorf("%d notes, %v", len(contents), err)
	}
}

// of keeps those of some names, "" names keep all.
func of(all, names []string) (out []string) {
	for _, n := range all {
		if names == nil || slices.Contains(names, n) {
			out = append(out, n)
		}
	}
	return out
}

// allWasHeard: by each what concerns it, once, in order, and nothing personal.
func (s *story) allWasHeard(t *testing.T) {
	if err := s.AwaitRelay(); err != nil {
		t.Fatal(err)
	}
	life := map[string][]string{s.ada: adasLife, s.bert: {"CustomerRegistered", "PurchaseRecorded", "CustomerArchived"}}
	for who, l := range s.listeners {
		all := l.hear(t)
		for _, wrong := range disorder(all, who == "analytics") {
			t.Errorf("%s: %s", who, wrong)
		}
		for id, lived := range life {
			if diff := cmp.Diff(of(lived, hears[who]), names(all, id)); diff != "" {
				t.Errorf("%s (-want +heard):\n%s", who, diff)
			}
		}
		for _, found := range personal(t, all, spoken) {
			t.Errorf("%s hears a personal value: %s", who, found)
		}
	}
	s.theCheckersSee(t)
}

// theCheckersSee spoils what was heard.
func (s *story) theCheckersSee(t *testing.T) {
	all := s.listeners["analytics"].all
	disorderIsSeen(t, all)
	leaky := slices.Clone(all)
	leaky[3].raw += string(told("identity.v1.UserRegistered", "born", time.Now(), data{"userId": ada, "email": strings.ToUpper(adaMail)}))
	if found := personal(t, leaky, spoken); len(found) < 2 {
		t.Errorf("control: of two values in a message %d are found", len(found))
	}
	if slices.Equal(names(all, s.ada), names(all[:len(all)-1], s.ada)) && slices.Equal(names(all, s.bert), names(all[:len(all)-1], s.bert)) {
		t.Error("control: what was not heard is not missed")
	}
}
