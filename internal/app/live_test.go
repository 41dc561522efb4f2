package app_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/customer"
)

var errEnough = errors.New("heard enough")

// What one instance records, a listener at another hears, and knows of in its
// next answer; of somebody else nobody hears.
func TestATimelineIsToldOnEveryInstance(t *testing.T) {
	pairs(t, func(t *testing.T, one, other *app.App) {
		v, err := one.Register(t.Context(), admin(), customer.Register{Email: "ada@example.test"})
		check(t, err)
		stranger, err := one.Register(t.Context(), admin(), customer.Register{Email: "b@example.test"})
		check(t, err)
		const n = 20
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begun, heard, listened := make(chan struct{}), make(chan app.TimelineEntry, n), make(chan error, 1)
		go func() {
			first, left := true, n
			listened <- other.LiveTimeline(ctx, admin(), v.ID, 0, time.Minute, func(entries []app.TimelineEntry, _ int64) error {
				if first {
					first = false
					close(begun)
				}
				for _, e := range entries {
					heard <- e
				}
				if left -= len(entries); left == 0 {
					return errEnough
				}
				return nil
			})
		}()
		<-begun
		slowest := time.Duration(0)
		for i := range n {
			did := app.Did{Source: "identity", Customer: stranger.ID, Record: activity.Record{ID: strconv.Itoa(i), Type: "UserAuthenticated"}}
			app.Tell(&did, []byte("{}"))
			check(t, one.RecordActivity(t.Context(), admin(), did))
			did.Customer, did.Record.ID = v.ID, "of v "+strconv.Itoa(i)
			check(t, one.RecordActivity(t.Context(), admin(), did))
			told := time.Now()
			select {
			case e := <-heard:
				slowest = max(slowest, time.Since(told))
				if which := slices.Index(e.Details, app.TimelineDetail{Field: "activityId", Value: did.Record.ID}); e.Type != "ActivityRecorded" || which < 0 {
					t.Fatalf("heard %s of somebody else: %v", e.Type, e.Details)
				}
			case <-ctx.Done():
				t.Fatalf("activity %d was not heard", i+1)
			}
			here, err := one.Get(t.Context(), admin(), v.ID)
			check(t, err)
			there, err := other.Get(t.Context(), admin(), v.ID)
			check(t, err)
			if at := there.LastActivityAt(); there.Elsewhere.IsZero() || !at.Equal(here.LastActivityAt()) {
				t.Errorf("last active at %s here and %s there", here.LastActivityAt(), at)
			}
		}
		if err := <-listened; !errors.Is(err, errEnough) {
			t.Error(err)
		}
		t.Logf("heard after %v at most", slowest)
	})
}
