package outbound

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxAfter bounds what an answer may ask us to wait.
const maxAfter = time.Hour

// Post sends a JSON body to a path below the base ("" is the base itself) and
// gives the JSON body of a 200. Header is added to the request; it is where a
// key belongs, since logs and proxies keep addresses. Every error is an *Error.
// The body of an answer that is no 200 is not read: it may repeat the request.
//
// A connection is used again where the host speaks HTTP/2 only. What an HTTP/1
// server sends after its answer would be taken for the next one, or logged by
// net/http as it is.
func (c *Client) Post(ctx context.Context, path string, header http.Header, body []byte) ([]byte, error) {
	u := c.base
	if path != "" {
		u = c.base.JoinPath(path)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, Unsendable("request")
	}
	if header != nil {
		req.Header = header.Clone()
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Close = !c.h2.Load()
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, transportError(ctx, err)
	}
	c.h2.Store(resp.ProtoMajor >= 2)
	defer func() { _ = resp.Body.Close() }() // it was read, or is not wanted
	return c.read(ctx, resp)
}

func (c *Client) read(ctx context.Context, resp *http.Response) ([]byte, error) {
	if resp.StatusCode != http.StatusOK {
		return nil, &Error{Reason: Status, Status: resp.StatusCode, After: retryAfter(resp.Header.Get("Retry-After"))}
	}
	if !isJSON(resp.Header.Get("Content-Type")) {
		return nil, Unreadable("content_type")
	}
	out, err := io.ReadAll(io.LimitReader(resp.Body, Limit+1))
	switch {
	case err != nil:
		return nil, transportError(ctx, err)
	case len(out) > Limit:
		return nil, Unreadable("too_large")
	case len(out) == 0:
		return nil, Unreadable("empty")
	}
	return out, nil
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/json" ||
		strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json"))
}

// retryAfter reads the header of RFC 9110, section 10.2.3: seconds or a date.
// What it cannot read is 0, and nothing is longer than an hour.
func retryAfter(value string) time.Duration {
	if seconds, err := strconv.Atoi(value); err == nil {
		seconds = min(max(seconds, 0), int(maxAfter/time.Second))
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(time.Until(at), 0), maxAfter)
	}
	return 0
}
