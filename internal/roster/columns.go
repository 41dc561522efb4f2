package roster

import (
	"math"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/rule"
)

// columns answers rules for all customers. The roster is locked while it does.
type columns struct{ *Roster }

var textColumns = map[rule.ID]int{rule.Status: statusWord, rule.Type: typeWord, rule.Country: countryWord, rule.Locale: localeWord, rule.LocaleLanguage: languageWord,
	rule.Timezone: timezoneWord, rule.Currency: currencyWord, rule.Gender: genderWord, rule.DisplayLanguage: shownLanguage, rule.DisplayCurrency: shownCurrency,
	rule.DisplayTimezone: shownTimezone, rule.DisplayTheme: shownTheme}

var truthColumns = map[rule.ID]int{rule.ByEmail: takesEmail, rule.BySMS: takesSMS, rule.ByPush: takesPush, rule.ByMail: takesMail, rule.DataSharing: sharesData,
	rule.ActivityTracking: trackedActivity, rule.Analytics: inAnalytics, rule.EmailPresent: hasEmail, rule.EmailVerified: emailVerified,
	rule.PhonePresent: hasPhone, rule.PhoneVerified: phoneVerified}

// The fields of columns.
var (
	wordFields = byColumn[[wordColumns]rule.ID](textColumns)
	flagFields = byColumn[[flagColumns]rule.ID](truthColumns)
)

func byColumn[A [wordColumns]rule.ID | [flagColumns]rule.ID](columns map[rule.ID]int) (fields A) {
	for id, column := range columns {
		fields[column] = id
	}
	return fields
}

// All are the customers who are known.
func (c columns) All() *roaring.Bitmap { return c.customers }

// Known are those with a value.
func (c columns) Known(r rule.Ref) *roaring.Bitmap {
	switch r.Field().Kind {
	case rule.Text:
		return c.words[textColumns[r.ID]].any
	case rule.Texts:
		return c.anyListed(r.ID)
	case rule.Time:
		return c.instants(r.ID).between(len(c.ids), 1, rule.LastTime())
	case rule.Years:
		return c.born.between(len(c.ids), 1, math.MaxInt32)
	case rule.Consent:
		if w := c.elsewhere.consents[r.Key]; w != nil {
			return w.any
		}
	case rule.Attribute:
		if a := c.attrs.keys[r.Key]; a != nil {
			return a.any
		}
	}
	return none
}

// anyListed are those who have a tag or are in a segment.
func (c columns) anyListed(id rule.ID) *roaring.Bitmap {
	if id == rule.Tags {
		return c.tags.any
	}
	out := roaring.New()
	for _, s := range c.segments.of {
		out.Or(s.seen)
	}
	return out
}

// Equal are those whose value is this text.
func (c columns) Equal(r rule.Ref, text string) *roaring.Bitmap {
	switch r.Field().Kind {
	case rule.Text:
		return c.words[textColumns[r.ID]].having(text)
	case rule.Consent:
		if w := c.elsewhere.consents[r.Key]; w != nil {
			return w.having(text)
		}
	case rule.Attribute:
		if a := c.attrs.keys[r.Key]; a != nil && a.texts[text] != nil {
			return a.texts[text]
		}
	}
	return none
}

// Listed are those who have this text among others.
func (c columns) Listed(id rule.ID, text string) *roaring.Bitmap {
	if id == rule.Tags {
		return c.tags.having(text)
	}
	if s := c.segments.keys[text]; s != nil {
		return s.seen
	}
	return none
}

// Is are those of whom something is true, or, of an attribute, false.
func (c columns) Is(r rule.Ref, truth bool) *roaring.Bitmap {
	if r.ID != rule.Attributes {
		return c.flags[truthColumns[r.ID]]
	}
	if a := c.attrs.keys[r.Key]; a != nil {
		return a.truth(truth)
	}
	return none
}

// Compare are those of whose number, instant or date of birth this holds.
func (c columns) Compare(id rule.ID, op rule.Op, value int64) *roaring.Bitmap {
	low, high := spanOf(op, value)
	switch id {
	case rule.AddressCount:
		return c.addresses.between(len(c.ids), low, high)
	case rule.Completeness:
		return c.complete.between(len(c.ids), low, high)
	case rule.OrderCount:
		return c.elsewhere.orders.between(len(c.ids), low, high)
	case rule.OpenTickets:
		return c.elsewhere.tickets.between(len(c.ids), low, high)
	case rule.Age:
		low, high = max(low, 1-epoch), min(high, math.MaxInt32) // 0 is not known
		return c.born.between(len(c.ids), low+epoch, high+epoch)
	}
	return c.instants(id).between(len(c.ids), max(low, 1), min(high, rule.LastTime()))
}

// spanOf gives the least and the greatest number of which a comparison holds; of
// none when the least is greater.
func spanOf(op rule.Op, value int64) (low, high int64) {
	low, high = math.MinInt64, math.MaxInt64
	switch op {
	case rule.Less:
		if value == math.MinInt64 {
			return 1, 0
		}
		high = value - 1
	case rule.LessOrEqual:
		high = value
	case rule.Greater:
		if value == math.MaxInt64 {
			return 1, 0
		}
		low = value + 1
	case rule.GreaterOrEqual:
		low = value
	default:
		low, high = value, value
	}
	return low, high
}

// CompareFloat is Compare for what was spent in a currency, and for an
// attribute.
func (c columns) CompareFloat(r rule.Ref, op rule.Op, value float64) *roaring.Bitmap {
	if r.ID == rule.Attributes {
		return c.attrs.compare(r.Key, op, value)
	}
	n := c.elsewhere.spent[r.Key]
	if n == nil {
		n = newAmounts()
	}
	return n.where(len(c.ids), func(units int64) bool { return holds(op, activity.Amount(units).Float(), value) })
}

// Row is one customer.
func (c columns) Row(ordinal uint32) rule.Customer { return row{c.Roster, ordinal} }

func (c columns) instants(id rule.ID) *numbers[int64] {
	switch id {
	case rule.RegisteredAt:
		return &c.registered
	case rule.LastActivityAt:
		return &c.lastActive
	case rule.FirstOrderAt:
		return &c.elsewhere.firstAt
	default:
		return &c.elsewhere.lastAt
	}
}

func holds[N int64 | float64](op rule.Op, a, b N) bool {
	switch op {
	case rule.Less:
		return a < b
	case rule.LessOrEqual:
		return a <= b
	case rule.Greater:
		return a > b
	case rule.GreaterOrEqual:
		return a >= b
	}
	return a == b
}
