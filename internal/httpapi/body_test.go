package httpapi

import (
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/fault"
)

func TestLines(t *testing.T) {
	limits := DefaultLimits()
	limits.Line = 64
	d := newDecoder[sample](limits)
	read := func(in io.Reader) (out []string) {
		for v, err := range d.lines(in) {
			if err != nil {
				out = append(out, "! "+fault.CodeOf(err))
				continue
			}
			out = append(out, v.value.Email)
		}
		return out
	}
	long := `{"email":"` + strings.Repeat("x", 80) + `"}`
	tests := []struct {
		name, in string
		want     []string
	}{
		{"nothing", "", nil},
		{"blank lines", "\n \r\n\n", nil},
		{"two lines", "{\"email\":\"a\"}\n{\"email\":\"b\"}\n", []string{"a", "b"}},
		{"no newline at the end", "{\"email\":\"a\"}\n{\"email\":\"b\"}", []string{"a", "b"}},
		{"CRLF", "{\"email\":\"a\"}\r\n{\"email\":\"b\"}\r\n", []string{"a", "b"}},
		{"a bad line does not end it", "{\"email\":\"a\"}\n{\"nick\":1}\n{\"email\":\"b\"}", []string{"a", "! invalid", "b"}},
		{"two values on a line", "{\"email\":\"a\"} {\"email\":\"b\"}\n{\"email\":\"c\"}", []string{"! malformed", "c"}},
		{"a line over the limit ends it", "{\"email\":\"a\"}\n" + long + "\n{\"email\":\"b\"}", []string{"a", "! too_large"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, read(strings.NewReader(tt.in))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		if diff := cmp.Diff(tt.want, read(iotest.OneByteReader(strings.NewReader(tt.in)))); diff != "" {
			t.Errorf("%s, byte by byte (-want +got):\n%s", tt.name, diff)
		}
	}
	broken := io.MultiReader(strings.NewReader("{\"email\":\"a\"}\n{\"em"), iotest.ErrReader(errors.New(secret)))
	if diff := cmp.Diff([]string{"a", "! malformed"}, read(broken)); diff != "" {
		t.Errorf("a cut body (-want +got):\n%s", diff)
	}
}

func TestBodiesThatDoNotArriveWhole(t *testing.T) {
	use := func([]byte) error { t.Error("a cut body was used"); return nil }
	for name, tt := range map[string]struct {
		body   io.Reader
		length int64
		want   *fault.Error
	}{
		"the connection breaks":          {iotest.ErrReader(errors.New("read tcp 192.0.2.7:99: " + secret)), -1, fault.ErrMalformed},
		"more than announced as allowed": {strings.NewReader("x"), 100, fault.ErrTooLarge},
		"more than allowed, unannounced": {strings.NewReader(strings.Repeat("x", 11)), -1, fault.ErrTooLarge},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", tt.body)
		r.ContentLength = tt.length
		err := readBody(httptest.NewRecorder(), r, 10, use)
		if !errors.Is(err, tt.want) || strings.Contains(err.Error(), "192.0.2.7") {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	whole := 0
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat("x", 10)))
	if err := readBody(httptest.NewRecorder(), r, 10, func(b []byte) error { whole = len(b); return nil }); err != nil || whole != 10 {
		t.Errorf("a body of exactly the limit: %d bytes, %v", whole, err)
	}
}

func TestRequestHashTellsRequestsApart(t *testing.T) {
	seen := map[[32]byte]string{}
	for _, tt := range [][3]string{{"POST", "/a", ""}, {"POST", "/a", "x"}, {"PATCH", "/a", "x"}, {"POST", "/ax", ""}, {"POST", "/a?x", ""}, {"POST", "/a?x=1", ""}} {
		h := requestHash(httptest.NewRequest(tt[0], tt[1], nil), sha256.Sum256([]byte(tt[2])))
		if other, ok := seen[h]; ok {
			t.Errorf("%v has the hash of %s", tt, other)
		}
		seen[h] = strings.Join(tt[:], " ")
	}
}
