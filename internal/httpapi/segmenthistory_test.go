package httpapi

import (
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/segment"
)

// A history goes on before the last month of hours, by days; from and to count
// for both.
func TestAHistoryGoesBackByDaysBeforeItsHours(t *testing.T) {
	s := newScene(t)
	id := uuid.MustParse(s.segment(t, "vip", "").ID)
	const hours = 1000
	for i := range hours {
		s.clock.pass(time.Hour)
		if err := s.app.MeasureSegment(t.Context(), id, segment.Measure{Members: int64(i + 1), Entered: 3, Left: 2}); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(query string) []SegmentSize {
		t.Helper()
		w := s.call("marketing", "GET", segmentsPath+"/vip/history?"+query, "")
		if w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return read[struct{ Items []SegmentSize }](t, w).Items
	}
	all := ask("")
	var entered, left int64
	perDay := map[string]int{}
	for i, one := range all {
		entered, left = entered+one.Entered, left+one.Left
		if i > 0 && one.Members-all[i-1].Members != one.Entered-one.Left {
			t.Errorf("item %d: %+v after %+v", i, one, all[i-1])
		}
		perDay[one.At.Format(time.DateOnly)]++
	}
	if len(all) < 744+10 || len(all) > 744+13 || entered != 3*hours || left != 2*hours {
		t.Errorf("%d items, %d entered, %d left", len(all), entered, left)
	}
	if first, recent := all[0].At.Format(time.DateOnly), all[len(all)-30].At.Format(time.DateOnly); perDay[first] != 1 || perDay[recent] < 20 {
		t.Errorf("%d of the first day, %d of a recent one", perDay[first], perDay[recent])
	}
	from, to := all[3].At, all[len(all)-2].At
	some := ask("from=" + url.QueryEscape(from.Format(time.RFC3339Nano)) + "&to=" + url.QueryEscape(to.Format(time.RFC3339Nano)))
	if len(some) != len(all)-3-2 || !some[0].At.Equal(from) || !some[len(some)-1].At.Before(to) {
		t.Errorf("%d from %s to %s", len(some), some[0].At, some[len(some)-1].At)
	}
}
