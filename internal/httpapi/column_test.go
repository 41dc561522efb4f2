package httpapi

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/fault"
)

// readColumn reads the column that is called number: "line cell" for each.
func readColumn(r io.Reader) (got []string, err error) {
	c, err := newColumn(r, "number", func(head []string) int { return slices.Index(head, "number") })
	for err == nil {
		var cell string
		var line int
		if cell, line, err = c.next(); err == nil {
			got = append(got, fmt.Sprint(line, " ", cell))
		}
	}
	if err == io.EOF {
		err = nil
	}
	return got, err
}

func TestAColumnIsReadAsSpreadsheetsWriteIt(t *testing.T) {
	long := strings.Repeat("x", maxHead)
	for _, tc := range []struct {
		name, file string
		want       []string
		refused    string
	}{
		{"one column", "number\nC-1\nC-2\n", []string{"2 C-1", "3 C-2"}, ""},
		{"no line end at the end", "number\nC-1", []string{"2 C-1"}, ""},
		{"only a first line", "number", nil, ""},
		{"CRLF", "number,city\r\nC-1,Bern\r\nC-2,Wien\r\n", []string{"2 C-1", "3 C-2"}, ""},
		{"a byte order mark", "\ufeffnumber;city\r\nC-1;Bern\r\n", []string{"2 C-1"}, ""},
		{"a byte order mark before a quote", "\ufeff\"number\";city\nC-1;Bern\n", []string{"2 C-1"}, ""},
		{"semicolons, and commas in what is between", "city, country;number\nBern, CH;C-1\n", []string{"2 C-1"}, ""},
		{"tabs", "city\tnumber\nBern; CH, EU\tC-1\n", []string{"2 C-1"}, ""},
		{"quotes", "\"number\",\"city\"\n\"C-1\",\"Bern, \"\"CH\"\"\"\n", []string{"2 C-1"}, ""},
		{"line breaks between quotes", "city,number\n\"Bern\r\nCH\",C-1\nWien,C-2\n", []string{"2 C-1", "4 C-2"}, ""},
		{"a first line that is two", "\"city\nof birth\",number\nBern,C-1\n", []string{"3 C-1"}, ""},
		{"white space around", " number ,city\n C-1\t,Bern\n", []string{"2 C-1"}, ""},
		{"empty lines", "number,city\n\n,\nC-1,Bern\n , \n\n", []string{"4 C-1"}, ""},
		{"an empty cell", "number,city\n,Bern\nC-1,\n", []string{"2 ", "3 C-1"}, ""},
		{"a cell too many and too few", "number,city\nC-1,Bern,CH\nC-2\nC-3,Wien\n", []string{"2 ", "3 ", "4 C-3"}, ""},
		{"an umlaut as Excel writes it by itself", "number,city\nC-1,Z\xfcrich\nC-\xfc,Bern\n", []string{"2 C-1", "3 "}, ""},
		{"twice: the first counts", "number,number\nC-1,C-2\n", []string{"2 C-1"}, ""},

		{"nothing", "", nil, "invalid/no_column"},
		{"no such column", "name,city\nAda,Bern\n", nil, "invalid/no_column"},
		{"JSON", `{"add":["x"]}`, nil, "invalid/no_column"},
		{"UTF-16", "\xff\xfen\x00u\x00m\x00b\x00e\x00r\x00\n\x00", nil, "invalid/no_column"},
		{"a first line without an end", long + ",number,x", nil, "invalid/no_column"},
		{"a quote that is not closed", "number\nC-1\nC-2\n\"C-3\nC-4\n", nil, "malformed/csv line 4"},
		{"a quote in the middle", "number\nC-1\nC\"2\n", nil, "malformed/csv line 3"},
		{"a quote that is not closed in the first line", "number,\"city\nC-1,Bern\n", nil, "invalid/no_column"},
	} {
		got, err := readColumn(strings.NewReader(tc.file))
		refused := ""
		if err != nil {
			f := fault.From(err)
			refused = f.Code + "/" + f.Fields[0].Code
			if words := strings.Fields(f.Fields[0].Msg); words[0] == "line" {
				refused += " line " + words[1]
			}
			got = nil
		}
		if refused != tc.refused {
			t.Errorf("%s: refused as %q, not %q", tc.name, refused, tc.refused)
		}
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, d)
		}
	}
}

// Whatever is written as CSV is read as it was, whichever way it is written.
func TestAColumnIsWhatWasWritten(t *testing.T) {
	pieces := []string{"a", "C-7", "ü", ",", ";", "\t", `"`, "\n", " ", "'", "=", "\ufeff", "ab@c.example", ""}
	random := rand.New(rand.NewPCG(1, 2))
	cell := func() (s string) {
		for range random.IntN(5) {
			s += pieces[random.IntN(len(pieces))]
		}
		return s
	}
	tried := map[string]bool{}
	for range 3000 {
		separator, crlf, mark := separators[random.IntN(len(separators))], random.IntN(2) == 0, random.IntN(2) == 0
		var file bytes.Buffer
		if mark {
			file.Write(byteOrderMark)
		}
		out := csv.NewWriter(&file)
		out.Comma, out.UseCRLF = separator, crlf
		_ = out.Write([]string{"x", "number", "y"})
		var want []string
		for range random.IntN(4) {
			row := []string{cell(), cell(), "y"}
			_ = out.Write(row)
			want = append(want, strings.TrimSpace(row[1]))
		}
		out.Flush()
		rows, err := readColumn(&file)
		var got []string
		for _, r := range rows {
			_, value, _ := strings.Cut(r, " ")
			got = append(got, value)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%q by %q: %q, %v", want, separator, got, err)
		}
		tried[fmt.Sprint(separator, crlf, mark, len(want) > 0)] = true
	}
	if len(tried) != len(separators)*8 {
		t.Errorf("only %d ways were tried", len(tried))
	}
}

// A file is never held whole: what cannot end is refused where the limit is.
func TestACutFileIsNotTakenForAWholeOne(t *testing.T) {
	file := "number\n" + strings.Repeat("C-1\n", 50_000)
	whole, err := readColumn(strings.NewReader(file))
	if err != nil || len(whole) != 50_000 {
		t.Fatalf("%d %v", len(whole), err)
	}
	if _, err := readColumn(io.MultiReader(strings.NewReader(file[:100_000]), failing{})); fault.CodeOf(err) != fault.ErrMalformed.Code {
		t.Errorf("a body that breaks off: %v", err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Nothing that is sent stops the reader, its errors are ours and name no value,
// and its lines are those of the file.
func FuzzColumn(f *testing.F) {
	for _, seed := range []string{"", "number\n1\n", "\ufeffnumber;x\r\n1;2\r\n", "x\tnumber\n\"a\nb\"\t1", "number,x\n1\n\"", "number\n\"SECRET", "number\r1\r"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		rows, err := readColumn(bytes.NewReader(body))
		if err != nil {
			if refusal := fault.From(err); refusal.Kind == fault.Internal || strings.Contains(fmt.Sprint(err, refusal.Fields), "SECRET") {
				t.Fatalf("%v", err)
			}
		}
		before := 1
		for _, r := range rows {
			var line int
			if _, err := fmt.Sscan(r, &line); err != nil || line <= before || line > bytes.Count(body, []byte("\n"))+1 {
				t.Fatalf("line %d after %d", line, before)
			}
			before = line
		}
	})
}
