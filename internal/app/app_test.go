package app_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
)

func TestLookupFindsByEveryIdentifier(t *testing.T) {
	s := open(t)
	ada := s.register(t, customer.Register{Email: "Ada@example.com", Phone: "+49 30 123456", UserID: "u1", ExternalIDs: map[string]string{"crm": "7"}})
	s.register(t, customer.Register{Email: "bob@example.com", Phone: "+49 30 123456"})
	for name, by := range map[string]app.Lookup{
		"email in another case": {Email: "aDA@EXAMPLE.com"}, "user": {UserID: "u1"}, "number": {Number: "C-00000001"},
		"external id": {ExternalSource: "crm", ExternalID: "7"},
	} {
		found, err := s.Lookup(t.Context(), admin(), by)
		if err != nil || len(found) != 1 || found[0].ID != ada.ID {
			t.Errorf("%s: %d found, %v", name, len(found), err)
		}
	}
	if found, err := s.Lookup(t.Context(), admin(), app.Lookup{Phone: "+49 (0)30 123 456"}); err != nil || len(found) != 2 {
		t.Errorf("a shared phone number found %d, %v", len(found), err)
	}
	for name, by := range map[string]app.Lookup{"nobody": {Email: "x@example.com"}, "no address": {Email: "x"}, "no number": {Number: "17"},
		"other source": {ExternalSource: "erp", ExternalID: "7"}} {
		if found, err := s.Lookup(t.Context(), admin(), by); err != nil || len(found) != 0 {
			t.Errorf("%s: %d found, %v", name, len(found), err)
		}
	}
	for name, by := range map[string]app.Lookup{"nothing": {}, "two": {Email: "a@b.example", UserID: "u"}, "half": {ExternalID: "7"}} {
		if _, err := s.Lookup(t.Context(), admin(), by); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryReadIsOnRecordBeforeItsAnswer(t *testing.T) {
	s := open(t)
	v := s.register(t, customer.Register{Email: "ada@example.com", UserID: "u1"})
	if n := len(s.reads(t, v)); n != 0 {
		t.Fatalf("%d reads before any", n)
	}
	tags := []string{"x"}
	for i, read := range []func() error{
		func() error { _, err := s.Get(t.Context(), admin(), v.ID); return err },
		func() error { _, err := s.Me(t.Context(), self(v.ID)); return err },
		func() error { _, err := s.AsOf(t.Context(), admin(), v.ID, time.Now().Add(time.Hour)); return err },
		func() error { _, err := s.Lookup(t.Context(), admin(), app.Lookup{UserID: "u1"}); return err },
		func() error { _, err := s.History(t.Context(), admin(), v.ID, 0, 0); return err },
		func() error { _, err := s.Completeness(t.Context(), admin(), v.ID); return err },
		func() error { _, err := s.Patch(t.Context(), admin(), v.ID, app.Details{Tags: &tags}); return err },
		func() error { _, err := s.Activate(t.Context(), admin(), v.ID); return err },
		func() error {
			_, err := s.RequestVerification(t.Context(), admin(), v.ID, customer.ByEmail)
			return err
		},
		func() error { _, err := s.AccessLog(t.Context(), self(v.ID), v.ID, "", 0); return err },
	} {
		check(t, read())
		if n := len(s.reads(t, v)); n != i+1 {
			t.Errorf("after read %d there are %d entries", i+1, n)
		}
	}
	if _, err := s.Get(t.Context(), as(authz.RoleMarketing), v.ID); !errors.Is(err, fault.ErrForbidden) {
		t.Errorf("marketing: %v", err)
	}
	if n := len(s.reads(t, v)); n != 10 {
		t.Errorf("a refused read is on record: %d entries", n)
	}
	s.log.Close() // a log that cannot write
	if _, err := s.Get(t.Context(), admin(), v.ID); err == nil {
		t.Error("a read that could not be recorded was answered")
	}
}

func TestCustomersReachOnlyThemselves(t *testing.T) {
	s := open(t)
	ada := s.register(t, customer.Register{Email: "ada@example.com", UserID: "u1"})
	bob := s.register(t, customer.Register{Email: "bob@example.com"})
	for name, id := range map[string]uuid.UUID{"another": bob.ID, "nobody": uuid.Must(uuid.NewV7())} {
		if _, err := s.Get(t.Context(), self(ada.ID), id); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	byUser := as(authz.RoleCustomer)
	byUser.Caller.UserID = "u1"
	if v, err := s.Me(t.Context(), byUser); err != nil || v.ID != ada.ID {
		t.Errorf("a token that names the user only: %v", err)
	}
	byUser.Caller.UserID = "u2"
	if _, err := s.Me(t.Context(), byUser); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a user who is no customer: %v", err)
	}
}

func TestVerificationFromRequestToActive(t *testing.T) {
	s := open(t)
	v := s.register(t, customer.Register{Email: "ada@example.com", Profile: customer.Profile{Locale: "de-DE"}})
	asked, err := s.RequestVerification(t.Context(), self(v.ID), v.ID, customer.ByEmail)
	check(t, err)
	id := asked.Customer.State.Internal.EmailCode.DeliveryID
	notifications := as(authz.RoleService, "notifications")
	d, err := s.Delivery(t.Context(), notifications, id)
	check(t, err)
	if d.To != "ada@example.com" || len(d.Code) != 6 || d.Customer != v.ID || d.Locale != "de-DE" {
		t.Errorf("delivery to the wrong place: channel %s, %d digits", d.Channel, len(d.Code))
	}
	for _, c := range []app.Call{admin(), as(authz.RoleSupport), self(v.ID), as(authz.RoleService)} {
		if _, err := s.Delivery(t.Context(), c, id); err == nil {
			t.Errorf("%s got a code", c.Caller.Role)
		}
	}
	for _, bad := range []string{"", "x", id[:31], "AAAA" + id[4:]} {
		if _, err := s.Delivery(t.Context(), notifications, bad); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("a delivery that is not there: %v", err)
		}
	}
	wrong := "000000"
	if d.Code == wrong {
		wrong = "000001"
	}
	if _, err := s.ConfirmVerification(t.Context(), self(v.ID), v.ID, customer.ByEmail, wrong); !errors.Is(err, fault.ErrCodeWrong) {
		t.Errorf("a wrong code: %v", err)
	}
	done, err := s.ConfirmVerification(t.Context(), self(v.ID), v.ID, customer.ByEmail, d.Code)
	check(t, err)
	if st := done.Customer.State; st.Status != customer.Active || !st.Email.Verified {
		t.Errorf("after the right code: %s", st.Status)
	}
	if _, err := s.Delivery(t.Context(), notifications, id); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("the code can still be fetched: %v", err)
	}
}

func TestACodeRunsOut(t *testing.T) {
	s := open(t)
	v := s.register(t, customer.Register{Phone: "+4930123456"})
	asked, err := s.RequestVerification(t.Context(), self(v.ID), v.ID, customer.ByPhone)
	check(t, err)
	notifications := as(authz.RoleService, "notifications")
	d, err := s.Delivery(t.Context(), notifications, asked.Customer.State.Internal.PhoneCode.DeliveryID)
	check(t, err)
	s.now = d.ExpiresAt
	if _, err := s.Delivery(t.Context(), notifications, d.ID); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("fetched at the instant it runs out: %v", err)
	}
	if _, err := s.ConfirmVerification(t.Context(), self(v.ID), v.ID, customer.ByPhone, d.Code); !errors.Is(err, fault.ErrCodeExpired) {
		t.Errorf("confirmed at the instant it runs out: %v", err)
	}
}

func TestHistoryTellsFieldsByPermission(t *testing.T) {
	s := open(t)
	v := s.register(t, customer.Register{Email: "ada@example.com"})
	born := "1990-02-28"
	call := admin()
	call.Reason = "she told us"
	_, err := s.PatchProfile(t.Context(), call, v.ID, customer.UpdateProfile{DateOfBirth: &born, Attributes: map[string]any{"size": 42.0}})
	check(t, err)
	auditor := as(authz.RoleCompliance)
	auditor.Purpose = "audit"
	h, err := s.History(t.Context(), auditor, v.ID, 1, 0)
	check(t, err)
	want := []app.FieldChange{{Field: "profile.dateOfBirth", After: "1990-02-28"}, {Field: "profile.attributes.size", After: 42.0}}
	if diff := cmp.Diff(want, h.Entries[0].Changes); diff != "" {
		t.Error(diff)
	}
	if e := h.Entries[0]; e.ActorID != "test:admin" || e.Reason != "she told us" || e.Source != "api" || e.Version != 2 {
		t.Errorf("who, why, how: version %d, source %s", e.Version, e.Source)
	}
	support, err := s.History(t.Context(), as(authz.RoleSupport), v.ID, 1, 0)
	check(t, err)
	for _, ch := range support.Entries[0].Changes {
		if ch.Field == "profile.dateOfBirth" {
			t.Error("support sees a date of birth in the history")
		}
	}
	first, err := s.History(t.Context(), auditor, v.ID, 0, 1)
	check(t, err)
	if len(first.Entries) != 1 || first.Next != 1 {
		t.Errorf("a page of one: %d entries, next %d", len(first.Entries), first.Next)
	}
}
