package importer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"github.com/acme/customers/internal/remote"
)

// jsonSource passes lines on as they are: the service reads them strictly, and
// a second reading here could only differ.
type jsonSource struct {
	in     *bufio.Reader
	number int64
	offset int64
}

func newJSONLines(in *bufio.Reader, skipped int64) (*jsonSource, error) {
	start, _ := in.Peek(peek)
	if t := bytes.TrimSpace(start); len(t) > 0 && t[0] == '[' {
		return nil, usage("this is a JSON array; write one object a line (jq -c '.[]' does it)")
	}
	return &jsonSource{in: bufio.NewReaderSize(in, remote.MaxLine+2), offset: skipped}, nil
}

// Next gives the next line that is not blank.
func (s *jsonSource) Next() (Row, error) {
	for {
		line, long, err := s.line()
		if err != nil {
			return Row{Offset: s.offset}, err
		}
		row := Row{Number: s.number, Offset: s.offset}
		if long {
			row.reject("", "too_long")
			return row, nil
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		var r struct {
			Email, UserID string
			ExternalIDs   map[string]string
		}
		_ = json.Unmarshal(line, &r) // what cannot be read, the service refuses and so changes nobody
		row.JSON, row.Keys = slices.Clone(line), keys(r.Email, r.UserID, r.ExternalIDs)
		return row, nil
	}
}

// line reads up to a newline. A line over the limit is skipped, not kept.
func (s *jsonSource) line() (line []byte, long bool, err error) {
	s.number++
	for {
		part, err := s.in.ReadSlice('\n')
		s.offset += int64(len(part))
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			long = true
			continue
		case err != nil && (err != io.EOF || len(part) == 0 && !long):
			return nil, false, err
		}
		return part, long || len(bytes.TrimSpace(part)) > remote.MaxLine, nil
	}
}

// Columns gives the pointer: a line's members are their own names.
func (*jsonSource) Columns(pointer string) string { return pointer }
