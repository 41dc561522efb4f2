package examples

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/acme/customers/client"
	"github.com/acme/customers/examples/internal/service"
)

func TestMain(m *testing.M) { os.Exit(service.Main(m)) }

// register makes a customer, and tells the position of that.
func register(t *testing.T, c *client.Client, email string) (string, client.Meta) {
	t.Helper()
	var meta client.Meta
	made, err := c.RegisterCustomer(t.Context(), client.Registration{Email: email, Name: &client.Name{Given: "Ada"}}, client.Into(&meta))
	if err != nil {
		t.Fatal(err)
	}
	return made.ID, meta
}

func TestTheServiceKnowsTheClientsKeys(t *testing.T) {
	admin := service.Start(t).Client(t, "admin")
	ada := client.Registration{Email: "ada@example.com"}
	var first, second client.Meta
	one, err := admin.RegisterCustomer(t.Context(), ada, client.Key("k-1"), client.Into(&first))
	if err != nil {
		t.Fatal(err)
	}
	same, err := admin.RegisterCustomer(t.Context(), ada, client.Key("k-1"), client.Into(&second))
	if err != nil || same.ID != one.ID || first.Replayed || !second.Replayed || first.Position == 0 {
		t.Errorf("%+v, then %+v: %v", first, second, err)
	}
	if _, err := admin.RegisterCustomer(t.Context(), ada); client.Code(err) != "email_taken" {
		t.Errorf("under a fresh key: %v", err)
	}
	if _, err := admin.RegisterCustomer(t.Context(), client.Registration{Email: "b@example.com"}, client.Key("k-1")); client.Code(err) != "idempotency_key_reused" {
		t.Errorf("another under the same key: %v", err)
	}
	lines := []client.Registration{{Email: "c@example.com"}, {Email: "d@example.com"}, {Email: "ada@example.com"}}
	var ids [2][]string
	for i := range ids {
		for o, err := range admin.BatchRegisterCustomers(t.Context(), client.BatchModeRegister, lines, client.Key("k-2")) {
			if err != nil {
				t.Fatal(err)
			}
			ids[i] = append(ids[i], o.ID)
			if (o.Problem != nil) != (o.Line == 3) || o.Problem != nil && o.Problem.Code != "email_taken" {
				t.Errorf("line %d: %v", o.Line, o.Problem)
			}
		}
	}
	if len(ids[0]) != 3 || !slices.Equal(ids[0], ids[1]) {
		t.Errorf("the same batch twice: %v", ids)
	}
}

// A removal that is sent again has its answer again, not that there is nothing.
func TestNotesAreChangedOnceAKey(t *testing.T) {
	admin := service.Start(t).Client(t, "admin")
	id, _ := register(t, admin, "ada@example.com")
	added, err := admin.AddNote(t.Context(), id, client.NewNote{Type: "support", Content: "called"})
	if err != nil {
		t.Fatal(err)
	}
	remove := func(key string) error {
		return admin.DeleteNote(t.Context(), id, added.ID, client.NoteDeletion{Reason: "wrong customer"}, client.Key(key))
	}
	if first, again := remove("k-1"), remove("k-1"); first != nil || again != nil {
		t.Errorf("removed: %v, again: %v", first, again)
	}
	if err := remove("k-2"); client.Code(err) != "not_found" {
		t.Errorf("under another key: %v", err)
	}
}

func TestVersionsAndPatches(t *testing.T) {
	admin := service.Start(t).Client(t, "admin")
	id, made := register(t, admin, "ada@example.com")
	patched, err := admin.PatchProfile(t.Context(), id, client.ProfilePatch{Locale: client.To("en-GB"), Timezone: client.To("Europe/London")}, client.IfMatch(made.ETag))
	if err != nil || patched.Profile.Locale != "en-GB" {
		t.Fatalf("%+v: %v", patched.Profile, err)
	}
	if _, err := admin.PatchProfile(t.Context(), id, client.ProfilePatch{Locale: client.To("fr-FR")}, client.IfMatch(made.ETag)); client.Code(err) != "precondition_failed" {
		t.Errorf("an older version: %v", err)
	}
	patched, err = admin.PatchProfile(t.Context(), id, client.ProfilePatch{Locale: client.Cleared[string]()})
	if err != nil || patched.Profile.Locale != "" || patched.Profile.Timezone != "Europe/London" {
		t.Errorf("cleared: %+v: %v", patched.Profile, err)
	}
	var meta client.Meta
	if _, err := admin.GetCustomer(t.Context(), id, client.Into(&meta), client.MinPosition(made.Position)); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.GetCustomer(t.Context(), id, client.IfNoneMatch(meta.ETag)); !errors.Is(err, client.ErrNotModified) {
		t.Errorf("what the caller has: %v", err)
	}
	_, err = admin.PatchContact(t.Context(), id, client.ContactPatch{Email: client.To("not an address")})
	p, _ := errors.AsType[*client.Problem](err)
	if p == nil || p.Status != 422 || len(p.Errors) == 0 || p.Errors[0].Pointer != "/email" || strings.Contains(err.Error(), "not an address") {
		t.Errorf("an address that is none: %v", err)
	}
}

func TestAllPagesAndLines(t *testing.T) {
	admin := service.Start(t).Client(t, "admin")
	id, _ := register(t, admin, "ada@example.com")
	var want []string
	for i := range 5 {
		content := strconv.Itoa(i)
		if _, err := admin.AddNote(t.Context(), id, client.NewNote{Type: "support", Content: content}); err != nil {
			t.Fatal(err)
		}
		want = append([]string{content}, want...) // the newest first
	}
	var notes, types, operations []string
	for n, err := range admin.AllNotes(t.Context(), id, client.ListNotesParams{Limit: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		notes = append(notes, n.Content)
	}
	for e, err := range admin.AllTimeline(t.Context(), id, client.GetTimelineParams{Limit: 1}) {
		if err != nil {
			t.Fatal(err)
		}
		types = append(types, e.Type)
	}
	for e, err := range admin.AllAccessLog(t.Context(), id, client.Page{Limit: 3}) {
		if err != nil {
			t.Fatal(err)
		}
		operations = append(operations, e.Operation)
	}
	if !slices.Equal(notes, want) || len(types) != 6 || !slices.Contains(operations, "addNote") || !slices.Contains(operations, "getTimeline") {
		t.Errorf("%v, %v, %v", notes, types, operations)
	}
	var contexts []string
	for c, err := range admin.BatchGetContext(t.Context(), "", []client.ContextLine{{ID: id}, {ID: "01a20abb-5f0e-7d48-85f6-349c1cffc071"}}) {
		if err != nil {
			t.Fatal(err)
		}
		contexts = append(contexts, fmt.Sprint(c.Status, c.Context != nil, c.Problem != nil))
	}
	if got := strings.Join(contexts, ", "); got != "200 true false, 404 false true" {
		t.Errorf("contexts: %s", got)
	}
	if _, err := admin.GrantConsent(t.Context(), id, "marketing", client.ConsentRecord{Source: client.ConsentSourceWeb}); err != nil {
		t.Fatal(err)
	}
	acts := 0
	for _, err := range admin.ExportConsents(t.Context(), client.ConsentAudit{}) {
		if err != nil {
			t.Fatal(err)
		}
		acts++
	}
	if acts != 2 {
		t.Errorf("exported %d acts", acts)
	}
}

// Whoever listens hears of what happens, and comes again where it was.
func TestTheTimelineIsFollowed(t *testing.T) {
	admin := service.Start(t).Client(t, "admin")
	id, made := register(t, admin, "ada@example.com")
	changes := 0
	change := func() {
		t.Helper()
		theme := []client.Theme{client.ThemeDark, client.ThemeLight, client.ThemeSystem}[changes%3]
		if _, err := admin.PatchDisplayPreferences(t.Context(), id, client.DisplayPatch{Theme: client.To(theme)}); err != nil {
			t.Fatal(err)
		}
		changes++
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	last, heard := strconv.FormatInt(made.Position, 10), 0
	for range 3 {
		change() // while nobody listens
		for e, err := range admin.StreamTimeline(ctx, id, last) {
			if err != nil || e.Data.Type != "PreferencesUpdated" || e.ID == last {
				t.Fatalf("%+v: %v", e, err)
			}
			if last, heard = e.ID, heard+1; heard == changes && heard%2 == 0 {
				break
			}
			change() // while it is listened to
		}
	}
	if heard != 6 {
		t.Errorf("heard %d of %d", heard, changes)
	}
}
