package projection_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/projection"
)

func refuse(position int64, err error) func(eventstore.Record) error {
	return func(r eventstore.Record) error {
		if r.Position == position {
			return err
		}
		return nil
	}
}

func TestAPoisonRecordIsParkedAndTheRestGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := open(t)
		tries := 0
		h := &chain{before: func(r eventstore.Record) error {
			if r.Position == 13 {
				tries++
				return errors.New("cannot read it")
			}
			return nil
		}}
		var parked []int64
		r := projection.New(projection.Config{Name: "p", Store: store, Handler: h,
			Park: func(_ context.Context, r eventstore.Record, _ error) error {
				if len(parked) == 0 {
					parked = append(parked, 0)
					return errors.New("the car park is closed") // must be asked again
				}
				parked = append(parked, r.Position)
				return nil
			}})
		defer start(r)()
		grow(t, store, 30)
		if err := r.WaitFor(t.Context(), 30); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		s, _ := r.Status(t.Context())
		if len(parked) != 2 || parked[1] != 13 || s.Parked != 1 || !s.Healthy() {
			t.Errorf("parked %v, status %+v", parked, s)
		}
		if tries < 5 {
			t.Errorf("given up after %d tries", tries)
		}
		if _, at := h.state(); at != 30 {
			t.Errorf("the rest stands at %d", at)
		}
	})
}

func TestWithoutAParkTheRunnerStandsAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := open(t)
		h := &chain{before: refuse(13, fault.ErrInvalid)}
		r := projection.New(projection.Config{Name: "p", Store: store, Handler: h})
		defer start(r)()
		grow(t, store, 30)
		time.Sleep(time.Minute)
		synctest.Wait()
		s, _ := r.Status(t.Context())
		if s.Position != 12 || s.Error != "invalid" || s.Healthy() || s.Lag < 59 {
			t.Errorf("status %+v", s)
		}
		h.mu.Lock()
		h.before = nil // mended
		h.mu.Unlock()
		if err := r.WaitFor(t.Context(), 30); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if s, _ := r.Status(t.Context()); !s.Healthy() || s.Lag != 0 {
			t.Errorf("status %+v after it was mended", s)
		}
	})
}

func TestAnOutageParksNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		err    error
		parked int64
	}{
		"outage":          {fault.ErrUnavailable, 0},
		"timeout":         {context.DeadlineExceeded, 0},
		"control: poison": {fault.ErrInternal, 30},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := open(t)
				h := &chain{before: func(eventstore.Record) error { return tc.err }}
				r := projection.New(projection.Config{Name: "p", Store: store, Handler: h,
					Park: func(context.Context, eventstore.Record, error) error { return nil }})
				defer start(r)()
				grow(t, store, 30)
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				if s, _ := r.Status(t.Context()); s.Parked != tc.parked {
					t.Errorf("parked %d, want %d", s.Parked, tc.parked)
				}
			})
		})
	}
}
