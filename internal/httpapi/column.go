package httpapi

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxHead bounds the first line of a CSV file.
const maxHead = 64 << 10

var byteOrderMark = []byte("\ufeff")

// separators are those that spreadsheets write: which one is a matter of the
// country that they are set to.
var separators = []rune{',', ';', '\t'}

// column reads one column of a CSV file (RFC 4180) whose first line names them,
// as spreadsheets write it, holding one line at a time.
type column struct {
	in *csv.Reader
	at int
}

// newColumn reads the first line. find tells which of its cells names the column
// that is meant, -1 for none; the separator is the one that it finds something by. wanted words what it looks for.
func newColumn(r io.Reader, wanted string, find func(head []string) int) (*column, error) {
	in := bufio.NewReaderSize(r, maxHead)
	start, err := in.Peek(maxHead)
	if err != nil && err != io.EOF {
		return nil, cut(err)
	}
	if bytes.HasPrefix(start, byteOrderMark) {
		start = start[len(byteOrderMark):]
		_, _ = in.Discard(len(byteOrderMark))
	}
	for _, separator := range separators {
		probe := csv.NewReader(bytes.NewReader(start))
		probe.Comma = separator
		head, bad := probe.Read()
		if bad != nil || err == nil && probe.InputOffset() == int64(len(start)) { // the line goes on
			continue
		}
		if at := find(trimmed(head)); at >= 0 {
			c := &column{csv.NewReader(in), at}
			c.in.Comma, c.in.ReuseRecord = separator, true
			_, err := c.in.Read()
			return c, unread(err)
		}
	}
	return nil, invalid("", "no_column", "the first line names none of the columns "+wanted)
}

// next gives the cell of the next line, without white space around it, and the
// line's number as an editor counts: one with line breaks between quotes has that
// of its beginning. It is "" where the line has not as many cells as the first,
// or is not UTF-8. Lines of nothing but empty cells are skipped: spreadsheets
// leave them. io.EOF ends it.
func (c *column) next() (cell string, line int, err error) {
	for {
		row, err := c.in.Read()
		if err != nil && !errors.Is(err, csv.ErrFieldCount) {
			return "", 0, unread(err)
		}
		line, _ := c.in.FieldPos(0)
		if row = trimmed(row); !slices.ContainsFunc(row, func(s string) bool { return s != "" }) {
			continue
		}
		if err != nil || !utf8.ValidString(row[c.at]) {
			return "", line, nil
		}
		return strings.Clone(row[c.at]), line, nil // the rest of the line is let go
	}
}

func trimmed(row []string) []string {
	for i := range row {
		row[i] = strings.TrimSpace(row[i])
	}
	return row
}

// unread words the reader's errors anew.
func unread(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	if bad, ok := errors.AsType[*csv.ParseError](err); ok {
		return malformed("", "csv", fmt.Sprintf("line %d is not CSV: a quote is not closed, or stands where none can", bad.StartLine))
	}
	return cut(err)
}
