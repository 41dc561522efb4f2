package reactor

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
)

// called notes which use case was called with what.
type called struct {
	name string
	user app.User
}

func (c *called) UserRegistered(_ context.Context, u app.User) error {
	*c = called{"registered", u}
	return nil
}
func (c *called) UserUpdated(_ context.Context, u app.User) error {
	*c = called{"updated", u}
	return nil
}
func (c *called) UserDeleted(_ context.Context, u app.User) error {
	*c = called{"deleted", u}
	return nil
}

func TestEveryIdentityEventHasItsUseCase(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	data := `{"userId":"u1","email":"ada@example.com","emailVerified":true,"name":{"given":"Ada"},"locale":"de","plan":"gold"}`
	want := app.User{Message: "/identity\x001", UserID: "u1", Email: "ada@example.com", EmailVerified: true, Name: customer.Name{Given: "Ada"}, Locale: "de", At: at}
	for kind, name := range map[string]string{"UserRegistered": "registered", "UserUpdated": "updated", "UserDeleted": "deleted"} {
		var got called
		var revoked string
		handle := HandleIdentity(&got, func(_ context.Context, subject string) error { revoked = subject; return nil })
		err := handle(t.Context(), bus.InboundMessage{On: "identity.v1." + kind, ID: "1", Source: "/identity", Type: "acme.identity." + kind + ".v1", Time: at, Data: json.RawMessage(data)})
		if err != nil || got.name != name {
			t.Errorf("%s: called %q, %v", kind, got.name, err)
		}
		if diff := cmp.Diff(want, got.user); diff != "" {
			t.Error(diff)
		}
		if (revoked == "u1") != (kind == "UserDeleted") {
			t.Errorf("%s: revoked %q", kind, revoked)
		}
	}
}

func TestTheSubjectNamesTheUserWhenTheDataDoesNot(t *testing.T) {
	var got called
	err := HandleIdentity(&got, nil)(t.Context(), bus.InboundMessage{ID: "1", Source: "/identity", Subject: "u7", On: "identity.v1.UserDeleted", Type: "UserDeleted", Data: json.RawMessage(`{}`)})
	if err != nil || got.user.UserID != "u7" {
		t.Errorf("user %q, %v", got.user.UserID, err)
	}
}

// What cannot be read goes to the dead letters at once, and its fault shows
// nothing of it.
func TestWhatCannotBeReadIsMalformed(t *testing.T) {
	for name, m := range map[string]bus.InboundMessage{
		"not an object": {On: "identity.v1.UserUpdated", Type: "UserUpdated", Data: json.RawMessage(`["MARKER"]`)},
		"a wrong type":  {On: "identity.v1.UserUpdated", Type: "UserUpdated", Data: json.RawMessage(`{"userId":"u1","email":["MARKER"]}`)},
		"a double key":  {On: "identity.v1.UserUpdated", Type: "UserUpdated", Data: json.RawMessage(`{"userId":"u1","userId":"MARKER"}`)},
		"nobody":        {On: "identity.v1.UserUpdated", Type: "UserUpdated", Data: json.RawMessage(`{"email":"MARKER"}`)},
		"another event": {On: "identity.v1.UserPromoted", Type: "UserPromoted", Data: json.RawMessage(`{"userId":"MARKER"}`)},
	} {
		var got called
		err := HandleIdentity(&got, nil)(t.Context(), m)
		if !errors.Is(err, fault.ErrMalformed) || got.name != "" {
			t.Errorf("%s: called %q, %v", name, got.name, err)
		}
		if strings.Contains(err.Error(), "MARKER") {
			t.Errorf("%s: the fault shows a value: %v", name, err)
		}
	}
}
