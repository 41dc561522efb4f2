package consent

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/acme/customers/internal/fault"
)

// Imported is the source of acts that another system recorded.
const Imported = "import"

// Sources are the channels through which a customer may act.
func Sources() []string { return []string{"web", "app", "phone", "store", "email", "api", Imported} }

// Record records one act of a customer about a purpose.
type Record struct {
	Kind      Status // Pending (asked), Granted, Denied or Revoked
	Evidence  Evidence
	At        time.Time // of the act; not in the future
	Now       time.Time
	Source    string
	ExpiresAt time.Time // of a grant; zero: by the purpose's life
	Country   string    // of the customer, for which notice it is shown; "": not known
	Purposes  Purposes
}

// Decide keeps to the diagram. A grant or a refusal that nobody asked for by
// itself asks in the same moment, as a form with a box does. Acts in the past
// go where their time says, if the diagram holds with them.
func (c Record) Decide(s *State) ([]Event, error) {
	purpose := c.Purposes.Find(c.Evidence.Purpose)
	if purpose == nil {
		return nil, fault.ErrNotFound
	}
	if err := c.check(purpose); err != nil {
		return nil, err
	}
	if c.Evidence.Notice == "" {
		c.Evidence.Notice = purpose.Latest(c.Country)
	}
	before, acts := s.At(c.Evidence.Purpose, c.At), s.Acts[c.Evidence.Purpose]
	if c.repeats(before, acts) {
		return nil, nil
	}
	if len(acts) >= maxActs && c.Kind != Revoked { // to withdraw is never refused
		return nil, fault.ErrInvalid.At(fault.Field{Code: "too_many_acts", Msg: "there are more acts about this purpose than a person makes"})
	}
	var events []Event
	if before.Status == NotRequested && (c.Kind == Granted || c.Kind == Denied) {
		events = append(events, Requested{c.Evidence})
		acts = insert(acts, Act{Kind: Pending, At: c.At})
	}
	expires := c.expires(purpose)
	askAgain := before.Status == Granted && !purpose.Sufficient(before.Act.Notice, c.Country) // under a new notice; it takes nothing away
	if c.Kind == Pending && !Allowed(before.Status, Pending) && !askAgain || !legal(insert(acts, Act{Kind: c.Kind, At: c.At, ExpiresAt: expires})) {
		return nil, fault.ErrTransition
	}
	return append(events, c.event(expires)), nil
}

// repeats tells whether the same was said already. A grant is not a repetition,
// it renews; but two of the same instant that say the same are one act, told
// twice, whatever the life of grants is by now.
func (c *Record) repeats(before Standing, acts []Act) bool {
	told := slices.ContainsFunc(acts, func(a Act) bool {
		return a.Kind == c.Kind && a.At.Equal(c.At) && a.Notice == c.Evidence.Notice && (c.ExpiresAt.IsZero() || a.ExpiresAt.Equal(c.ExpiresAt))
	})
	return told || before.Status == c.Kind && c.Kind != Granted
}

func (c *Record) expires(p *Purpose) time.Time {
	switch {
	case c.Kind != Granted:
		return time.Time{}
	case c.ExpiresAt.IsZero() && p.LifeDays > 0:
		return c.At.Add(time.Duration(p.LifeDays) * 24 * time.Hour)
	}
	return c.ExpiresAt
}

func (c *Record) event(expires time.Time) Event {
	switch c.Kind {
	case Granted:
		return Given{c.Evidence, expires}
	case Denied:
		return Declined{c.Evidence}
	case Revoked:
		return Withdrawn{c.Evidence}
	}
	return Requested{c.Evidence}
}

const (
	maxActs    = 1000 // about a purpose: they are looked through at every decision
	maxWord    = 50
	maxDetails = 10
	maxDetail  = 500
)

func (c *Record) check(p *Purpose) error {
	var fields []fault.Field
	add := func(pointer, code, msg string) {
		fields = append(fields, fault.Field{Pointer: pointer, Code: code, Msg: msg})
	}
	if c.Evidence.Notice != "" && p.Notice(c.Evidence.Notice) == nil {
		add("/noticeVersion", "unknown_notice", "the purpose has no such version of its notice")
	}
	if c.Evidence.Notice == "" && c.Source == Imported && len(p.Notices) > 0 {
		add("/noticeVersion", "missing", "an import says which notice was shown then")
	}
	if !slices.Contains(Sources(), c.Source) {
		add("/source", "invalid_source", "a source is web, app, phone, store, email, api or import")
	}
	for pointer, word := range map[string]string{"/method": c.Evidence.Method, "/surface": c.Evidence.Surface} {
		if !isWord(word) {
			add(pointer, "invalid_word", "expected up to 50 of a-z, 0-9, _ and -")
		}
	}
	if c.At.After(c.Now) {
		add("/at", "in_the_future", "nobody has acted in the future")
	}
	if c.At.Year() < firstYear || c.ExpiresAt.Year() > lastYear {
		add("/at", "not_in_our_time", "a time is from 1900 to 2200")
	}
	if !c.ExpiresAt.IsZero() && (c.Kind != Granted || !c.ExpiresAt.After(c.At)) {
		add("/expiresAt", "invalid_expiry", "a grant ends after it was given, and nothing else ends")
	}
	if len(c.Evidence.Details) > maxDetails {
		add("/details", "too_many", "at most ten details")
	}
	for name, value := range c.Evidence.Details {
		if utf8.RuneCountInString(name) > maxWord || utf8.RuneCountInString(value) > maxDetail {
			add("/details", "too_long", "a detail has a name of up to 50 and a text of up to 500 characters")
			break
		}
	}
	if len(fields) == 0 {
		return nil
	}
	slices.SortFunc(fields, func(a, b fault.Field) int {
		if a.Pointer < b.Pointer {
			return -1
		}
		return 1
	})
	return fault.ErrInvalid.At(fields...)
}

// The years that anything is about.
const firstYear, lastYear = 1900, 2200

// isWord: what is stored in clear is a word of a list, never a sentence.
func isWord(s string) bool {
	if len(s) > maxWord {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// RecordEnd records that a grant has come to its end. The act's time is the
// end, whenever it is recorded.
type RecordEnd struct {
	Purpose string
	At      time.Time // the end
}

// Decide gives nothing when the end is recorded, or was put off by a renewal.
func (c RecordEnd) Decide(s *State) ([]Event, error) {
	for _, st := range s.Ended(c.At) {
		if st.Purpose == c.Purpose && st.Since.Equal(c.At) {
			return []Event{RanOut{Evidence{Purpose: st.Purpose, Notice: st.Act.Notice}}}, nil
		}
	}
	return nil, nil
}
