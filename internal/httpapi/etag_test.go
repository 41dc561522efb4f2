package httpapi

import (
	"net/http"
	"strings"
	"testing"

	"github.com/acme/customers/internal/fault"
)

func TestIfMatch(t *testing.T) {
	const none = int64(-1)
	tests := []struct {
		name    string
		headers []string
		version int64
		code    string
	}{
		{"absent", nil, none, ""},
		{"any", []string{"*"}, none, ""},
		{"one", []string{`"12"`}, 12, ""},
		{"zero", []string{`"0"`}, 0, ""},
		{"with what was done elsewhere", []string{`"12.k2x"`}, 12, ""},
		{"nothing after the dot", []string{`"12."`}, none, "precondition_failed"},
		{"another spelling after it", []string{`"12.0K"`}, none, "precondition_failed"},
		{"spaces and empty members", []string{` , "12" ,, `}, 12, ""},
		{"twice the same", []string{`"12", "12"`}, 12, ""},
		{"ours among others", []string{`"abc", "12", W/"13"`}, 12, ""},
		{"over two lines", []string{`"abc"`, `"12"`}, 12, ""},
		{"a comma inside a tag", []string{`"a,b", "12"`}, 12, ""},
		{"weak", []string{`W/"12"`}, none, "precondition_failed"},
		{"not ours", []string{`"abc"`}, none, "precondition_failed"},
		{"another spelling", []string{`"012"`}, none, "precondition_failed"},
		{"a sign", []string{`"+12"`}, none, "precondition_failed"},
		{"negative", []string{`"-1"`}, none, "precondition_failed"},
		{"beyond int64", []string{`"9223372036854775808"`}, none, "precondition_failed"},
		{"an empty tag", []string{`""`}, none, "precondition_failed"},
		{"several of ours", []string{`"12", "13"`}, none, "malformed"},
		{"unquoted", []string{`12`}, none, "malformed"},
		{"unfinished", []string{`"12`}, none, "malformed"},
		{"any among tags", []string{`"12", *`}, none, "malformed"},
		{"no comma", []string{`"12" "13"`}, none, "malformed"},
		{"small w", []string{`w/"12"`}, none, "malformed"},
		{"a space in a tag", []string{`"1 2"`}, none, "malformed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ifMatch(http.Header{"If-Match": tt.headers})
			if tt.code != "" {
				if err == nil || fault.CodeOf(err) != tt.code {
					t.Fatalf("error %v, want %s", err, tt.code)
				}
				return
			}
			if err != nil || (got == nil) != (tt.version == none) || (got != nil && *got != tt.version) {
				t.Errorf("got %v, %v; want %d", got, err, tt.version)
			}
		})
	}
}

func TestIfNoneMatch(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "*": true, etag(12): true, `W/"12"`: true, `"11", "12"`: true, `"11"`: false, `"012"`: false, `12`: false, `"12`: false, `"12.k2x"`: false,
	} {
		if got := notModified(http.Header{"If-None-Match": {header}}, etag(12)); got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}

func TestIdempotencyKey(t *testing.T) {
	for _, tt := range []struct {
		given []string
		want  string
		ok    bool
	}{
		{nil, "", true},
		{[]string{"8e03978e-40d5-43e8-bc93-6894a57f9324"}, "8e03978e-40d5-43e8-bc93-6894a57f9324", true},
		{[]string{`"quoted"`}, "quoted", true},
		{[]string{strings.Repeat("k", 255)}, strings.Repeat("k", 255), true},
		{[]string{strings.Repeat("k", 256)}, "", false},
		{[]string{""}, "", false},
		{[]string{`""`}, "", false},
		{[]string{"two words"}, "", false},
		{[]string{"schlüssel"}, "", false},
		{[]string{"a\tb"}, "", false},
		{[]string{`a"b`}, "", false},
		{[]string{"a", "b"}, "", false},
	} {
		got, err := idempotencyKey(http.Header{"Idempotency-Key": tt.given})
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("%q: got %q, %v", tt.given, got, err)
		}
		if err != nil && fault.KindOf(err) != fault.Malformed {
			t.Errorf("%q: %v is not malformed", tt.given, err)
		}
	}
}

func FuzzEntityTags(f *testing.F) {
	for _, s := range []string{`"1"`, `W/"1", "2"`, "*", `"`, `,,`, `W/`, `"a","`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h := http.Header{"If-Match": {s}}
		if v, err := ifMatch(h); err == nil && v != nil && !strings.Contains(s, strings.TrimSuffix(etag(*v), `"`)) {
			t.Errorf("found version %d in %q", *v, s)
		}
		notModified(http.Header{"If-None-Match": {s}}, etag(1))
	})
}
