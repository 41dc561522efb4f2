package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"
)

// maxAnswer bounds an answer that is one value, and a line of one that is many.
const maxAnswer = 16 << 20

// done is a call whose answer has no body.
func (a *ask) done(ctx context.Context) error {
	return a.do(ctx, func(*http.Response) error { return nil })
}

// answer is a call whose answer is one value; zero where the answer is 204.
func answer[T any](ctx context.Context, a *ask) (out T, err error) {
	err = a.do(ctx, func(resp *http.Response) error {
		if resp.StatusCode == http.StatusNoContent {
			return nil
		}
		raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
		if err != nil {
			return err
		}
		return decode(raw, &out)
	})
	return out, err
}

// decode reads a value. Its errors do not quote it.
func decode(raw []byte, into any) error {
	if json.Unmarshal(raw, into) != nil {
		return fmt.Errorf("%w: it is not the JSON that was expected", ErrContract)
	}
	return nil
}

// do sends until there is an answer that can be read, or no hope of one.
func (a *ask) do(ctx context.Context, read func(*http.Response) error) error {
	for failures := 1; ; failures++ {
		err := a.once(ctx, read)
		if err == nil {
			return nil
		}
		if err = a.next(ctx, failures, err); err != nil {
			return err
		}
	}
}

// next waits before the call is sent again, or gives the error that it ends with.
func (a *ask) next(ctx context.Context, failures int, cause error) error {
	if a.again && a.err == nil {
		if cause = a.c.retry.next(ctx, failures, cause); cause == nil {
			return nil
		}
	}
	return a.named(cause)
}

func (a *ask) named(err error) error { return fmt.Errorf("%s: %w", a.op.id, err) }

// once sends the call once and reads the answer. An error of the connection,
// before or while it is read, is marked as such.
func (a *ask) once(ctx context.Context, read func(*http.Response) error) error {
	if a.err != nil {
		return a.err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(a.silence(), func() { cancel(errSilent) })
	defer silence.Stop()
	req, err := a.request(ctx)
	if err != nil {
		return err
	}
	resp, err := a.c.http.Do(req)
	if err != nil {
		return lost(ctx, err)
	}
	silence.Stop()
	resp.Body = &watched{resp.Body, ctx, silence, a.silence()}
	defer func() { _ = resp.Body.Close() }()
	switch {
	case resp.StatusCode == http.StatusNotModified:
		return ErrNotModified
	case resp.StatusCode/100 != 2:
		return refusal(resp)
	case a.meta != nil:
		*a.meta = metaOf(resp.Header)
	}
	return read(resp)
}

func (a *ask) request(ctx context.Context) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, a.op.method, a.url(), bytes.NewReader(a.payload))
	if err != nil {
		return nil, errors.New("the request cannot be made") // not err: it may quote the URL
	}
	maps.Copy(req.Header, a.header)
	if a.op.media != "" {
		req.Header.Set("Content-Type", a.op.media)
	}
	req.Header.Set("User-Agent", a.c.agent)
	if purpose, ok := ctx.Value(purposeKey{}).(string); ok && a.header.Get(purposeHeader) == "" {
		req.Header.Set(purposeHeader, purpose)
	}
	if a.c.token != nil {
		token, err := a.c.token(ctx)
		if err != nil {
			return nil, fmt.Errorf("get a token: %w", err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return req, nil
}

func (a *ask) silence() time.Duration {
	if a.op.media == mediaLines || a.op.media == mediaTable { // answered when the last line was read
		return 4 * a.c.silence
	}
	return a.c.silence
}

// watched is a body whose reads end when the service is silent for too long.
// Between two reads it is the caller who is busy.
type watched struct {
	io.ReadCloser
	ctx     context.Context // of the attempt
	silence *time.Timer
	limit   time.Duration
}

func (w *watched) Read(p []byte) (int, error) {
	w.silence.Reset(w.limit)
	n, err := w.ReadCloser.Read(p)
	w.silence.Stop()
	if err != nil && err != io.EOF {
		err = lost(w.ctx, err)
	}
	return n, err
}

// lost is an error of the connection, without the URL that net/http puts in.
// That the caller's context ended is none.
func lost(ctx context.Context, err error) error {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errSilent):
		return broken(errSilent)
	case cause != nil:
		return cause
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return broken(err)
}
