package client_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/acme/customers/client"
)

func entries(next string, types ...string) step {
	var items []string
	for _, typ := range types {
		items = append(items, fmt.Sprintf(`{"type":%q}`, typ))
	}
	return ok(fmt.Sprintf(`{"items":[%s],"next":%q}`, strings.Join(items, ","), next))
}

// An empty page is not the last: whoever stops there loses "c".
func TestAllPagesAreRead(t *testing.T) {
	s := newScene(t, entries("n1", "a", "b"), cut(nil), entries("n2"), entries("", "c"))
	var got []string
	for e, err := range s.AllTimeline(t.Context(), ada, client.GetTimelineParams{Limit: 2, Kind: "note"}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Type)
	}
	if fmt.Sprint(got) != "[a b c]" {
		t.Errorf("read %v", got)
	}
	var asked []string
	for _, a := range s.got() {
		asked = append(asked, a.query)
	}
	if want := []string{"kind=note&limit=2", "cursor=n1&kind=note&limit=2", "cursor=n1&kind=note&limit=2", "cursor=n2&kind=note&limit=2"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q", asked)
	}
}

func TestPagesAreAskedForWhenTheyAreNeeded(t *testing.T) {
	s := newScene(t, entries("n1", "a", "b"))
	for range s.AllHistory(t.Context(), ada, client.Page{Cursor: "n0"}) {
		break
	}
	if len(s.got()) != 1 || s.got()[0].query != "cursor=n0" {
		t.Errorf("asked %d times", len(s.got()))
	}
}

func TestAPageThatFailsEndsTheList(t *testing.T) {
	for name, c := range map[string]struct {
		second step
		want   func(error) bool
	}{
		"refused":      {problem(400, "bad_cursor"), func(err error) bool { return client.Code(err) == "bad_cursor" }},
		"its own next": {entries("n1", "b"), func(err error) bool { return errors.Is(err, client.ErrContract) }},
	} {
		s, items, last := newScene(t, entries("n1", "a"), c.second), 0, error(nil)
		for _, err := range s.AllAccessLog(t.Context(), ada, client.Page{}) {
			if last = err; err == nil {
				items++
			}
		}
		if items == 0 || !c.want(last) {
			t.Errorf("%s: %d items and %v", name, items, last)
		}
	}
}
