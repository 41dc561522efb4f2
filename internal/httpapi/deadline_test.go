package httpapi

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// dated is a connection that keeps its deadline.
type dated struct {
	http.ResponseWriter
	until time.Time
}

func (d *dated) SetWriteDeadline(until time.Time) error {
	d.until = until
	return nil
}

// What may take longer than others may also answer later: the deadline of the
// connection is behind that of the request. The others keep the server's.
func TestWhatMayTakeLongerMayAnswerLater(t *testing.T) {
	g := Guard{Timeout: time.Second, Longer: map[string]time.Duration{"/long": time.Hour}}
	for path, longer := range map[string]bool{"/long": true, segmentsPath + "/vip/members": true, "/short": false} {
		w, ends := &dated{ResponseWriter: httptest.NewRecorder()}, time.Time{}
		g.limitTime(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { ends, _ = r.Context().Deadline() })).
			ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, nil))
		if ends.IsZero() || w.until.After(ends) != longer || !longer && !w.until.IsZero() {
			t.Errorf("%s ends by %v, its connection by %v", path, ends, w.until)
		}
	}
}
