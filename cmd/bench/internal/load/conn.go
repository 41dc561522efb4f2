package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

// maxBody bounds an answer. Larger ones are an error, not memory.
const maxBody = 64 << 20

var errAnswer = errors.New("load: the answer is not HTTP/1.1 as we read it")

// conn is one keep-alive connection that takes requests as bytes. It reads
// what net/http servers answer, not all of RFC 9112. It exists because on a
// small machine generator and server share the processors: net/http's client
// would cost as much as the server that is measured and so flatter every
// ratio.
type conn struct {
	dial func(context.Context) (net.Conn, error)
	c    net.Conn // nil: to be dialled
	r    *bufio.Reader
	body []byte
}

// roundTrip sends one request and reads its whole answer. The body is valid
// until the next call. After an error the next call dials anew.
func (c *conn) roundTrip(ctx context.Context, request []byte) (status int, body []byte, err error) {
	if c.c == nil {
		if err := c.open(ctx); err != nil {
			return 0, nil, err
		}
	}
	if _, err = c.c.Write(request); err == nil {
		var last bool
		if status, last, err = c.read(); err == nil && !last {
			return status, c.body, nil
		}
	}
	c.close()
	return status, c.body, err
}

func (c *conn) open(ctx context.Context) (err error) {
	if c.c, err = c.dial(ctx); err != nil {
		return err
	}
	if end, ok := ctx.Deadline(); ok { // one for all requests: a timer each would cost
		if err := c.c.SetDeadline(end); err != nil {
			return err
		}
	}
	if c.r == nil {
		c.r = bufio.NewReaderSize(nil, 16<<10)
	}
	c.r.Reset(c.c)
	return nil
}

func (c *conn) close() {
	if c.c != nil {
		_ = c.c.Close()
		c.c = nil
	}
}

// read reads one answer into c.body; last says that the server will close.
func (c *conn) read() (status int, last bool, err error) {
	c.body = c.body[:0]
	line, err := c.line()
	if err != nil {
		return 0, false, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, false, errAnswer
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, false, errAnswer
	}
	length, chunked := -1, false
	for {
		if line, err = c.line(); err != nil {
			return status, false, err
		}
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case is(name, "content-length"):
			if length, err = strconv.Atoi(string(value)); err != nil || length < 0 {
				return status, false, errAnswer
			}
		case is(name, "transfer-encoding"):
			chunked = is(value, "chunked")
		case is(name, "connection"):
			last = is(value, "close")
		}
	}
	switch {
	case status == 204 || status == 304:
		return status, last, nil
	case chunked:
		return status, last, c.chunks()
	case length < 0: // we always ask for keep-alive, so a length must be there
		return status, last, errAnswer
	}
	return status, last, c.take(length)
}

func (c *conn) chunks() error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		n, err := strconv.ParseUint(string(line), 16, 31)
		if err != nil {
			return errAnswer
		}
		if err := c.take(int(n)); err != nil {
			return err
		}
		if line, err = c.line(); err != nil {
			return err
		} else if len(line) != 0 {
			return errAnswer // trailers: nobody we measure sends them
		}
		if n == 0 {
			return nil
		}
	}
}

// take appends the next n bytes to the body.
func (c *conn) take(n int) error {
	if n > maxBody-len(c.body) {
		return fmt.Errorf("%w: more than %d bytes", errAnswer, maxBody)
	}
	from := len(c.body)
	c.body = append(c.body, make([]byte, n)...)
	_, err := io.ReadFull(c.r, c.body[from:])
	return err
}

// line reads up to CRLF, which it drops.
func (c *conn) line() ([]byte, error) {
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		if errors.Is(err, bufio.ErrBufferFull) {
			err = errAnswer
		}
		return nil, err
	}
	return bytes.TrimSuffix(line[:len(line)-1], []byte("\r")), nil
}

func is(b []byte, lower string) bool { return bytes.EqualFold(b, []byte(lower)) }
