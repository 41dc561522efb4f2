package memory

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/acme/customers/internal/bus"
)

// DeadLetters stores dead letters. Use NewDeadLetters.
type DeadLetters struct {
	mu      sync.Mutex
	letters map[string]bus.SealedLetter
	days    map[string]bool
}

var _ bus.DeadLetters = (*DeadLetters)(nil)

// NewDeadLetters makes an empty store.
func NewDeadLetters() *DeadLetters {
	return &DeadLetters{letters: map[string]bus.SealedLetter{}, days: map[string]bool{}}
}

// Put stores a letter, unless it is there.
func (d *DeadLetters) Put(_ context.Context, l bus.SealedLetter) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.letters[l.ID]; !ok {
		d.letters[l.ID], d.days[l.Day] = l, true
	}
	return nil
}

// List gives letters without Sealed by ascending id.
func (d *DeadLetters) List(_ context.Context, after string, limit int) ([]bus.SealedLetter, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []bus.SealedLetter
	for _, id := range slices.Sorted(maps.Keys(d.letters)) {
		if id > after && len(out) < limit {
			l := d.letters[id]
			l.Sealed = nil
			out = append(out, l)
		}
	}
	return out, nil
}

// Get gives one letter.
func (d *DeadLetters) Get(_ context.Context, id string) (bus.SealedLetter, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l, ok := d.letters[id]
	if !ok {
		return l, bus.ErrNoLetter
	}
	return l, nil
}

// Delete removes a letter.
func (d *DeadLetters) Delete(_ context.Context, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.letters, id)
	return nil
}

// Count is the number of letters.
func (d *DeadLetters) Count(context.Context) (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return int64(len(d.letters)), nil
}

// FindUser gives the ids of letters with this user.
func (d *DeadLetters) FindUser(_ context.Context, user [32]byte) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for _, id := range slices.Sorted(maps.Keys(d.letters)) {
		if d.letters[id].User == user {
			out = append(out, id)
		}
	}
	return out, nil
}

// Days lists the days before a day that have a key.
func (d *DeadLetters) Days(_ context.Context, before string) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	days := slices.Sorted(maps.Keys(d.days))
	return slices.DeleteFunc(days, func(day string) bool { return day >= before }), nil
}

// DropDay removes a day and its letters.
func (d *DeadLetters) DropDay(_ context.Context, day string) (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := len(d.letters)
	maps.DeleteFunc(d.letters, func(_ string, l bus.SealedLetter) bool { return l.Day == day })
	delete(d.days, day)
	return int64(before - len(d.letters)), nil
}

// Close does nothing.
func (d *DeadLetters) Close() error { return nil }
