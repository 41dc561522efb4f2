package vault

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/fault"
)

// Keys gives a subject's keys, from memory or from the key store: ErrNoKeys
// when it has none, fault.ErrErased when it is fenced, fault.ErrKeyStore when
// the key store could not be asked. A fence of another process is seen when
// the entry leaves the cache, or after Forget.
func (v *Vault) Keys(ctx context.Context, subject uuid.UUID) (*Keys, error) {
	if keys, ok := v.cache.GetIfPresent(subject); ok {
		return keys, nil
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	fences := v.fences.Load()
	rows, err := v.store.Get(ctx, []uuid.UUID{subject})
	if err != nil {
		return nil, down(err)
	}
	if len(rows) == 0 {
		return nil, ErrNoKeys
	}
	if len(rows) > 1 || rows[0].Subject != subject {
		return nil, down(fmt.Errorf("vault: the key store answered for another subject than %s", subject))
	}
	keys, err := v.openRow(ctx, rows[0])
	if err != nil {
		return nil, err
	}
	v.remember(fences, subject, keys)
	return keys, nil
}

// Many gives the keys of those subjects that have some; a subject that is
// fenced or unknown is not in the map. Any other failure fails the whole call.
func (v *Vault) Many(ctx context.Context, subjects []uuid.UUID) (map[uuid.UUID]*Keys, error) {
	found := make(map[uuid.UUID]*Keys, len(subjects))
	var ask []uuid.UUID
	for _, subject := range subjects {
		if keys, ok := v.cache.GetIfPresent(subject); ok {
			found[subject] = keys
		} else {
			ask = append(ask, subject)
		}
	}
	slices.SortFunc(ask, compare)
	for chunk := range slices.Chunk(slices.Compact(ask), page) {
		if err := v.many(ctx, chunk, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (v *Vault) many(ctx context.Context, subjects []uuid.UUID, found map[uuid.UUID]*Keys) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	fences := v.fences.Load()
	rows, err := v.store.Get(ctx, subjects)
	if err != nil {
		return down(err)
	}
	for _, row := range rows {
		keys, err := v.openRow(ctx, row)
		switch {
		case err == nil:
			v.remember(fences, row.Subject, keys)
			found[row.Subject] = keys
		case !gone(err):
			return err
		}
	}
	return nil
}

// Entry is one subject of a Scan.
type Entry struct {
	Subject uuid.UUID
	Keys    *Keys // nil when the row does not open; Check tells why
}

// Scan gives live subjects above after, in order, at most limit; fewer than
// limit is the end. It is for merging with an equally ordered scan of
// snapshots, and leaves the cache alone.
func (v *Vault) Scan(ctx context.Context, after uuid.UUID, limit int) ([]Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, sweepTimeout)
	defer cancel()
	rows, err := v.store.Scan(ctx, Query{After: after, Limit: limit})
	if err != nil {
		return nil, down(err)
	}
	entries := make([]Entry, len(rows))
	for i, row := range rows {
		keys, err := v.openRow(ctx, row)
		if err != nil && !errors.Is(err, ErrTampered) && !gone(err) {
			return nil, err
		}
		entries[i] = Entry{Subject: row.Subject, Keys: keys}
	}
	return entries, nil
}

// Check opens every live row and reports each one, err being nil where it
// opens. Its own error is that of the scan.
func (v *Vault) Check(ctx context.Context, each func(subject uuid.UUID, err error)) error {
	return v.pages(ctx, Query{}, func(ctx context.Context, rows []Row) error {
		for _, row := range rows {
			_, err := v.openRow(ctx, row)
			if errors.Is(err, fault.ErrKeyStore) && v.Ping(ctx) != nil {
				return err
			}
			if !gone(err) { // fenced since the scan
				each(row.Subject, err)
			}
		}
		return nil
	})
}

// pages runs do over the rows of a query, page by page.
func (v *Vault) pages(ctx context.Context, q Query, do func(context.Context, []Row) error) error {
	q.Limit = page
	step := func() (last bool, err error) {
		ctx, cancel := context.WithTimeout(ctx, sweepTimeout)
		defer cancel()
		rows, err := v.store.Scan(ctx, q)
		if err != nil || len(rows) == 0 {
			return true, down(err)
		}
		q.After = rows[len(rows)-1].Subject
		return len(rows) < page, do(ctx, rows)
	}
	for {
		if last, err := step(); err != nil || last {
			return err
		}
	}
}

// gone tells that the subject has no keys, by an answer and not by a failure.
func gone(err error) bool { return errors.Is(err, ErrNoKeys) || errors.Is(err, fault.ErrErased) }

// remember caches keys that were read after fences fences. When there was one
// more since, its call to Forget may have come too early for this entry, so it
// is dropped again; when there is one later, that call comes later too.
func (v *Vault) remember(fences uint64, subject uuid.UUID, keys *Keys) {
	v.cache.Set(subject, keys)
	if v.fences.Load() != fences {
		v.cache.Invalidate(subject)
	}
}

// Forget drops subjects from memory: for whoever learns of a fence elsewhere.
func (v *Vault) Forget(subjects ...uuid.UUID) {
	v.fences.Add(1)
	for _, subject := range subjects {
		v.cache.Invalidate(subject)
	}
}
