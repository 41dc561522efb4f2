package vaulttest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/vault"
)

func fenced(ctx context.Context, s vault.KeyStore) error {
	in := rows(3)
	if err := insert(ctx, s, in...); err != nil {
		return err
	}
	for range 2 { // again is fine
		if err := s.Fence(ctx, subjects(in[:2])); err != nil {
			return fmt.Errorf("fence: %w", err)
		}
	}
	for _, r := range in[:2] {
		if err := dead(ctx, s, r.Subject); err != nil {
			return err
		}
	}
	left, err := s.Scan(ctx, vault.Query{Limit: 9})
	return errors.Join(err, same("live rows", in[2:], left))
}

func tombstone(ctx context.Context, s vault.KeyStore) error {
	subject := uuid.New()
	if err := s.Fence(ctx, []uuid.UUID{subject}); err != nil {
		return fmt.Errorf("fence: %w", err)
	}
	return dead(ctx, s, subject)
}

// dead expects a fenced row that neither an insert nor a rewrap brings back.
func dead(ctx context.Context, s vault.KeyStore, subject uuid.UUID) error {
	standing, err := s.Insert(ctx, []vault.Row{row(subject)})
	if err != nil {
		return fmt.Errorf("insert after the fence: %w", err)
	}
	if len(standing) != 1 || !standing[0].Fenced || standing[0].Wrapped != nil {
		return errors.New("insert after the fence: the row that stands is not fenced, or has a key")
	}
	was := standing[0].Epoch
	for _, from := range []uint32{was, epochOfRow} {
		err := s.Rewrap(ctx, []vault.Rewrap{{Subject: subject, From: from, To: epochOfRow + 1, Wrapped: wrapped()}})
		if err != nil {
			return fmt.Errorf("rewrap after the fence: %w", err)
		}
	}
	got, err := stored(ctx, s, subject)
	if err != nil {
		return err
	}
	if !got.Fenced || got.Wrapped != nil {
		return errors.New("get: the row is not fenced, or has a key")
	}
	return nil
}

func fencedList(ctx context.Context, s vault.KeyStore) error {
	in := rows(5)
	if err := insert(ctx, s, in...); err != nil {
		return err
	}
	want := []uuid.UUID{in[0].Subject, in[2].Subject, in[4].Subject}
	if err := s.Fence(ctx, []uuid.UUID{want[2], want[0], want[1]}); err != nil {
		return fmt.Errorf("fence: %w", err)
	}
	first, err := s.Fenced(ctx, uuid.Nil, 2)
	if err := errors.Join(err, same("first page", want[:2], first)); err != nil {
		return err
	}
	second, err := s.Fenced(ctx, want[1], 2)
	return errors.Join(err, same("second page", want[2:], second))
}

const racers = 8

// race runs n functions at once and joins their errors.
func race(n int, run func(i int) error) error {
	errs := make(chan error, n)
	for i := range n {
		go func() { errs <- run(i) }()
	}
	var all error
	for range n {
		all = errors.Join(all, <-errs)
	}
	return all
}

func racingInserts(ctx context.Context, s vault.KeyStore) error {
	shared := rows(20)
	stood := make([][]vault.Row, racers)
	err := race(racers, func(i int) (err error) {
		mine := make([]vault.Row, len(shared))
		for j, r := range shared {
			mine[j] = row(r.Subject)
		}
		if i%2 == 1 {
			slices.Reverse(mine) // the other way round: the order must not matter
		}
		stood[i], err = s.Insert(ctx, mine)
		if i%2 == 1 {
			slices.Reverse(stood[i])
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("insert: %w", err)
	}
	for _, other := range stood[1:] {
		if err := same("two inserts disagree", stood[0], other); err != nil {
			return err
		}
	}
	final, err := s.Scan(ctx, vault.Query{Limit: 99})
	return errors.Join(err, same("an insert saw what does not stand", stood[0], final))
}

func racingFence(ctx context.Context, s vault.KeyStore) error {
	for range 10 {
		subject := uuid.New()
		err := race(racers, func(i int) error {
			switch i % 3 {
			case 0:
				return s.Fence(ctx, []uuid.UUID{subject})
			case 1:
				return s.Rewrap(ctx, []vault.Rewrap{{Subject: subject, From: epochOfRow, To: epochOfRow, Wrapped: wrapped()}})
			}
			_, err := s.Insert(ctx, []vault.Row{row(subject)})
			return err
		})
		if err := errors.Join(err, dead(ctx, s, subject)); err != nil {
			return err
		}
	}
	return nil
}

// racingRaise lifts the floor amid inserts: what is below it when Raise
// returns is all that will ever be.
func racingRaise(ctx context.Context, s vault.KeyStore) error {
	below := vault.Query{Limit: 9999, Below: epochOfRow + 1}
	var seen []vault.Row
	err := race(racers, func(i int) (err error) {
		if i == 0 {
			if err := s.Raise(ctx, epochOfRow+1); err != nil {
				return err
			}
			seen, err = s.Scan(ctx, below)
			return err
		}
		for range 20 {
			if _, err := s.Insert(ctx, rows(2)); err != nil && !errors.Is(err, vault.ErrRetired) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	after, err := s.Scan(ctx, below)
	if err != nil || len(after) != len(seen) {
		return fmt.Errorf("%d rows below the floor when it was raised, %d later (%w)", len(seen), len(after), err)
	}
	return nil
}
