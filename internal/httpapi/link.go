package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/link"
)

const (
	linksPath  = "/v1/preference-links"
	pagePrefix = "/p/" // what links begin with
)

// LinkWish asks for a link that changes what is sent to a customer, without a
// login.
type LinkWish struct {
	Kind      string    `json:"kind" enum:"unsubscribe,preferences" doc:"unsubscribe turns one thing off; preferences shows and changes channels and topics, and holds while the customer has the address that it was made for"`
	Channel   string    `json:"channel" enum:"email,sms,push,mail" doc:"That the link is sent through"`
	Topic     string    `json:"topic,omitempty" maxLength:"50" doc:"Of an unsubscription: from this topic on this channel; or"`
	Purpose   string    `json:"purpose,omitempty" maxLength:"50" doc:"the consent to this purpose; neither is the whole channel"`
	ExpiresAt time.Time `json:"expiresAt,omitzero" doc:"Within two years; 400 days for an unsubscription and 30 for preferences if left out"`
}

// Link is a link. Whoever holds it can use it.
type Link struct {
	URL       string       `json:"url" format:"uri"`
	ExpiresAt time.Time    `json:"expiresAt"`
	Headers   *LinkHeaders `json:"headers,omitempty" doc:"Of an unsubscription by e-mail, for the message that it goes into"`
}

// LinkHeaders make mail programs show a button that unsubscribes at once.
type LinkHeaders struct {
	List     string `json:"List-Unsubscribe" doc:"RFC 2369"`
	ListPost string `json:"List-Unsubscribe-Post" doc:"RFC 8058"`
}

// LinkLine is one wish of many.
type LinkLine struct {
	ID string `json:"id" format:"uuid"`
	LinkWish
}

// LinkOutcome is what became of a line (NDJSON).
type LinkOutcome struct {
	Line   int `json:"line" doc:"From 1; blank lines are not counted"`
	Status int `json:"status" doc:"The HTTP status that a request of its own would have had"`
	*Link
	Problem *Problem `json:"problem,omitempty" doc:"Why there is no link"`
}

type linkShown struct{ Body *Link }

func (s *service) linkRoutes(a *api) {
	const one = "/v1/customers/{id}/preference-links"
	withBody(a, huma.Operation{OperationID: "createPreferenceLink", Method: http.MethodPost, Path: one, Tags: []string{"Contact"},
		Summary: "Make a link that changes what is sent to a customer, without a login", Description: "Nothing is stored of it. It shows neither a name nor an address."}, s.createLink)
	withLines(a, lineAnswers[LinkOutcome](a, huma.Operation{OperationID: "batchCreatePreferenceLinks", Method: http.MethodPost, Path: linksPath, Tags: []string{"Contact"},
		Summary:     "Make many links",
		Description: fmt.Sprintf("One wish a line, up to %d; one link a line, in the same order.", maxBatchLines)}), maxBatch, s.createLinks)
	plain(a, huma.Operation{OperationID: "revokePreferenceLinks", Method: http.MethodDelete, Path: one, Tags: []string{"Contact"},
		Summary: "Void every link that was made for a customer"}, s.revokeLinks)
}

func (w *LinkWish) wish() app.LinkWish {
	return app.LinkWish{Kind: link.Kind(w.Kind), Channel: w.Channel, Topic: w.Topic, Purpose: w.Purpose, Expires: w.ExpiresAt}
}

func (s *service) createLink(ctx context.Context, in *OnCustomer, body *LinkWish) (*linkShown, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	if s.publicURL == "" {
		return nil, fault.ErrNoPublicURL
	}
	wish := body.wish()
	wish.ID = id
	made, err := s.app.MakeLink(ctx, s.called(ctx, Fresh{}.freshness()), wish)
	if err != nil {
		return nil, err
	}
	return &linkShown{s.renderLink(&made)}, nil
}

func (s *service) renderLink(made *app.MadeLink) *Link {
	out := &Link{URL: s.publicURL + pagePrefix + made.Token, ExpiresAt: made.Expires}
	if made.Kind == link.Unsubscribe && made.Channel == customer.EmailChannel {
		out.Headers = &LinkHeaders{"<" + out.URL + ">", oneClick + "=One-Click"}
	}
	return out
}

func (s *service) createLinks(ctx context.Context, _ *struct{}, body lines[LinkLine]) (*stream, error) {
	call := s.called(ctx, Fresh{}.freshness())
	if err := s.app.LinksAllowed(call); err != nil { // before anything is read
		return nil, err
	}
	if s.publicURL == "" {
		return nil, fault.ErrNoPublicURL
	}
	return eachLine(ctx, body, (*LinkLine).wished,
		func(wishes []app.LinkWish) ([]app.MadeLink, error) { return s.app.MakeLinks(ctx, call, wishes) },
		func(x *exchange, n int, made *app.MadeLink) any {
			if made.Err != nil {
				p := x.failed(ctx, made.Err)
				return LinkOutcome{Line: n, Status: p.Status, Problem: p}
			}
			return LinkOutcome{Line: n, Status: http.StatusOK, Link: s.renderLink(made)}
		})
}

// wished is the wish of a line, or what is wrong with it.
func (l *LinkLine) wished(err error) app.LinkWish {
	if err != nil {
		return app.LinkWish{Err: err}
	}
	w := l.wish()
	w.ID, w.Err = lineID(l.ID)
	return w
}

func (s *service) revokeLinks(ctx context.Context, in *messageInput) (*noted, error) {
	return s.note(ctx, in.OnCustomer, func(c app.Call, id uuid.UUID) (int64, error) {
		v, err := s.app.RevokeLinks(ctx, c, id)
		return v.Customer.Position, err
	})
}
