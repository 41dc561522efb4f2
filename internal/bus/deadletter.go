package bus

import (
	"context"
	"time"

	"github.com/acme/customers/internal/fault"
)

// ErrNoLetter says that there is no such dead letter, or no longer.
var ErrNoLetter = fault.ErrNoLetter

// Letter is a message that could not be handled. Data is personal.
type Letter struct {
	ID       string // keyed hash of subject and data, in hex
	Subject  string // of the bus
	Code     string // the fault that put it aside
	Attempts int
	At       time.Time // when it was put aside
	Data     []byte    // the message as it came; nil in lists
}

// SealedLetter is a letter as it is stored: Sealed instead of Data.
type SealedLetter struct {
	Letter          // Data is nil
	Day    string   // "2026-11-23", UTC: whose key sealed it
	User   [32]byte // keyed hash of the user id; zero when unknown
	Sealed []byte   // nil in lists
}

// DeadLetters stores sealed letters. Implementations are safe for concurrent
// use and durable when they return nil; they see no clear text and no key.
type DeadLetters interface {
	// Put stores a letter. One that is there already stays as it is.
	Put(ctx context.Context, l SealedLetter) error
	// List gives letters without Sealed by ascending id, after an id.
	List(ctx context.Context, after string, limit int) ([]SealedLetter, error)
	// Get gives one letter, or ErrNoLetter.
	Get(ctx context.Context, id string) (SealedLetter, error)
	// Delete removes a letter; a missing one is no error.
	Delete(ctx context.Context, id string) error
	Count(ctx context.Context) (int64, error)
	// FindUser gives the ids of letters with this user, by ascending id.
	FindUser(ctx context.Context, user [32]byte) ([]string, error)
	// Days lists the days before a day on which letters were put aside, in
	// order, whether or not any is left: each has a key to destroy.
	Days(ctx context.Context, before string) ([]string, error)
	// DropDay removes the day and its letters and gives their number.
	DropDay(ctx context.Context, day string) (int64, error)
	Close() error
}
