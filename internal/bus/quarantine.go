package bus

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"
)

// DefaultKeep is how long a dead letter can be read. After it, its key is
// destroyed.
const DefaultKeep = 30 * 24 * time.Hour

const dayFormat = "2006-01-02"

// Sealer seals under a named key of its own, made when first needed. The vault
// is one, through an adapter of the wiring.
type Sealer interface {
	Seal(ctx context.Context, key string, aad, plain []byte) ([]byte, error)
	Open(ctx context.Context, key string, aad, sealed []byte) ([]byte, error)
	// Destroy makes everything sealed under key unreadable, for ever. A key
	// that is not there is no error.
	Destroy(ctx context.Context, key string) error
	// Blind is a keyed hash, the same in every process and on every day.
	Blind(kind, value string) [32]byte
}

// Quarantine keeps dead letters sealed under the key of their day. Each letter
// is readable for Keep; erasure finds it by the hash of its user id.
type Quarantine struct {
	store  DeadLetters
	sealer Sealer
	keep   time.Duration
	now    func() time.Time
}

// NewQuarantine makes a quarantine. keep 0 is DefaultKeep; now nil is time.Now.
func NewQuarantine(store DeadLetters, sealer Sealer, keep time.Duration, now func() time.Time) *Quarantine {
	if keep <= 0 {
		keep = DefaultKeep
	}
	if now == nil {
		now = time.Now
	}
	return &Quarantine{store, sealer, keep, now}
}

// Put seals and stores a letter; ID and At are assigned. The id is the same
// for the same message, so that a redelivery makes no second letter.
func (q *Quarantine) Put(ctx context.Context, l Letter) error {
	data := l.Data
	id := q.sealer.Blind("dead-letter", l.Subject+"\x00"+string(data))
	l.ID, l.At, l.Data = hex.EncodeToString(id[:16]), q.now().UTC().Truncate(time.Microsecond), nil
	s := SealedLetter{Letter: l, Day: l.At.Format(dayFormat)}
	if user := KeyOf(data); user != "" {
		s.User = q.sealer.Blind("userId", user)
	}
	var err error
	if s.Sealed, err = q.sealer.Seal(ctx, keyOf(s.Day), aad(&s), data); err != nil {
		return fmt.Errorf("seal dead letter %s: %w", l.ID, err)
	}
	return q.store.Put(ctx, s)
}

// List gives letters without their data by ascending id, after an id.
func (q *Quarantine) List(ctx context.Context, after string, limit int) ([]Letter, error) {
	sealed, err := q.store.List(ctx, after, limit)
	out := make([]Letter, len(sealed))
	for i, s := range sealed {
		out[i] = s.Letter
	}
	return out, err
}

// Show opens a letter. Its data is personal: the caller authorises and audits.
func (q *Quarantine) Show(ctx context.Context, id string) (Letter, error) {
	s, err := q.store.Get(ctx, id)
	if err != nil {
		return Letter{}, err
	}
	l := s.Letter
	if l.Data, err = q.sealer.Open(ctx, keyOf(s.Day), aad(&s), s.Sealed); err != nil {
		return Letter{}, fmt.Errorf("open dead letter %s: %w", id, err)
	}
	return l, nil
}

// Replay hands a letter to handle once more and deletes it when that succeeds.
func (q *Quarantine) Replay(ctx context.Context, id string, handle Handle) error {
	l, err := q.Show(ctx, id)
	if err != nil {
		return err
	}
	m, err := Decode(l.Subject, l.Data)
	if err != nil {
		return err
	}
	if err := handle(ctx, m); err != nil {
		return err
	}
	return q.store.Delete(ctx, id)
}

// Delete removes a letter; a missing one is no error.
func (q *Quarantine) Delete(ctx context.Context, id string) error { return q.store.Delete(ctx, id) }

// Count is the number of letters.
func (q *Quarantine) Count(ctx context.Context) (int64, error) { return q.store.Count(ctx) }

// FindUser gives the ids of the letters about a user. A letter whose user id
// could not be read is not found; it dies with its day's key.
func (q *Quarantine) FindUser(ctx context.Context, userID string) ([]string, error) {
	return q.store.FindUser(ctx, q.sealer.Blind("userId", userID))
}

// Erase deletes the letters about a user and gives their number.
func (q *Quarantine) Erase(ctx context.Context, userID string) (int, error) {
	ids, err := q.FindUser(ctx, userID)
	for n, id := range ids {
		if err := q.store.Delete(ctx, id); err != nil {
			return n, err
		}
	}
	return len(ids), err
}

// Purge destroys the keys of the days that are older than Keep, then deletes
// their letters, and gives their number. It may be called at any time, by
// several instances.
func (q *Quarantine) Purge(ctx context.Context) (int64, error) {
	days, err := q.store.Days(ctx, q.now().UTC().Add(-q.keep).Format(dayFormat))
	if err != nil {
		return 0, err
	}
	var deleted int64
	for _, day := range days {
		if err := q.sealer.Destroy(ctx, keyOf(day)); err != nil {
			return deleted, fmt.Errorf("destroy the key of %s: %w", day, err)
		}
		n, err := q.store.DropDay(ctx, day)
		if deleted += n; err != nil {
			return deleted, err
		}
	}
	return deleted, nil
}

func keyOf(day string) string { return "dead-letter/" + day }

// aad binds the ciphertext to its row.
func aad(s *SealedLetter) []byte {
	return fmt.Appendf(nil, "dead-letter/1\x00%s\x00%s\x00%s\x00%s\x00%d\x00%x", s.ID, s.Day, s.Subject, s.Code, s.Attempts, s.User)
}
