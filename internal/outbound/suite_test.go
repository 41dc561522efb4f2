package outbound_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/acme/customers/internal/outbound"
	"github.com/acme/customers/internal/outbound/outboundtest"
)

func TestFailuresAreToldApartAndRepeatNothing(t *testing.T) {
	outboundtest.Run(t, func(ctx context.Context, base *url.URL) error {
		c, err := outbound.New(base)
		if err != nil {
			return err
		}
		defer c.Close()
		out, err := c.Post(ctx, "", http.Header{"Authorization": {"Bearer key-4711"}}, []byte(`{"street":"Geheimgasse 7"}`))
		if err == nil { // only a reader of the body sees what is wrong with the rest
			err = outbound.Unreadable("not_json")
			if len(out) == 0 {
				err = errors.New("an empty body was taken")
			}
		}
		return err
	}, "Geheimgasse", "key-4711")
	if got := outboundtest.Leaks(errors.New("at Geheimgasse 7"), "Other", "Geheimgasse"); len(got) != 1 || got[0] != 1 {
		t.Error("a leak is not seen")
	}
}
