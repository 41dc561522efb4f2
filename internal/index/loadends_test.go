package index

import (
	"testing"
	"time"

	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// What is imported may be withdrawn by the next line of the import.
func TestAnEndThatWasOverWhenItWasImportedWaits(t *testing.T) {
	recorded := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		source    string
		end, want time.Time
	}{
		{consent.Imported, recorded.Add(-time.Hour), recorded.Add(time.Minute)},
		{consent.Imported, recorded.Add(time.Hour), recorded.Add(time.Hour)},
		{consent.Imported, time.Time{}, time.Time{}},
		{"web", recorded.Add(-time.Hour), recorded.Add(-time.Hour)},
	} {
		r := &eventstore.Record{Envelope: event.Envelope{Source: tc.source, RecordedAt: recorded}}
		if got := settled(tc.end, r); !got.Equal(tc.want) {
			t.Errorf("%s until %s: %s", tc.source, tc.end, got)
		}
	}
}
