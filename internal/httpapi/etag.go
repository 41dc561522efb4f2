package httpapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/fault"
)

// etag is the strong entity tag of a version (RFC 9110, 8.8.3). A resource
// that is shown in part to some callers has one tag a version all the same:
// tags are only ever compared with those of the same caller.
func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// viewTag is the tag of a customer as it is shown: of its version and, where that
// is shown and later, of what it did elsewhere. If-Match looks at the version
// alone.
func viewTag(v *app.View) string {
	tag := strconv.FormatInt(v.Customer.Version, 10)
	if !v.Elsewhere.IsZero() {
		tag += "." + strconv.FormatInt(v.Elsewhere.UnixMicro(), 36)
	}
	return `"` + tag + `"`
}

// ifMatch reads If-Match as the version that the caller wants to act on: nil
// if there is none or it is "*". The comparison is strong, so weak tags and
// tags that are not ours match nothing and are fault.ErrPrecondition. Several
// of our versions are refused: a change is decided against one.
func ifMatch(h http.Header) (*int64, error) {
	tags, star, err := entityTags(h, "If-Match")
	if err != nil || star || tags == nil {
		return nil, err
	}
	var found []int64
	for _, t := range tags {
		if v, ok := t.ofVersion(); ok && !t.weak && !slices.Contains(found, v) {
			found = append(found, v)
		}
	}
	switch len(found) {
	case 0:
		return nil, fault.ErrPrecondition
	case 1:
		return &found[0], nil
	}
	return nil, badHeader("If-Match", "several_versions", "name one version")
}

// notModified reports whether If-None-Match names the tag. The comparison is
// weak (RFC 9110, 13.1.2). A header that cannot be read names nothing.
func notModified(h http.Header, tag string) bool {
	tags, star, err := entityTags(h, "If-None-Match")
	return err == nil && (star || slices.ContainsFunc(tags, func(t entityTag) bool { return `"`+t.opaque+`"` == tag }))
}

type entityTag struct {
	weak   bool
	opaque string
}

// ofVersion is the version that the tag is of, if it is one of ours. Only the
// one spelling that etag and viewTag write counts.
func (t entityTag) ofVersion() (int64, bool) {
	number, elsewhere, more := strings.Cut(t.opaque, ".")
	v, err := strconv.ParseInt(number, 10, 64)
	if more {
		at, bad := strconv.ParseInt(elsewhere, 36, 64)
		more = bad != nil || strconv.FormatInt(at, 36) != elsewhere
	}
	return v, err == nil && !more && v >= 0 && strconv.FormatInt(v, 10) == number
}

// entityTags parses `"a", W/"b"` or `*`, over all lines of the header.
func entityTags(h http.Header, name string) (tags []entityTag, star bool, err error) {
	rest := strings.TrimSpace(strings.Join(h.Values(name), ","))
	if rest == "" || rest == "*" {
		return nil, rest == "*", nil
	}
	for {
		rest = strings.TrimLeft(rest, " \t,")
		if rest == "" {
			return tags, false, nil
		}
		quoted, weak := strings.CutPrefix(rest, "W/")
		end := strings.IndexByte(strings.TrimPrefix(quoted, `"`), '"')
		if !strings.HasPrefix(quoted, `"`) || end < 0 || !visible(quoted[1:end+1]) {
			return nil, false, badHeader(name, "syntax", `expected a list of entity tags such as "12", or *`)
		}
		tags = append(tags, entityTag{weak, quoted[1 : end+1]})
		if rest = strings.TrimLeft(quoted[end+2:], " \t"); rest != "" && rest[0] != ',' {
			return nil, false, badHeader(name, "syntax", "expected a comma between entity tags")
		}
	}
}

// visible reports whether s is visible ASCII, as in a token or an entity tag.
func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// idempotencyKey reads Idempotency-Key (draft-ietf-httpapi-idempotency-key): a
// structured-field string, or the bare key that most clients send; 1 to 255
// visible ASCII characters. Empty without the header.
func idempotencyKey(h http.Header) (string, error) {
	given := h.Values("Idempotency-Key")
	if len(given) == 0 {
		return "", nil
	}
	key := strings.TrimSpace(given[0])
	if len(key) >= 2 && key[0] == '"' && key[len(key)-1] == '"' {
		key = key[1 : len(key)-1]
	}
	if len(given) > 1 || key == "" || len(key) > 255 || !visible(key) || strings.ContainsAny(key, `"\`) {
		return "", badHeader("Idempotency-Key", "syntax", "expected one key of 1 to 255 visible ASCII characters")
	}
	return key, nil
}

func badHeader(name, code, msg string) error {
	return fault.ErrMalformed.At(fault.Field{Pointer: parameter + name, Code: code, Msg: msg})
}
