package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/acme/customers/client"
)

func TestOptionsReachTheService(t *testing.T) {
	s := newSceneWith(t, []client.Option{client.UserAgent("orders/1")}, ok(`{}`, "ETag", `"4"`, "Customers-Position", "77", "Idempotency-Replayed", "true"), ok(`{}`), answer(304, "", ""))
	var meta client.Meta
	ctx := client.WithPurpose(t.Context(), "order entry")
	if _, err := s.PatchProfile(ctx, ada, client.ProfilePatch{}, client.IfMatch(`"3"`), client.Into(&meta)); err != nil {
		t.Fatal(err)
	}
	if want := (client.Meta{ETag: `"4"`, Position: 77, Replayed: true}); meta != want {
		t.Errorf("the answer says %+v", meta)
	}
	_, err := s.GetCustomer(ctx, ada, client.For("a call"), client.MinPosition(77), client.MaxAge(90*time.Second), client.AsOf(time.Unix(0, 0).UTC()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.GetCustomer(t.Context(), ada, client.IfNoneMatch(`"4"`)); !errors.Is(err, client.ErrNotModified) {
		t.Errorf("not modified: %v", err)
	}
	for name, want := range map[string]string{"User-Agent": "orders/1|orders/1|orders/1", "X-Purpose": "order entry|a call|", "If-Match": `"3"||`, "Authorization": "Bearer t|Bearer t|Bearer t",
		"Cache-Control": "|max-age=90|", "If-None-Match": `||"4"`, "Content-Type": "application/merge-patch+json||"} {
		if got := strings.Join(s.seen(name), "|"); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if q := s.got()[1].query; q != "asOf=1970-01-01T00%3A00%3A00Z&minPosition=77" {
		t.Errorf("the query is %q", q)
	}
}

// A change that was meant to be conditional is not made without its condition,
// and none is made of another resource.
func TestCallsThatCannotBeMeantAreNotSent(t *testing.T) {
	s := newScene(t) // expects no attempt
	_, condition := s.AddNote(t.Context(), ada, client.NewNote{}, client.IfMatch(`"1"`))
	_, key := s.GetCustomer(t.Context(), ada, client.Key("k"))
	_, empty := s.GetCustomer(t.Context(), "")
	for name, err := range map[string]error{"addNote: it takes no If-Match": condition, "getCustomer: it takes no Idempotency-Key": key, "getCustomer: an id is empty": empty,
		"revokePreferenceLinks: an id is empty": s.RevokePreferenceLinks(t.Context(), "..")} {
		if err == nil || err.Error() != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestIdsCannotLeaveTheirPlace(t *testing.T) {
	s := newScene(t, ok(`{}`))
	if _, err := s.GetActivity(t.Context(), "a/../b?c#d"); err != nil || s.got()[0].path != "/v1/customers/a%2F..%2Fb%3Fc%23d/activity" {
		t.Errorf("%v asked for %s", err, s.got()[0].path)
	}
}

func TestTokensGoNowhereElse(t *testing.T) {
	for _, url := range []string{"", "customers.example", "ftp://customers.example", "http://customers.example", "https://u:p@customers.example", "https://customers.example?x=1"} {
		if _, err := client.New(url); err == nil {
			t.Errorf("%q is taken", url)
		}
	}
	for _, url := range []string{"https://customers.example", "http://127.0.0.1:8080/", "http://localhost:1", "http://[::1]:1"} {
		if _, err := client.New(url); err != nil {
			t.Errorf("%q: %v", url, err)
		}
	}
	if _, err := client.New("http://customers.example", client.PlainHTTP()); err != nil {
		t.Error(err)
	}
	asked := 0
	s := newSceneWith(t, []client.Option{client.Token(func(context.Context) (string, error) { asked++; return "", errors.New("no token") })})
	if _, err := s.GetCustomer(t.Context(), ada); err == nil || asked != 1 {
		t.Errorf("without a token: %v after %d", err, asked)
	}
}

func TestAMergePatchTellsAbsentFromNull(t *testing.T) {
	for want, patch := range map[string]any{
		`{}`:                                   client.ProfilePatch{},
		`{"gender":null,"locale":"en-GB"}`:     client.ProfilePatch{Gender: client.Cleared[string](), Locale: client.To("en-GB")},
		`{"coordinates":null}`:                 client.AddressPatch{Coordinates: client.Cleared[client.AddressPosition]()},
		`{"tags":[]}`:                          client.CustomerPatch{Tags: client.To([]string{})},
		`{"externalIds":{"shop":null}}`:        client.CustomerPatch{ExternalIDs: map[string]*string{"shop": nil}},
		`{"email":false}`:                      client.CommunicationPatch{Email: client.To(false)},
		`{"channel":"email","topic":"offers"}`: client.ContactQuestion{Channel: client.ChannelEmail, Topic: "offers"},
		`{"content":"c","type":"support"}`:     client.NewNote{Content: "c", Type: "support"},
		`{"latitude":null,"longitude":0.5}`:    client.AddressPosition{Longitude: new(0.5)},
	} {
		if got, err := json.Marshal(patch); err != nil || string(got) != want {
			t.Errorf("%s: got %s: %v", want, got, err)
		}
	}
}

// Whoever takes the client takes nothing else.
func TestTheModuleNeedsNothing(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil || strings.Contains(string(mod), "require") || !strings.Contains(string(mod), "module ") {
		t.Errorf("go.mod is %s: %v", mod, err)
	}
}

// A file is sent as it is, byte order mark and all, and again where the service
// asks for that.
func TestAFileIsSentAsItIs(t *testing.T) {
	s := newScene(t, answer(503, "", `{"code":"unavailable"}`), ok(`{"column":"number","lines":2,"changed":1,"unknown":[3]}`), ok(`{}`))
	file, out := "\ufeffnumber;x\r\nC-1;\"a\"\r\n", true
	done, err := s.LoadSegmentMembers(t.Context(), "vip", nil, []byte(file))
	if err != nil || done.Changed != 1 || len(done.Unknown) != 1 {
		t.Errorf("%+v %v", done, err)
	}
	if _, err := s.LoadSegmentMembers(t.Context(), "vip", &out, []byte(file)); err != nil {
		t.Fatal(err)
	}
	for i, a := range s.got() {
		if a.body != file || a.header.Get("Content-Type") != "text/csv" || a.path != "/v1/segments/vip/members/load" || a.query != []string{"", "", "remove=true"}[i] {
			t.Errorf("attempt %d: %+v", i, a)
		}
	}
}
