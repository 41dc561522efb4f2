package httpapi

import (
	"fmt"
	"sync"
	"testing"
)

// Whatever is written meanwhile, the parts of a context are of one moment: what
// is at the top of the timeline is in the parts.
func TestAContextIsOfOneMoment(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	path := "/v1/customers/" + id
	const notes = 150
	var writing sync.WaitGroup
	over := make(chan struct{})
	writing.Go(func() {
		defer close(over)
		for i := range notes {
			s.call("support", "POST", path+"/notes", fmt.Sprintf(`{"type":"support","content":"note-%04d"}`, i))
		}
	})
	looked := 0
	for done := false; !done; looked++ {
		select {
		case <-over:
			done = true
		default:
		}
		got := read[struct {
			Notes  []Note
			Latest []TimelineEntry
		}](t, s.call("support", "GET", path+"/context", ""))
		newest := ""
		for _, e := range got.Latest {
			if content, ok := e.Details["content"].(string); ok {
				newest = content
				break
			}
		}
		if newest != "" && (len(got.Notes) == 0 || got.Notes[0].Content != newest) {
			t.Fatalf("the timeline has %s, the notes begin with %v", newest, got.Notes)
		}
	}
	writing.Wait()
	if looked < 3 {
		t.Errorf("looked %d times", looked)
	}
}
