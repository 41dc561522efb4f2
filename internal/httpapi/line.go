package httpapi

import (
	"bufio"
	"errors"
	"io"

	"github.com/acme/customers/internal/fault"
)

// lineReader reads lines of a bounded length.
type lineReader struct{ in *bufio.Reader }

func newLineReader(r io.Reader, limit int) lineReader {
	return lineReader{bufio.NewReaderSize(r, max(limit, 16))}
}

// next gives the next line, good until the next call, or io.EOF.
func (l lineReader) next() ([]byte, error) {
	line, err := l.in.ReadSlice('\n')
	switch {
	case err == nil:
		return line, nil
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, fault.ErrTooLarge
	case err == io.EOF && len(line) > 0:
		return line, nil // the last line needs no newline
	case err == io.EOF:
		return nil, io.EOF
	}
	return nil, cut(err)
}
