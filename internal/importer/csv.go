package importer

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// maxRecord bounds one row of a CSV file, in bytes: a quote that is never
// closed must not read the rest of a large file into memory.
const maxRecord = 1 << 20

// csvSource reads RFC 4180, except that lines may end in a bare LF and other
// delimiters are possible.
type csvSource struct {
	in      *csv.Reader
	budget  *budget
	skipped int64 // bytes before the reader's first
	plan    plan
}

func newCSV(in io.Reader, skipped int64, o Options) (*csvSource, error) {
	s := &csvSource{budget: &budget{in: in}, skipped: skipped}
	s.in = csv.NewReader(bufio.NewReaderSize(s.budget, peek))
	s.in.Comma = o.Delimiter
	s.in.FieldsPerRecord = -1 // counted here, so that one bad row is one reject
	s.in.ReuseRecord = true
	header, err := s.record()
	if err != nil {
		if err == io.EOF || errors.Is(err, csv.ErrQuote) || errors.Is(err, csv.ErrBareQuote) {
			return nil, usage("the first row must name the columns, but it cannot be read")
		}
		return nil, err
	}
	for i, name := range header {
		if !utf8.ValidString(name) {
			return nil, usage("the file is not UTF-8; save it as UTF-8")
		}
		header[i] = strings.TrimSpace(name)
	}
	s.plan, err = o.Mapping.apply(header)
	return s, err
}

func (s *csvSource) record() ([]string, error) {
	s.budget.left = maxRecord + peek
	return s.in.Read()
}

// Next gives the next row that is not blank.
func (s *csvSource) Next() (Row, error) {
	cells, err := s.record()
	row := Row{Offset: s.skipped + s.in.InputOffset()}
	if broken, ok := errors.AsType[*csv.ParseError](err); ok {
		row.Number = int64(broken.StartLine)
		if broken.Line != broken.StartLine || !errors.Is(err, csv.ErrQuote) && !errors.Is(err, csv.ErrBareQuote) {
			// Rows may have been swallowed: nobody can say how many.
			return row, fmt.Errorf("the row at line %d has a quote that is not closed", broken.StartLine)
		}
		row.reject("", "csv_syntax")
		return row, nil
	}
	if err != nil {
		if errors.Is(err, errTooLong) {
			line, _ := s.in.FieldPos(0)
			return row, fmt.Errorf("a row after line %d has more than %d bytes: is a quote not closed?", line, maxRecord)
		}
		return row, err
	}
	line, _ := s.in.FieldPos(0)
	row.Number = int64(line)
	if len(cells) != s.plan.width {
		row.reject("", "field_count")
		return row, nil
	}
	for _, c := range s.plan.columns {
		if !utf8.ValidString(cells[c.index]) {
			row.reject(c.name, "not_utf8")
		}
	}
	if row.Rejects != nil {
		return row, nil
	}
	r, prefixes, rejects := s.plan.register(cells, row.Number)
	if row.Rejects = rejects; rejects != nil {
		return row, nil
	}
	row.Addresses = prefixes
	return row, row.finish(r)
}

// Columns names the columns that a pointer is about.
func (s *csvSource) Columns(pointer string) string { return s.plan.names(pointer) }

var errTooLong = errors.New("the row is too long")

// budget fails once more than left was read. csv.Reader has no such limit.
type budget struct {
	in   io.Reader
	left int
}

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	n, err := b.in.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
