// Package eventstore is the contract of the log: what a store keeps, what one
// commit may hold, and the judge that decides a group of commits. Drivers sit
// one folder below and run the one suite in eventstoretest.
//
// A store sees bytes: it never has a key and knows no event by name.
package eventstore

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
)

// Record is one event as it is stored.
type Record struct {
	event.Envelope
	Public []byte // in clear: public fields and names of changed fields
	Sealed []byte // ciphertext of the rest; empty when there is none
}

// Snapshot is the state of a stream at a version. It is also the by-id read
// model, so it is written in the same transaction as the events.
type Snapshot struct {
	Stream      event.Stream
	Subject     uuid.UUID
	Version     int64
	Position    int64  // of the commit that wrote it
	Fingerprint uint64 // of the state's schema; another one means: fold again
	Public      []byte
	Sealed      []byte
}

// Subject is the row of one customer: never sealed, never reused.
type Subject struct {
	ID      uuid.UUID
	Ordinal int64 // dense, from 0; indexes bitmaps
	Number  int64 // from 1; shown as C-00000001
	Fenced  bool  // erased: nothing is ever appended for it again
}

// ClaimHash identifies a claimed value without holding it.
type ClaimHash struct {
	Kind string
	Hash [32]byte // keyed
}

// Claim is a hash held by a subject. To release one ends the subject's hold,
// exclusive or not.
type Claim struct {
	ClaimHash
	Subject   uuid.UUID
	Exclusive bool // at most one subject holds it
}

// Append adds records to one stream.
type Append struct {
	Stream   event.Stream
	Subject  uuid.UUID
	Expected int64    // the stream's version before; 0: it must not exist
	Records  []Record // versions Expected+1, Expected+2, …; Position and RecordedAt are assigned
	Snapshot *Snapshot
}

// Request is an idempotency record: the caller-bound hash of the key, the hash
// of what was asked, and which state to render the answer from.
type Request struct {
	Key     [32]byte
	Hash    [32]byte
	Status  int
	Stream  event.Stream
	Version int64
	Expires time.Time
}

// Revocation voids the tokens of a caller, known here by a keyed hash alone.
type Revocation struct {
	Position int64 // assigned by the store; another one than the log's
	Caller   [32]byte
	Issued   time.Time // tokens issued up to then are void
	Expires  time.Time // none of them lives longer: then this may be forgotten
}

// Commit is all or nothing. Releases come before adds, so that a claim can
// move. A commit that has neither appends nor inbox ids nor a request, or that
// names a stream, subject or message twice, is refused with ErrEmpty.
type Commit struct {
	Appends  []Append
	Add      []Claim
	Release  []Claim
	Inbox    []string // message ids; a known one drops the commit with ErrDuplicate
	Request  *Request
	Register []uuid.UUID // subjects that get a row, a number and an ordinal
}

// Committed is what the store assigned.
type Committed struct {
	Position   int64 // of the commit's last record; the head when it has none
	RecordedAt time.Time
	Subjects   []Subject // of Commit.Register, in its order
}

// Store is the whole log of one service. Implementations are safe for
// concurrent use.
type Store interface {
	Writer
	Reader
	Coordinator
	// Ping tells whether the store can be written to now.
	Ping(ctx context.Context) error
	Close() error
}

// Writer appends.
type Writer interface {
	// Commit is durable when it returns nil. Otherwise it did not happen,
	// unless ctx ended meanwhile or the fault is ErrUnavailable: then its fate
	// is unknown until it is read again. Errors: ErrConflict, ErrClaimed,
	// ErrFenced, ErrDuplicate, ErrReplay, fault.ErrFull, fault.ErrUnavailable.
	Commit(ctx context.Context, c Commit) (Committed, error)
	// Resnapshot replaces the snapshot of a stream that is still at
	// s.Version; it reports false when the stream has moved on or its subject
	// is fenced.
	Resnapshot(ctx context.Context, s Snapshot) (bool, error)
	// Fence erases: no commit for the subject succeeds from now on, and its
	// claims and snapshots are gone; its records stay, their keys do not. It
	// may come before the subject has a row, and more than once. The zero
	// UUID, which stands for nobody, cannot be fenced: ErrEmpty.
	Fence(ctx context.Context, subject uuid.UUID) error
}

// Reader reads what is committed, as of the moment of the call. A limit below
// one reads nothing. Drivers bound the time of one read, not its rows: ask for
// as much as you can hold, 1,000 is a good page.
type Reader interface {
	// Head is the last position; every position up to it is readable.
	Head(ctx context.Context) (int64, error)
	// Await returns when the head may be past a position: at once after a
	// commit of this process, within 100 ms after one of another. It may
	// return early.
	Await(ctx context.Context, after int64) error
	// Feed reads records of all streams after a position, in order.
	Feed(ctx context.Context, after int64, limit int) ([]Record, error)
	// Tail is Feed for those who follow the log: what this process has just
	// committed may come from its memory. The records are shared: do not
	// change them.
	Tail(ctx context.Context, after int64, limit int) ([]Record, error)
	// Stream reads one stream's records after a version, in order.
	Stream(ctx context.Context, s event.Stream, after int64, limit int) ([]Record, error)
	// About reads the records about a subject, by (occurredAt, position).
	About(ctx context.Context, subject uuid.UUID, r Range) ([]Record, error)
	// Load reads the snapshots that exist, in no order, with the subjects' rows.
	Load(ctx context.Context, streams ...event.Stream) ([]Loaded, error)
	// Scan reads snapshots of one stream type after an id, in the order of ids.
	Scan(ctx context.Context, streamType string, after uuid.UUID, limit int) ([]Loaded, error)
	// Find gives the holders of a claim, in the order of subject ids.
	Find(ctx context.Context, c ClaimHash, limit int) ([]uuid.UUID, error)
	// ByNumber finds a subject's row by its number, nil when there is none.
	ByNumber(ctx context.Context, number int64) (*Subject, error)
	// Replay finds an idempotency record that has not expired, or nil.
	Replay(ctx context.Context, key [32]byte) (*Request, error)
	// FencedSubjects lists every fenced subject.
	FencedSubjects(ctx context.Context) ([]uuid.UUID, error)
}

// Loaded is a snapshot with its subject's row. The row of a subject that was
// never registered is zero: its Number is 0, and its Ordinal means nothing.
type Loaded struct {
	Snapshot
	Row Subject
}

// Range selects records about one subject.
type Range struct {
	From, To      time.Time // occurredAt; To is exclusive; zero is open
	AfterTime     time.Time // cursor: the last record seen, see AfterPosition
	AfterPosition int64     // 0: no cursor
	Descending    bool
	Limit         int
}

// Coordinator keeps the small things that instances agree on.
type Coordinator interface {
	// Lineage identifies the log; a restore renews it.
	Lineage(ctx context.Context) (uuid.UUID, error)
	// RenewLineage is called once after a restore.
	RenewLineage(ctx context.Context) (uuid.UUID, error)
	// Cursor is a named position, 0 when never set.
	Cursor(ctx context.Context, name string) (int64, error)
	SetCursor(ctx context.Context, name string, position int64) error
	// Lease takes or extends a named lease for ttl; it reports false while
	// another holder's has not run out, by the store's clock.
	Lease(ctx context.Context, name, holder string, ttl time.Duration) (bool, error)
	Release(ctx context.Context, name, holder string) error
	// Revoke is durable when it returns nil. Of two revocations of one caller
	// the one with the later Issued is kept; times to the microsecond.
	Revoke(ctx context.Context, r Revocation) error
	// Revoked reads the revocations after a position that have not expired, by
	// the store's clock and in order. Whoever goes on after the last position
	// that it was given misses none: positions grow in the order in which
	// revocations become readable, and are not used again. One that is replaced
	// by a later one moves to the end.
	Revoked(ctx context.Context, after int64) ([]Revocation, error)
	// Forget drops what is older than a time: idempotency records and
	// revocations that expired and inbox ids that were handled before it. It
	// tells how many.
	Forget(ctx context.Context, before time.Time) (int, error)
}
