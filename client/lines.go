package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"strconv"
)

// Limits of a batch that the service has (docs/api.md).
const (
	MaxLines = 10_000   // of a request; of contexts 1,000
	MaxBatch = 16 << 20 // bytes of a request
)

const (
	mediaLines = "application/x-ndjson"
	mediaTable = "text/csv"
)

// batch sends lines and gives an outcome for each, in their order. Where an
// answer is cut the whole batch is sent again, as far as it may be; what was
// given already is not given again. Stopping early leaves the service to do
// the rest all the same.
func batch[T, L any](ctx context.Context, a *ask, lines []L) iter.Seq2[T, error] {
	var body bytes.Buffer
	for i := range lines {
		raw, err := json.Marshal(&lines[i])
		if err != nil {
			a.err = fmt.Errorf("line %d cannot be JSON", i+1) // not err: it may quote a value
		}
		body.Write(append(raw, '\n'))
	}
	a.payload = body.Bytes()
	return receive[T](ctx, a, len(lines))
}

// stream gives the lines of an answer, of which nobody knows how many there
// are. It is sent again only as long as none has come.
func stream[T any](ctx context.Context, a *ask) iter.Seq2[T, error] { return receive[T](ctx, a, -1) }

// receive gives the lines of an answer: want of them, or any number.
func receive[T any](ctx context.Context, a *ask, want int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		given, failures := 0, 0
		for want != 0 { // nothing to send is nothing to ask
			before, stopped := given, false
			err := a.once(ctx, func(resp *http.Response) error {
				return readLines(resp, want, func(n int, raw []byte) error {
					var line T
					if n <= given {
						return nil // of an earlier attempt
					}
					if err := decode(raw, &line); err != nil {
						return err
					}
					given++
					if stopped = !yield(line, nil); stopped {
						return errStopped
					}
					return nil
				})
			})
			if err == nil || stopped {
				return
			}
			if failures++; given > before {
				failures = 1
			}
			if want < 0 && given > 0 {
				err = a.named(err)
			} else {
				err = a.next(ctx, failures, err)
			}
			if err != nil {
				var none T
				yield(none, err)
				return
			}
		}
	}
}

// errStopped ends the reading of an answer whose reader has enough.
var errStopped = errors.New("stopped")

// readLines hands over each line with its number, from 1. An answer with less
// than was sent for, or than its trailer says, was cut.
func readLines(resp *http.Response, want int, each func(n int, raw []byte) error) error {
	if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); media != mediaLines {
		return fmt.Errorf("%w: it is not NDJSON", ErrContract)
	}
	in, n := bufio.NewReaderSize(resp.Body, 64<<10), 0
	for {
		raw, err := readLine(in)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if n++; want >= 0 && n > want {
			return fmt.Errorf("%w: it has more lines than were sent", ErrContract)
		}
		if err := each(n, raw); err != nil {
			return err
		}
	}
	if rows := resp.Trailer.Get("Customers-Rows"); n < want || rows != "" && rows != strconv.Itoa(n) {
		return broken(errCut)
	}
	return nil
}

// readLine reads a line with its newline; without one it was cut.
func readLine(in *bufio.Reader) (line []byte, err error) {
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case err == io.EOF && len(line) > 0:
			return nil, broken(errCut)
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(line) > maxAnswer:
			return nil, fmt.Errorf("%w: a line is endless", ErrContract)
		}
	}
}
