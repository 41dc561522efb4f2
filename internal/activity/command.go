package activity

import (
	"time"
	"unicode/utf8"

	"github.com/acme/customers/internal/fault"
)

// The types that have a meaning here. All others are kept as they are.
const (
	OrderCompleted        = "OrderCompleted"
	SupportTicketCreated  = "SupportTicketCreated"
	SupportTicketResolved = "SupportTicketResolved"
)

// Limits of what a source may tell.
const (
	MaxID   = 200
	MaxData = 8 << 10 // bytes of JSON
	MaxText = 2000    // characters of what a ticket is about
)

// Record records one thing that a customer did.
type Record struct {
	ID   string // the source's
	Type string
	At   time.Time
	Now  time.Time
	Data string // JSON

	Total    string // of an order
	Currency string
	Text     string // what a ticket is about, or how it was resolved
}

// ahead is how much the clock of a source may be.
const ahead = 5 * time.Minute

// Decide never depends on what is known: that something was told before, its
// id says.
func (c Record) Decide(*State) ([]Event, error) {
	var fields []fault.Field
	wrong := func(is bool, pointer, code, msg string) {
		if is {
			fields = append(fields, fault.Field{Pointer: pointer, Code: code, Msg: msg})
		}
	}
	wrong(c.ID == "" || utf8.RuneCountInString(c.ID) > MaxID, "/id", "invalid_id", "an id has 1 to 200 characters")
	wrong(!isName(c.Type), "/type", "invalid_type", "a type has 1 to 100 letters, digits, dots, - and _")
	wrong(c.At.After(c.Now.Add(ahead)), "/time", "in_the_future", "nobody has done anything in the future")
	wrong(c.At.Year() < 1900, "/time", "not_in_our_time", "a time is from 1900 on")
	wrong(len(c.Data) > MaxData, "/data", "too_long", "the data has at most 8 KiB")
	wrong(utf8.RuneCountInString(c.Text) > MaxText, "/data", "too_long", "a text has at most 2000 characters")
	amount, err := Amount(0), error(nil)
	if c.Type == OrderCompleted {
		amount, err = ParseAmount(c.Total)
		wrong(err != nil || amount < 0, "/data/total/amount", "invalid_amount", "an amount is a decimal number like 129.90, and not below 0")
		wrong(!IsCurrency(c.Currency), "/data/total/currency", "invalid_currency", "expected an ISO 4217 code")
	}
	if len(fields) > 0 {
		return nil, fault.ErrInvalid.At(fields...)
	}
	switch c.Type {
	case OrderCompleted:
		return []Event{Purchased{c.ID, amount, c.Currency}}, nil
	case SupportTicketCreated:
		return []Event{TicketOpened{c.ID, c.Text}}, nil
	case SupportTicketResolved:
		return []Event{TicketResolved{c.ID, c.Text}}, nil
	}
	return []Event{Recorded{c.Type, c.ID, c.Data}}, nil
}

func isName(s string) bool {
	if s == "" || len(s) > 100 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}
