package customer

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
)

func TestContact(t *testing.T) {
	run(t, []scenario{
		{name: "a new address", given: []Event{ada}, when: ChangeContact{Email: ptr("New@Example.com")},
			then: []Event{ContactInfoChanged{Email: ptr("New@example.com")}}},
		{name: "the same address changes nothing", given: []Event{ada}, when: ChangeContact{Email: ptr("ada@EXAMPLE.com")}},
		{name: "the last identifier stays", given: []Event{ada}, when: ChangeContact{Email: ptr("")},
			refused: fault.ErrInvalid, pointers: []string{" no_identifier"}},
		{name: "not once archived", given: []Event{ada, Archived{}}, when: ChangeContact{Email: ptr("b@c.example")}, refused: fault.ErrTransition},
		{name: "nobody there", when: ChangeContact{Email: ptr("b@c.example")}, refused: fault.ErrNotFound},
		{name: "asserted by the identity provider", given: []Event{ada}, when: VerifiedContact{Email: "b@c.example", Policy: policy},
			then: []Event{ContactInfoChanged{Email: ptr("b@c.example")}, EmailVerified{}, Activated{CauseEmailConfirmed}}},
		{name: "asserted again", given: []Event{ada, EmailVerified{}}, when: VerifiedContact{Email: "ada@example.com", Policy: policy}},
	})
}

// An unproven address must not lock out who holds it, nor free the old one.
func TestAnUnverifiedChangeClaimsOnlyOnConfirmation(t *testing.T) {
	claim := func(s *State) string {
		for _, c := range Claims(s) {
			if c.Kind == ClaimEmail {
				return c.Value
			}
		}
		return ""
	}
	history := []Event{ada, EmailVerified{}, ContactInfoChanged{Email: ptr("new@example.com")}}
	s := given(history...)
	if s.Email != (Email{Address: "new@example.com"}) || claim(s) != "ada@example.com" {
		t.Errorf("after the change: %v verified, claim %s", s.Email.Verified, claim(s))
	}
	s = given(append(history, EmailVerified{})...)
	if !s.Email.Verified || claim(s) != "new@example.com" {
		t.Errorf("after the confirmation: %v verified, claim %s", s.Email.Verified, claim(s))
	}
}

func TestVerification(t *testing.T) {
	asked := EmailVerificationRequested{DeliveryID: "d1", ExpiresAt: now.Add(time.Minute)}
	late := EmailVerificationRequested{DeliveryID: "d1", ExpiresAt: now}
	code := func(delivery, to string) string { return delivery + ":" + to }
	confirm := func(c string) Command {
		return ConfirmVerification{Channel: ByEmail, Code: c, Expected: code, At: now, Policy: policy}
	}
	wrong := VerificationFailed{ByEmail}
	run(t, []scenario{
		{name: "ask", given: []Event{ada}, when: RequestVerification{Channel: ByEmail, DeliveryID: "d1", At: now, Policy: policy},
			then: []Event{EmailVerificationRequested{DeliveryID: "d1", ExpiresAt: now.Add(policy.CodeLife)}}},
		{name: "ask without a number", given: []Event{ada}, when: RequestVerification{Channel: ByPhone}, refused: fault.ErrNoAddress},
		{name: "ask for what is proven", given: []Event{ada, EmailVerified{}}, when: RequestVerification{Channel: ByEmail, Policy: policy}},
		{name: "the right code activates", given: []Event{ada, asked}, when: confirm("d1:ada@example.com"),
			then: []Event{EmailVerified{}, Activated{CauseEmailConfirmed}}},
		{name: "an active one stays active", given: []Event{ada, Activated{}, asked}, when: confirm("d1:ada@example.com"), then: []Event{EmailVerified{}}},
		{name: "a wrong code is recorded and refused", given: []Event{ada, asked}, when: confirm("000000"), then: []Event{wrong}, refused: fault.ErrCodeWrong},
		{name: "the right code after four wrong ones", given: []Event{ada, asked, wrong, wrong, wrong, wrong}, when: confirm("d1:ada@example.com"),
			then: []Event{EmailVerified{}, Activated{CauseEmailConfirmed}}},
		{name: "not after five", given: []Event{ada, asked, wrong, wrong, wrong, wrong, wrong}, when: confirm("d1:ada@example.com"), refused: fault.ErrAttempts},
		{name: "a new code starts over", given: []Event{ada, asked, wrong, wrong, wrong, wrong, wrong, asked}, when: confirm("d1:ada@example.com"),
			then: []Event{EmailVerified{}, Activated{CauseEmailConfirmed}}},
		{name: "new codes do not give guesses without end", given: slices.Concat([]Event{ada}, slices.Repeat([]Event{asked, wrong, wrong, wrong, wrong, wrong}, 3), []Event{asked}),
			when: confirm("d1:ada@example.com"), refused: fault.ErrTooManyCodes},
		{name: "nor do new addresses", given: slices.Concat([]Event{ada}, slices.Repeat([]Event{asked, wrong, wrong, wrong, wrong, wrong, ContactInfoChanged{Email: ptr("b@c.example")}}, 3)),
			when: RequestVerification{Channel: ByEmail, DeliveryID: "d2", At: now, Policy: policy}, refused: fault.ErrTooManyCodes},
		{name: "ten codes a day", given: slices.Concat([]Event{ada}, slices.Repeat([]Event{asked}, 10)),
			when: RequestVerification{Channel: ByEmail, DeliveryID: "d2", At: now, Policy: policy}, refused: fault.ErrTooManyCodes},
		{name: "and more on the next day", given: slices.Concat([]Event{ada}, slices.Repeat([]Event{asked}, 10)),
			when: RequestVerification{Channel: ByEmail, DeliveryID: "d2", At: now.Add(23 * time.Hour), Policy: policy},
			then: []Event{EmailVerificationRequested{DeliveryID: "d2", ExpiresAt: now.Add(23*time.Hour + policy.CodeLife)}}},
		{name: "the channels are counted apart", given: slices.Concat([]Event{ada, ContactInfoChanged{Phone: ptr("+4930123456")}}, slices.Repeat([]Event{asked}, 10)),
			when: RequestVerification{Channel: ByPhone, DeliveryID: "d2", At: now, Policy: policy},
			then: []Event{PhoneVerificationRequested{DeliveryID: "d2", ExpiresAt: now.Add(policy.CodeLife)}}},
		{name: "not at the instant it expires", given: []Event{ada, late}, when: confirm("d1:ada@example.com"), refused: fault.ErrCodeExpired},
		{name: "not after the address changed", given: []Event{ada, asked, ContactInfoChanged{Email: ptr("b@c.example")}}, when: confirm("d1:b@c.example"),
			refused: fault.ErrNoVerification},
		{name: "none asked for", given: []Event{ada}, when: confirm("x"), refused: fault.ErrNoVerification},
		{name: "proven already", given: []Event{ada, asked, EmailVerified{}}, when: confirm("d1:ada@example.com")},
	})
}

func TestLifecycle(t *testing.T) {
	by := CauseRequest
	run(t, []scenario{
		{name: "activate", given: []Event{ada}, when: Activate{by}, then: []Event{Activated{by}}},
		{name: "activate again", given: []Event{ada, Activated{}}, when: Activate{by}},
		{name: "reactivate", given: []Event{ada, Activated{}, Deactivated{}}, when: Activate{by}, then: []Event{Activated{by}}},
		{name: "a pending one cannot be deactivated", given: []Event{ada}, when: Deactivate{by}, refused: fault.ErrTransition},
		{name: "deactivate", given: []Event{ada, Activated{}}, when: Deactivate{by}, then: []Event{Deactivated{by}}},
		{name: "archive inactive", given: []Event{ada, Activated{}, Deactivated{}}, when: Archive{by}, then: []Event{Archived{by}}},
		{name: "archive active goes through inactive", given: []Event{ada, Activated{}}, when: Archive{by}, then: []Event{Deactivated{by}, Archived{by}}},
		{name: "archive again", given: []Event{ada, Archived{}}, when: Archive{by}},
		{name: "the user of an archived one is deleted", given: []Event{ada, Archived{}}, when: Archive{CauseUserDeleted}, then: []Event{Archived{CauseUserDeleted}}},
		{name: "the user is deleted again", given: []Event{ada, Archived{CauseUserDeleted}}, when: Archive{CauseUserDeleted}},
		{name: "archived is the end", given: []Event{ada, Archived{}}, when: Activate{by}, refused: fault.ErrTransition},
		{name: "nobody there", when: Archive{by}, refused: fault.ErrNotFound},
	})
}

func TestActivityFollowsTheCustomerAlone(t *testing.T) {
	s := given(ada)
	before := s.LastActivityAt
	evolve(s, Activated{}, event.Envelope{OccurredAt: now, Actor: event.ActorSupport})
	if s.LastActivityAt != before {
		t.Error("a support agent's act counts as the customer's")
	}
	evolve(s, ContactInfoChanged{}, event.Envelope{OccurredAt: now, Actor: event.ActorCustomer})
	if diff := cmp.Diff(now, s.LastActivityAt); diff != "" {
		t.Error(diff)
	}
}
