package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/message"
)

const messagesPath = "/v1/messages"

// Message is what became of a message that was sent elsewhere.
type Message struct {
	Event     string    `json:"event" enum:"sent,bounced,complained,suppressed" doc:"sent counts towards what the customer wants at most; bounced is for good, and about the address of that time; complained and suppressed close the channel until that is lifted"`
	Channel   string    `json:"channel" enum:"email,sms,push,mail"`
	Topic     string    `json:"topic,omitempty" maxLength:"50" doc:"Of what was sent; or"`
	Purpose   string    `json:"purpose,omitempty" maxLength:"50" doc:"what it was for"`
	MessageID string    `json:"messageId,omitempty" maxLength:"200" doc:"The sender's, required of what was sent: it is counted once, however often it is told"`
	At        time.Time `json:"at,omitzero" doc:"When that was; now if left out"`
}

// MessageLine is one report of many.
type MessageLine struct {
	ID string `json:"id" format:"uuid"`
	Message
}

// MessageOutcome is what became of a line (NDJSON).
type MessageOutcome struct {
	Line    int      `json:"line" doc:"From 1; blank lines are not counted"`
	Status  int      `json:"status" doc:"The HTTP status that a request of its own would have had"`
	Problem *Problem `json:"problem,omitempty" doc:"Why it was not recorded"`
}

// Suppression is a channel that is closed, whatever the customer prefers.
type Suppression struct {
	Channel  string    `json:"channel" enum:"email,sms,push,mail"`
	Cause    string    `json:"cause" enum:"bounced,complained,manual"`
	Since    time.Time `json:"since"`
	Evidence string    `json:"evidence"`
}

type messageInput struct {
	OnCustomer
	Once
}

type suppressionInput struct {
	OnCustomer
	Once
	Channel string `path:"channel" maxLength:"50"`
}

type suppressionsInput struct {
	OnCustomer
	Fresh
}

// noted is the answer to a change that shows nothing.
type noted struct {
	Position string `header:"Customers-Position" doc:"What minPosition takes to read this change elsewhere"`
}

type suppressionsShown struct {
	Body struct {
		Items []Suppression `json:"items"`
	} `nameHint:"SuppressionList"`
}

func (s *service) messageRoutes(a *api) {
	const one = "/v1/customers/{id}"
	withBody(a, huma.Operation{OperationID: "reportMessage", Method: http.MethodPost, Path: one + "/messages", Tags: []string{"Contact"},
		Summary: "Report a message that was sent, bounced or was complained about", Description: "From then on it counts in every decision, on every instance."}, s.reportMessage)
	withLines(a, lineAnswers[MessageOutcome](a, huma.Operation{OperationID: "batchReportMessages", Method: http.MethodPost, Path: messagesPath, Tags: []string{"Contact"},
		Summary:     "Report many messages",
		Description: fmt.Sprintf("One report a line, up to %d; one outcome a line, in the same order.", maxBatchLines)}), maxBatch, s.reportMessages)
	plain(a, huma.Operation{OperationID: "listSuppressions", Method: http.MethodGet, Path: one + "/suppressions", Tags: []string{"Contact"},
		Summary: "List the channels that are closed, whatever the customer prefers"}, s.listSuppressions)
	plain(a, huma.Operation{OperationID: "liftSuppression", Method: http.MethodDelete, Path: one + "/suppressions/{channel}", Tags: []string{"Contact"},
		Summary: "Open a channel again"}, s.liftSuppression)
}

func (m *Message) report() message.Report {
	cause := message.Cause(m.Event)
	switch m.Event {
	case "sent":
		cause = ""
	case "suppressed":
		cause = message.Manual
	case "", string(message.Manual):
		cause = "none" // is refused
	}
	return message.Report{Channel: m.Channel, Topic: m.Topic, Purpose: m.Purpose, MessageID: m.MessageID, At: m.At, Cause: cause}
}

func (s *service) reportMessage(ctx context.Context, in *messageInput, body *Message) (*noted, error) {
	return s.note(ctx, in.OnCustomer, func(c app.Call, id uuid.UUID) (int64, error) { return s.app.ReportMessage(ctx, c, id, body.report()) })
}

// note runs a change whose answer shows nothing.
func (s *service) note(ctx context.Context, in OnCustomer, do func(app.Call, uuid.UUID) (position int64, err error)) (*noted, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	call, leave, err := s.changing(ctx, http.StatusNoContent)
	if err != nil {
		return nil, err
	}
	defer leave()
	position, err := do(call, id)
	if err != nil {
		return nil, err
	}
	return &noted{strconv.FormatInt(position, 10)}, nil
}

func (s *service) reportMessages(ctx context.Context, _ *struct{}, body lines[MessageLine]) (*stream, error) {
	call := s.called(ctx, Fresh{}.freshness())
	if err := s.app.MessageReportsAllowed(call); err != nil { // before anything is read
		return nil, err
	}
	return eachLine(ctx, body, (*MessageLine).reported,
		func(reports []app.ReportedMessage) ([]error, error) { return s.app.ReportMessages(ctx, call, reports) },
		func(x *exchange, n int, err *error) any {
			if *err != nil {
				p := x.failed(ctx, *err)
				return MessageOutcome{Line: n, Status: p.Status, Problem: p}
			}
			return MessageOutcome{Line: n, Status: http.StatusNoContent}
		})
}

// reported is what a line says, or what is wrong with it.
func (l *MessageLine) reported(err error) app.ReportedMessage {
	if err != nil {
		return app.ReportedMessage{Err: err}
	}
	id, err := lineID(l.ID)
	return app.ReportedMessage{ID: id, Report: l.report(), Err: err}
}

func (s *service) listSuppressions(ctx context.Context, in *suppressionsInput) (*suppressionsShown, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	closed, err := s.app.Suppressions(ctx, s.called(ctx, in.freshness()), id)
	if err != nil {
		return nil, err
	}
	out := new(suppressionsShown)
	out.Body.Items = make([]Suppression, len(closed))
	for i, by := range closed {
		out.Body.Items[i] = Suppression{by.Channel, string(by.Cause), by.Since, "message/" + strconv.FormatInt(by.Version, 10)}
	}
	return out, nil
}

func (s *service) liftSuppression(ctx context.Context, in *suppressionInput) (*noted, error) {
	return s.note(ctx, in.OnCustomer, func(c app.Call, id uuid.UUID) (int64, error) { return s.app.LiftSuppression(ctx, c, id, in.Channel) })
}
