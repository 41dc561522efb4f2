package vault

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
)

// Row is one subject's row of the key store.
type Row struct {
	Subject uuid.UUID
	Epoch   uint32    // whose key wraps it
	Wrapped []byte    // WrappedSize bytes; nil when fenced
	Created time.Time // to the millisecond
	Fenced  bool      // destroyed; it stays, so that no key is ever made again
}

// Query picks live rows, in the order of subjects. Zero fields do not restrict.
type Query struct {
	After uuid.UUID // subjects above it
	Limit int       // at most so many; required
	Below uint32    // only rows at an earlier epoch
	From  time.Time // only rows created at or after it
	Until time.Time // only rows created before it
}

// Rewrap moves a row from one epoch to another.
type Rewrap struct {
	Subject  uuid.UUID
	From, To uint32
	Wrapped  []byte
}

// Binding is what a key store remembers about the keyring that wraps it.
type Binding struct {
	Ring  uuid.UUID // the keyring of the first vault that opened the store
	Floor uint32    // rows of an earlier epoch are refused
}

// ErrRetired says that rows were wrapped under an epoch that has ended: the
// writer must learn the new one and wrap again.
var ErrRetired = errors.New("vault: the epoch has ended")

// KeyStore keeps rows of wrapped keys. It never sees a key. Implementations
// are safe for concurrent use, are durable when they return nil, and pass
// vaulttest.Run. Their faults are fault.ErrUnavailable and fault.ErrFull; they
// never answer "no row" for "could not look".
type KeyStore interface {
	// Bind remembers ring when the store is new and tells what it remembers.
	// It is called before anything else.
	Bind(ctx context.Context, ring uuid.UUID) (Binding, error)
	// Insert adds rows, in one transaction, and gives for each the row that
	// stands afterwards, in the same order: the new one, or the one that was
	// there, fenced or not, which is left alone. Subjects are distinct. It
	// fails with ErrRetired, and may have added some, when a new row's epoch
	// is below the floor.
	Insert(ctx context.Context, rows []Row) ([]Row, error)
	// Get gives the rows that exist, fenced ones too, in no order.
	Get(ctx context.Context, subjects []uuid.UUID) ([]Row, error)
	// Scan gives live rows.
	Scan(ctx context.Context, q Query) ([]Row, error)
	// Rewrap replaces wrapped keys, in one transaction. A row that is fenced,
	// missing or no longer at From is passed over.
	Rewrap(ctx context.Context, rows []Rewrap) error
	// Raise lifts the floor and never lowers it. When it has returned, no row
	// of an earlier epoch is added any more.
	Raise(ctx context.Context, floor uint32) error
	// Fence destroys the wrapped keys of subjects and marks their rows, or adds
	// marked rows where there are none. It is fine to do so again. Where the
	// driver can, no copy of the bytes is left in its files.
	Fence(ctx context.Context, subjects []uuid.UUID) error
	// Fenced lists fenced subjects, in order.
	Fenced(ctx context.Context, after uuid.UUID, limit int) ([]uuid.UUID, error)
	// Ping tells whether the store answers.
	Ping(ctx context.Context) error
	Close() error
}
