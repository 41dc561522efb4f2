package importer

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/remote"
)

func TestCSVCorners(t *testing.T) {
	long := strings.Repeat("x", remote.MaxLine)
	for name, c := range map[string]struct {
		input string
		want  []string
		fails string
	}{
		"a byte order mark":          {input: "\ufeffemail\na@b\n", want: []string{`{"email":"a@b"}`}},
		"CRLF, no last newline":      {input: "email,phone\r\na@b,1\r\nc@d,2", want: []string{`{"email":"a@b","phone":"1"}`, `{"email":"c@d","phone":"2"}`}},
		"semicolons":                 {input: "email;given\na@b;\"x;y, \"\"z\"\"\"\n", want: []string{`{"name":{"given":"x;y, \"z\""},"email":"a@b"}`}},
		"tabs":                       {input: "email\tgiven\na@b\tx, y; z\n", want: []string{`{"name":{"given":"x, y; z"},"email":"a@b"}`}},
		"a quoted header":            {input: "\"email\";\"given\"\na@b;c\n", want: []string{`{"name":{"given":"c"},"email":"a@b"}`}},
		"one column":                 {input: "email\na@b\n\n\nc@d\n", want: []string{`{"email":"a@b"}`, `{"email":"c@d"}`}},
		"a quoted newline":           {input: "email,given\na@b,\"x\ny\"\nc@d,z\n", want: []string{`{"name":{"given":"x\ny"},"email":"a@b"}`, `{"name":{"given":"z"},"email":"c@d"}`}},
		"fewer and more fields":      {input: "email,given\na@b\na@b,x,y\nc@d,\n", want: []string{"field_count", "field_count", `{"email":"c@d"}`}},
		"a stray quote":              {input: "email,given\na\"b,x\n\"a\"b,x\nc@d,\n", want: []string{"csv_syntax", "csv_syntax", `{"email":"c@d"}`}},
		"Latin-1":                    {input: "email,given\na@b,J\xfcrgen\nc@d,\n", want: []string{"given not_utf8", `{"email":"c@d"}`}},
		"a row that is too long":     {input: "email,given\na@b," + long + "\nc@d,\n", want: []string{"too_long", `{"email":"c@d"}`}},
		"a quote that swallows rows": {input: "email,given\na@b,\"x\nc@d,y\n", fails: "line 2 has a quote that is not closed"},
		"an endless row":             {input: "email,given\na@b,\"" + strings.Repeat("x\n", maxRecord), fails: "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(t, c.input, Options{})
			if diff := cmp.Diff(c.want, got); diff != "" || (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

func TestTheRowIsTheLineWhereItStarts(t *testing.T) {
	s, err := Open(strings.NewReader("email,given\n\na@b,\"x\ny\"\nc@d,z\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int64{3, 5} {
		if row, err := s.Next(); err != nil || row.Number != want {
			t.Errorf("row %d: %+v %v", want, row.Number, err)
		}
	}
}

func TestJSONLines(t *testing.T) {
	long := strings.Repeat(" ", 10) + `{"email":"` + strings.Repeat("x", remote.MaxLine) + `"}`
	input := "\ufeff" + `{"email":"a@b"}` + "\r\n\n" + long + "\n" + ` {"email":5, "unknown":true} ` + "\n" + `nonsense`
	want := []string{`{"email":"a@b"}`, "too_long", `{"email":5, "unknown":true}`, "nonsense"}
	for _, o := range []Options{{Name: "x.jsonl"}, {Format: JSONLines}, {}} {
		got, err := read(t, input, o)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	}
	s, _ := Open(strings.NewReader(input), Options{})
	for _, number := range []int64{1, 3, 4, 5} {
		if row, err := s.Next(); err != nil || row.Number != number {
			t.Errorf("line %d is %d: %v", number, row.Number, err)
		}
	}
	s, _ = Open(strings.NewReader(`{"email":" A@B.example","userId":"u","externalIds":{"crm":"7"}}`), Options{})
	if row, err := s.Next(); err != nil || len(row.Keys) != 3 || row.Keys[0] != "ea@b.example" {
		t.Errorf("keys %q %v", row.Keys, err)
	}
}

// Whatever a file holds: no panic, every row is one line of JSON within the
// limits or has a reason, reading it again gives the same, and rows go up.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"email,phone\na@b,1\n", "email;given\n\"a\"\"b\";\"x\ny\"\n", "\ufeffemail\tTags\na\tb|c\n", "email\n\"", "email,address.street,Zip,billing.city,billing.country,address.type\na@b,1 X,,Y,DE,\n", "a,b\n\xff,\x00\n",
		"profile.attributes.n:number,externalIds.crm\n1,2\n-0,\u2028\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		first, last := rowsOf(t, input), int64(0)
		for _, row := range first {
			if row.Number <= last || row.Offset > int64(len(input)) {
				t.Errorf("line %d after %d, offset %d", row.Number, last, row.Offset)
			}
			last = row.Number
			if (row.JSON == nil) == (row.Rejects == nil) {
				t.Errorf("line %d is neither or both", row.Number)
			}
			if row.JSON != nil && (!json.Valid(row.JSON) || bytes.ContainsAny(row.JSON, "\n\r") || len(row.JSON) > remote.MaxLine) {
				t.Errorf("line %d would break the request", row.Number)
			}
		}
		if diff := cmp.Diff(first, rowsOf(t, input), cmp.Transformer("keys", func(keys []string) map[string]bool {
			set := map[string]bool{}
			for _, k := range keys {
				set[k] = true
			}
			return set
		})); diff != "" {
			t.Error(diff)
		}
	})
}

func rowsOf(t *testing.T, input string) (rows []Row) {
	s, err := Open(strings.NewReader(input), Options{Format: CSV, Mapping: Mapping{IgnoreUnknown: true}})
	if err != nil {
		return nil
	}
	for {
		row, err := s.Next()
		if err != nil {
			if err != io.EOF && strings.ContainsAny(err.Error(), "\"\n") {
				t.Error("the error shows values")
			}
			return rows
		}
		rows = append(rows, row)
	}
}
