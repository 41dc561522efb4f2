package httpapi

import (
	"net/http"

	"github.com/acme/customers/internal/fault"
)

// recorder remembers what was answered, and turns the plain-text answers that
// http.ServeMux makes by itself (no such route, no such method, redirects to
// another spelling of the path, which would repeat it) into problems.
type recorder struct {
	http.ResponseWriter
	x       *exchange
	status  int // 0 until the header is written
	written int64
	muted   bool // the mux's own text is dropped
}

// WriteHeader passes on the first final status.
func (w *recorder) WriteHeader(status int) {
	if w.status != 0 {
		return
	}
	if status < 200 {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if err := w.ownAnswer(status); err != nil {
		w.Header().Del("Location")
		writeProblem(w, w.x.request, err) // comes back here with a code
		w.muted = true
		return
	}
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// ownAnswer is the fault behind a status that no route of ours answered.
func (w *recorder) ownAnswer(status int) error {
	if w.x == nil || w.x.request == nil || w.x.request.Pattern != "" || w.x.code != "" {
		return nil
	}
	switch status {
	case http.StatusMethodNotAllowed:
		return fault.ErrNotAllowed
	case http.StatusNotFound, http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return fault.ErrNotFound
	}
	return nil
}

// Write passes on the body.
func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.muted {
		return len(b), nil
	}
	n, err := w.ResponseWriter.Write(b)
	w.written += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
