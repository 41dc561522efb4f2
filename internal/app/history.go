package app

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/journal"
)

// Entry is one event of a customer's history.
type Entry struct {
	Version    int64
	Type       string
	OccurredAt time.Time
	RecordedAt time.Time
	ActorKind  event.ActorKind
	ActorID    string // "" when withheld
	Source     string
	Reason     string // "" when withheld
	Changes    []FieldChange
}

// FieldChange is one field before and after; nil is empty.
type FieldChange struct {
	Field         string // as in the resource, e.g. "email.address"
	Before, After any
}

// History is a page of entries, oldest first.
type History struct {
	Entries  []Entry
	Next     int64 // the version to go on after; 0: there is no more
	Withheld []string
}

// MaxHistory is the largest page.
const MaxHistory = 200

// History gives what changed, by whom and when, after a version. Fields that
// the caller may not see are left out.
func (a *App) History(ctx context.Context, c Call, id uuid.UUID, after int64, limit int) (History, error) {
	mask, err := a.allow(ctx, &c, authz.GetHistory, id)
	if err != nil {
		return History{}, err
	}
	l, err := a.current(ctx, &c, id)
	if err != nil {
		return History{}, err
	}
	if limit <= 0 || limit > MaxHistory {
		limit = MaxHistory
	}
	out := History{Withheld: mask.Withheld()}
	err = journal.Replay(ctx, a.Journal, a.Streams.Customers, id, func(s journal.Step[customer.State]) bool {
		if s.Version <= after {
			return true
		}
		if len(out.Entries) == limit {
			out.Next = out.Entries[limit-1].Version
			return false
		}
		out.Entries = append(out.Entries, a.entry(s, mask))
		return true
	})
	if err != nil {
		return History{}, gone(&c, err)
	}
	return out, a.audit(ctx, &c, authz.GetHistory, mask, id, &l)
}

func (a *App) entry(s journal.Step[customer.State], mask authz.FieldMask) Entry {
	e := Entry{Version: s.Version, Type: s.Type, OccurredAt: s.OccurredAt, RecordedAt: s.RecordedAt,
		ActorKind: s.Actor, Source: s.Source}
	if mask.Has(authz.FieldHistoryActor) {
		e.ActorID, e.Reason = s.Meta.ActorID, s.Meta.Reason
	}
	for _, ch := range a.Streams.Customers.State.Diff(s.Before, s.After) {
		group, shown := fieldGroup(ch.Field.Path)
		if !shown || !mask.Has(group) {
			continue
		}
		name := ch.Field.Path
		if ch.Key != "" {
			name += "." + ch.Key
		}
		e.Changes = append(e.Changes, FieldChange{name, ch.Before, ch.After})
	}
	return e
}

// groups maps the resource's members to what a mask decides on. A field that
// is missing here is shown to nobody; a test holds the list complete.
var groups = map[string]authz.Field{
	"status": authz.FieldIdentity, "type": authz.FieldIdentity, "registeredAt": authz.FieldIdentity,
	"name": authz.FieldName, "email": authz.FieldContact, "phone": authz.FieldContact,
	"userId": authz.FieldUserID, "externalIds": authz.FieldExternalIDs, "tags": authz.FieldTags,
	"profile.dateOfBirth": authz.FieldDateOfBirth, "profile.attributes": authz.FieldAttributes,
	"profile.gender": authz.FieldDemographics, "profile.locale": authz.FieldDemographics,
	"profile.timezone": authz.FieldDemographics, "profile.currency": authz.FieldDemographics,
	"lastActivityAt": authz.FieldActivity, "addresses": authz.FieldAddresses, "preferences": authz.FieldPreferences,
}

// fieldGroup finds the group of a leaf field by its own path or its parent's.
func fieldGroup(path string) (authz.Field, bool) {
	if g, ok := groups[path]; ok {
		return g, true
	}
	parent, _, _ := strings.Cut(path, ".")
	g, ok := groups[parent]
	return g, ok
}
