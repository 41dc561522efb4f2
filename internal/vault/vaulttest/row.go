package vaulttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/vault"
)

func readBack(ctx context.Context, s vault.KeyStore) error {
	in := rows(3)
	if err := insert(ctx, s, in...); err != nil {
		return err
	}
	for _, want := range in {
		got, err := stored(ctx, s, want.Subject)
		if err := errors.Join(err, same("get", want, got)); err != nil {
			return err
		}
	}
	found, err := s.Get(ctx, append(subjects(in), uuid.New()))
	if err != nil || len(found) != len(in) {
		return fmt.Errorf("get with an unknown subject: %d rows, %v; want %d", len(found), err, len(in))
	}
	return s.Ping(ctx)
}

func neverReplaced(ctx context.Context, s vault.KeyStore) error {
	first := row(uuid.New())
	if err := insert(ctx, s, first); err != nil {
		return err
	}
	again, other := row(first.Subject), row(uuid.New())
	standing, err := s.Insert(ctx, []vault.Row{other, again})
	if err != nil {
		return fmt.Errorf("insert again: %w", err)
	}
	if err := same("what stands", []vault.Row{other, first}, standing); err != nil {
		return err
	}
	got, err := stored(ctx, s, first.Subject)
	return errors.Join(err, same("get", first, got))
}

func bindOnce(ctx context.Context, s vault.KeyStore) error {
	first, err := s.Bind(ctx, uuid.New())
	if err != nil {
		return err
	}
	second, err := s.Bind(ctx, uuid.New())
	return errors.Join(err, same("bind", first, second))
}

func scan(ctx context.Context, s vault.KeyStore) error {
	in := rows(6)
	in[1].Epoch = epochOfRow + 1
	in[2].Created = in[2].Created.Add(-time.Hour)
	in[3].Created = in[3].Created.Add(time.Hour)
	shuffled := slices.Clone(in)
	slices.Reverse(shuffled)
	if err := insert(ctx, s, shuffled...); err != nil {
		return err
	}
	if err := s.Fence(ctx, []uuid.UUID{in[4].Subject}); err != nil {
		return err
	}
	at := in[0].Created
	for _, c := range []struct {
		name string
		q    vault.Query
		want []vault.Row
	}{
		{"all", vault.Query{Limit: 9}, []vault.Row{in[0], in[1], in[2], in[3], in[5]}},
		{"limit", vault.Query{Limit: 2}, in[:2]},
		{"after", vault.Query{Limit: 2, After: in[1].Subject}, in[2:4]},
		{"below", vault.Query{Limit: 9, Below: epochOfRow + 1}, []vault.Row{in[0], in[2], in[3], in[5]}},
		{"from", vault.Query{Limit: 9, From: at}, []vault.Row{in[0], in[1], in[3], in[5]}},
		{"until", vault.Query{Limit: 9, Until: at}, []vault.Row{in[2]}},
		{"after the end", vault.Query{Limit: 9, After: in[5].Subject}, nil},
	} {
		got, err := s.Scan(ctx, c.q)
		if err != nil {
			return fmt.Errorf("scan %s: %w", c.name, err)
		}
		if len(got) == 0 {
			got = nil
		}
		if err := same("scan "+c.name, c.want, got); err != nil {
			return err
		}
	}
	return nil
}

func rewrap(ctx context.Context, s vault.KeyStore) error {
	in := rows(4)
	if err := insert(ctx, s, in...); err != nil {
		return err
	}
	if err := s.Fence(ctx, []uuid.UUID{in[3].Subject}); err != nil {
		return err
	}
	moved := wrapped()
	err := s.Rewrap(ctx, []vault.Rewrap{
		{Subject: in[0].Subject, From: epochOfRow, To: epochOfRow + 1, Wrapped: moved},
		{Subject: in[1].Subject, From: epochOfRow - 1, To: epochOfRow + 1, Wrapped: wrapped()}, // not where it is
		{Subject: uuid.New(), From: epochOfRow, To: epochOfRow + 1, Wrapped: wrapped()},
		{Subject: in[3].Subject, From: epochOfRow, To: epochOfRow + 1, Wrapped: wrapped()}, // fenced
	})
	if err != nil {
		return fmt.Errorf("rewrap: %w", err)
	}
	in[0].Epoch, in[0].Wrapped = epochOfRow+1, moved
	got, err := s.Scan(ctx, vault.Query{Limit: 9})
	return errors.Join(err, same("rows after rewrap", in[:3], got))
}

func floor(ctx context.Context, s vault.KeyStore) error {
	old := row(uuid.New())
	if err := insert(ctx, s, old); err != nil {
		return err
	}
	for _, f := range []uint32{epochOfRow + 1, epochOfRow - 1} { // the second must not lower it
		if err := s.Raise(ctx, f); err != nil {
			return fmt.Errorf("raise: %w", err)
		}
	}
	b, err := s.Bind(ctx, uuid.New())
	if err := errors.Join(err, same("floor", uint32(epochOfRow+1), b.Floor)); err != nil {
		return err
	}
	late := row(uuid.New())
	if _, err := s.Insert(ctx, []vault.Row{late}); !errors.Is(err, vault.ErrRetired) {
		return fmt.Errorf("insert below the floor: %v, want ErrRetired", err)
	}
	if found, err := s.Get(ctx, []uuid.UUID{late.Subject}); err != nil || len(found) > 0 {
		return fmt.Errorf("the row below the floor: %d rows, %v; want none", len(found), err)
	}
	again := row(old.Subject) // it exists, so nothing is added and the floor is no matter
	standing, err := s.Insert(ctx, []vault.Row{again})
	return errors.Join(err, same("what stands", []vault.Row{old}, standing))
}

// ended asks with a context that has ended. A store that then answers "no
// row" would have a key made, or erased customers shown as blank.
func ended(ctx context.Context, s vault.KeyStore) error {
	there := row(uuid.New())
	if err := insert(ctx, s, there); err != nil {
		return err
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	_, get := s.Get(over, []uuid.UUID{there.Subject})
	_, scan := s.Scan(over, vault.Query{Limit: 1})
	_, list := s.Fenced(over, uuid.Nil, 1)
	_, add := s.Insert(over, []vault.Row{row(uuid.New())})
	for name, err := range map[string]error{"get": get, "scan": scan, "fenced": list, "insert": add} {
		if err == nil {
			return fmt.Errorf("%s answered although it could not look", name)
		}
	}
	return nil
}
