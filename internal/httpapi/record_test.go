package httpapi

import (
	"cmp"
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
)

// recording keeps what is put on record, and forgets one action: the control.
type recording struct {
	app.AccessLog
	forgets authz.Action
	asked   int // inquiries, each about somebody else
	mu      sync.Mutex
	entries []access.Entry
}

// recordedAs are the actions that the log has under another name.
var recordedAs = map[authz.Action]authz.Action{authz.ClassifyCustomer: authz.PatchCustomer, authz.GetPreferencesSection: authz.GetPreferences,
	authz.BatchGetContext: authz.GetContext}

func (r *recording) Record(ctx context.Context, e access.Entry) error {
	if authz.Action(e.Action) == r.forgets {
		return nil
	}
	r.mu.Lock()
	r.entries = append(r.entries, e)
	r.mu.Unlock()
	return r.AccessLog.Record(ctx, e)
}

// groupOf are the groups that marks of an inquiry are of.
var groupOf = map[string]authz.Field{"ada@example": authz.FieldContact, "Lovelace": authz.FieldName, "+41446681800": authz.FieldContact, "1990-12-10": authz.FieldDateOfBirth,
	"Bundesplatz": authz.FieldAddresses, "called": authz.FieldNotes, "suspects": authz.FieldNotes, `"9.90"`: authz.FieldActivity}

// silent are the operations that show nothing of a customer, and why.
var silent = map[authz.Action]string{
	authz.RegisterCustomer:         "its caller has just said it all",
	authz.ListPurposes:             "about nobody",
	authz.GetAddressFormat:         "about nobody",
	authz.ValidateAddress:          "an address that is nobody's yet",
	authz.GetStatistics:            "counts",
	authz.RevalidateAddresses:      "counts",
	authz.VerifyStore:              "counts",
	authz.RebuildSnapshots:         "counts",
	authz.ResetRelay:               "no content",
	authz.ListDeadLetters:          "without what is in them",
	authz.ReplayDeadLetter:         "no content",
	authz.RecordActivity:           "told, and not asked",
	authz.BatchRecordActivities:    "told, and not asked",
	authz.ReportMessage:            "told, and not asked",
	authz.ListSavedSearches:        "what staff looks for",
	authz.SaveSearch:               "what staff looks for",
	authz.GetSavedSearch:           "what staff looks for",
	authz.ReplaceSavedSearch:       "what staff looks for",
	authz.DeleteSavedSearch:        "no content",
	authz.ListSegments:             "segments, and how many are in them",
	authz.CreateSegment:            "a segment",
	authz.GetSegment:               "a segment, and how many are in it",
	authz.PatchSegment:             "a segment",
	authz.DeleteSegment:            "no content",
	authz.OverlapSegments:          "counts",
	authz.RecomputeSegment:         "counts",
	authz.GetSegmentHistory:        "counts",
	authz.ListSegmentVersions:      "rules",
	authz.AddSegmentMember:         "no content",
	authz.RemoveSegmentMember:      "no content",
	authz.ChangeSegmentMembers:     "told, and not asked",
	authz.GetReaders:               "who of the staff read how much, and nothing of a customer",
	authz.BatchReportMessages:      "told, and not asked",
	authz.BatchRecordConsents:      "told, and not asked",
	authz.RequestEmailVerification: "the id of a delivery, whose code is asked for elsewhere",
	authz.RequestPhoneVerification: "the id of a delivery, whose code is asked for elsewhere",
}

// unrecorded asks for actions and lists what was shown and is not on record, or
// is not as it should be.
func (s *scene) unrecorded(t *testing.T, log *recording, actions ...authz.Action) (wrong []string) {
	t.Helper()
	operations := described(routes(Config{}).huma.OpenAPI())
	for _, action := range actions {
		name := cmp.Or(variants[action], string(action))
		i := slices.IndexFunc(operations, func(op *huma.Operation) bool { return op.OperationID == name })
		op := operations[i]
		log.asked++
		q := s.inquire(t, log.asked, action, op.Method, op.Path)
		if op.RequestBody == nil {
			q.body = ""
		}
		log.entries = nil
		w := s.call(q.who, q.method, q.path, q.body, append(q.headers, purposeHeader+": customer-care")...)
		for _, why := range s.judge(t, action, &q, w, log.entries) {
			wrong = append(wrong, fmt.Sprintf("%s: %s", action, why))
		}
	}
	return wrong
}

// judge compares an answer with what was put on record before it.
func (s *scene) judge(t *testing.T, action authz.Action, q *inquiry, w *httptest.ResponseRecorder, entries []access.Entry) (wrong []string) {
	t.Helper()
	if w.Code >= 300 || strings.Contains(w.Body.String(), `"problem"`) {
		return []string{fmt.Sprintf("it is not shown what it answers to who may: %d %s", w.Code, w.Body)}
	}
	shown := slices.ContainsFunc(q.marks, func(mark string) bool { return strings.Contains(w.Body.String(), mark) })
	if _, ok := silent[action]; ok {
		if shown {
			wrong = append(wrong, "it is said to show nothing of anybody, and does")
		}
		return wrong
	}
	if len(entries) == 0 {
		return append(wrong, "nothing is on record: say that it shows nothing, or record it")
	}
	if action == authz.StreamTimeline && len(entries) < 2 { // who listens is on record, and each time something is shown
		wrong = append(wrong, "what is shown later is not on record")
	}
	for _, id := range q.about {
		if !slices.ContainsFunc(entries, func(e access.Entry) bool { return s.isAbout(t, e, id) }) {
			wrong = append(wrong, "a customer has no entry")
		}
	}
	for _, e := range entries {
		if authz.Action(e.Action) != cmp.Or(recordedAs[action], action) {
			wrong = append(wrong, "on record is "+e.Action)
		}
		if role, _, _ := strings.Cut(q.who, ";"); e.Actor != role || e.ActorID != "test:"+role || e.Channel != "api" || e.Purpose != "customer-care" || e.From == "" || e.At.IsZero() {
			wrong = append(wrong, fmt.Sprintf("who, through what, what for, from where and when: %q %q %q %q %q %v", e.Actor, e.ActorID, e.Channel, e.Purpose, e.From, e.At))
		}
		for mark, group := range groupOf {
			if len(q.about) > 0 && strings.Contains(w.Body.String(), mark) && !authz.FieldMask(e.Fields).Has(group) {
				wrong = append(wrong, fmt.Sprintf("that %s were shown is not on record", group))
			}
		}
		if text := fmt.Sprint(e.Actor, e.ActorID, e.Action, e.Channel, e.Purpose, e.From, e.Trace); slices.ContainsFunc(q.marks, func(mark string) bool { return strings.Contains(text, mark) }) {
			wrong = append(wrong, "the entry has a value")
		}
	}
	return wrong
}

func (s *scene) isAbout(t *testing.T, e access.Entry, id string) bool {
	t.Helper()
	if e.Subject.String() == id {
		return true
	}
	l, err := s.app.Model.Get(t.Context(), uuid.MustParse(id))
	if err != nil {
		t.Fatal(err)
	}
	return e.Bulk != nil && e.Bulk.Contains(uint32(l.Row.Ordinal))
}

// Whatever shows something of a customer is on record, with who, why and which
// fields, and without a value: every operation there is, for a new one that is
// in no list is asked for, too.
func TestEveryOperationThatShowsSomebodyIsOnRecord(t *testing.T) {
	s := newScene(t)
	log := &recording{AccessLog: s.app.Access}
	s.app.Access = log
	for _, wrong := range s.unrecorded(t, log, authz.Actions()...) {
		t.Error(wrong)
	}
	reads := slices.DeleteFunc(authz.Actions(), func(a authz.Action) bool { return silent[a] != "" })
	if len(reads) < 50 {
		t.Errorf("only %d operations show something", len(reads))
	}
	for _, action := range reads {
		log.forgets = cmp.Or(recordedAs[action], action)
		if len(s.unrecorded(t, log, action)) == 0 {
			t.Errorf("control: nobody sees that %s is not on record", action)
		}
	}
	log.forgets = ""
	silent[authz.GetActivity] = "the control"
	defer delete(silent, authz.GetActivity)
	if len(s.unrecorded(t, log, authz.GetActivity)) == 0 {
		t.Error("control: nobody sees that an operation shows more than it is said to")
	}
}
