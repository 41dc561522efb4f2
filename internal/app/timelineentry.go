package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/membership"
	"github.com/acme/customers/internal/message"
	"github.com/acme/customers/internal/note"
	"github.com/acme/customers/internal/savedsearch"
	"github.com/acme/customers/internal/segment"
)

// kindGroups are what a caller must be allowed to see to know of an event of a
// kind of stream at all. A kind that is missing is shown to nobody; a test holds
// the list complete.
var kindGroups = map[string]authz.Field{customer.Stream: authz.FieldIdentity, consent.Stream: authz.FieldConsents,
	message.Stream: authz.FieldPreferences, note.Stream: authz.FieldNotes, activity.Stream: authz.FieldActivity,
	membership.Stream: authz.FieldSegments, segment.Stream: authz.FieldSegments, savedsearch.Stream: authz.FieldSegments}

// eventGroups map the fields of events, by kind and first name, to what a mask
// decides on. A field that is not public and not here is shown to nobody; a test
// holds the list complete.
var eventGroups = map[string]authz.Field{
	"customer.userId": authz.FieldUserID, "customer.externalIds": authz.FieldExternalIDs, "customer.name": authz.FieldName,
	"customer.email": authz.FieldContact, "customer.phone": authz.FieldContact, "customer.tags": authz.FieldTags,
	"customer.profile": authz.FieldDemographics, "customer.profile.dateOfBirth": authz.FieldDateOfBirth, "customer.profile.attributes": authz.FieldAttributes,
	"customer.dateOfBirth": authz.FieldDateOfBirth, "customer.attributes": authz.FieldAttributes, "customer.gender": authz.FieldDemographics,
	"customer.locale": authz.FieldDemographics, "customer.timezone": authz.FieldDemographics, "customer.currency": authz.FieldDemographics,
	"customer.address": authz.FieldAddresses, "customer.choices": authz.FieldPreferences,
	"consent.evidence": authz.FieldConsents, "message.messageId": authz.FieldPreferences, "message.address": authz.FieldContact,
	"activity.activityId": authz.FieldActivity, "activity.data": authz.FieldActivity, "activity.orderId": authz.FieldActivity, "activity.amount": authz.FieldActivity,
	"activity.currency": authz.FieldActivity, "activity.ticketId": authz.FieldActivity, "activity.about": authz.FieldActivity, "activity.resolution": authz.FieldActivity,
	"note.type": authz.FieldNotes, "note.content": authz.FieldNotes, "note.pinned": authz.FieldNotes, "note.reason": authz.FieldNotes, "note.by": authz.FieldNotes,
	"segment.name": authz.FieldSegments, "segment.description": authz.FieldSegments, "segment.criteria": authz.FieldSegments, "search.search": authz.FieldSegments, "search.owner": authz.FieldSegments, // never in a customer's
}

// eventGroup finds the group of a field by its path, else by its first name.
func eventGroup(kind, path string) (authz.Field, bool) {
	if g, ok := eventGroups[kind+"."+path]; ok {
		return g, true
	}
	first, _, _ := strings.Cut(path, ".")
	g, ok := eventGroups[kind+"."+first]
	return g, ok
}

// told gives a sentence for people and the fields of an event, both from the
// catalogue, as far as the mask shows them.
func told(def *event.Definition, e any, mask authz.FieldMask, kind string) (summary string, details []TimelineDetail) {
	var words []string
	def.Codec.Each(e, func(f event.Field, value any) {
		group, known := eventGroup(kind, f.Path)
		if f.Class != event.Public && (!known || !mask.Has(group)) {
			return
		}
		details = append(details, TimelineDetail{f.Path, value})
		if s := fmt.Sprint(value); f.Class == event.Public && isSaying(f.Path, value) {
			words = append(words, s)
		}
	})
	summary, _, _ = strings.Cut(def.Doc, ";")
	summary = strings.TrimSuffix(summary, ".")
	if len(words) > 0 {
		summary += ": " + strings.Join(words, ", ")
	}
	return summary, details
}

// isSaying: words say something to people, ids and times do not.
func isSaying(path string, value any) bool {
	s, isWord := value.(string)
	if !isWord {
		switch value.(type) {
		case customer.Cause, customer.Type, message.Cause, customer.AddressType:
			isWord = true
		}
		s = fmt.Sprint(value)
	}
	return isWord && s != "" && !strings.HasSuffix(path, "Id") && !strings.HasSuffix(path, "notice")
}

// noteShown: an event of a note is shown to whoever may read the note's type,
// as it is now and as it was then. Whether it was deleted since is told, too.
func (a *App) noteShown(ctx context.Context, c *Call, id uuid.UUID, e any) (shown, deleted bool, err error) {
	noteID := note.Of(e)
	if noteID == "" {
		return true, false, nil
	}
	l, err := a.Model.Notes(ctx, id)
	if err != nil {
		return false, false, err
	}
	role := string(c.Caller.Role)
	shown = a.NoteTypes.Readable(role, l.State.Notes[noteID].Type)
	if then := note.TypeOf(e); then != "" {
		shown = shown && a.NoteTypes.Readable(role, then)
	}
	return shown, l.State.Notes[noteID].Deleted, nil
}

var errNoGroup = errors.New("app: a field of an event has no group")

// CheckTimeline tells whether every field of every event has a group, so that a
// new one is not withheld by accident.
func CheckTimeline(kind string, defs []event.Definition) error {
	if _, ok := kindGroups[kind]; !ok {
		return fault.ErrInternal.With(fmt.Errorf("%w: kind %s", errNoGroup, kind))
	}
	for i := range defs {
		for _, f := range defs[i].Codec.Fields() {
			if _, ok := eventGroup(kind, f.Path); !ok && f.Class != event.Public {
				return fault.ErrInternal.With(fmt.Errorf("%w: %s of %s", errNoGroup, f.Path, defs[i].Name))
			}
		}
	}
	return nil
}
