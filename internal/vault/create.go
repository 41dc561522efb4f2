package vault

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"slices"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/batch"
	"github.com/acme/customers/internal/vault/keyring"
)

// Create gives a subject its keys, durable before it returns. Calling it again
// gives the same keys; a fenced subject is fault.ErrErased for ever. Callers
// that wait at the same time share one insert and one fsync.
//
// After an error the row may or may not exist; to call again is safe. A row
// whose subject never gets a stream is destroyed by DestroyOrphans.
func (v *Vault) Create(ctx context.Context, subject uuid.UUID) (*Keys, error) {
	keys, err := v.creates.Do(ctx, subject)
	if err != nil {
		return nil, down(err)
	}
	return keys, nil
}

// createGroup writes one group: batch's write function.
func (v *Vault) createGroup(ctx context.Context, subjects []uuid.UUID) []batch.Outcome[*Keys] {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	out := make([]batch.Outcome[*Keys], len(subjects))
	distinct := slices.Clone(subjects)
	slices.SortFunc(distinct, compare)
	distinct = slices.Compact(distinct)

	fences := v.fences.Load()
	standing, err := v.insert(ctx, distinct)
	opened := make(map[uuid.UUID]batch.Outcome[*Keys], len(distinct))
	for _, row := range standing {
		keys, err := v.openRow(ctx, row)
		if err == nil {
			v.remember(fences, row.Subject, keys)
		}
		opened[row.Subject] = batch.Outcome[*Keys]{Value: keys, Err: err}
	}
	for i, subject := range subjects {
		out[i] = opened[subject]
		if err != nil {
			out[i].Err = down(err)
		}
	}
	return out
}

// insert wraps new keys under the current epoch and gives the rows that stand
// afterwards. When the epoch ended meanwhile it learns the new one.
func (v *Vault) insert(ctx context.Context, subjects []uuid.UUID) ([]Row, error) {
	for attempt := 0; ; attempt++ {
		standing, err := v.insertOnce(ctx, subjects)
		ended := errors.Is(err, ErrRetired) || errors.Is(err, keyring.ErrNoKey)
		if !ended || attempt == 2 {
			return standing, err
		}
		if err := v.refresh(ctx); err != nil {
			return nil, err
		}
	}
}

func (v *Vault) insertOnce(ctx context.Context, subjects []uuid.UUID) ([]Row, error) {
	rows, err := v.freshRows(ctx, subjects)
	if err != nil {
		return nil, err
	}
	standing, err := v.store.Insert(ctx, rows)
	if err != nil {
		return nil, err
	}
	if !answers(standing, subjects) {
		return nil, errors.New("vault: the key store did not answer for every row")
	}
	return standing, nil
}

func (v *Vault) freshRows(ctx context.Context, subjects []uuid.UUID) ([]Row, error) {
	epoch, created := v.ring.Current(), v.now()
	secret := make([]byte, secretSize)
	defer clear(secret)
	rows := make([]Row, len(subjects))
	for i, subject := range subjects {
		rand.Read(secret) // never fails: crypto/rand
		wrapped, err := v.wrap(ctx, subject, epoch, secret)
		if err != nil {
			return nil, err
		}
		rows[i] = Row{Subject: subject, Epoch: epoch, Wrapped: wrapped, Created: created}
	}
	return rows, nil
}

// answers checks that rows are about subjects, one each, in their order: an
// insert that skips one must not look like success.
func answers(rows []Row, subjects []uuid.UUID) bool {
	return slices.EqualFunc(rows, subjects, func(r Row, s uuid.UUID) bool { return r.Subject == s })
}

func compare(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }
