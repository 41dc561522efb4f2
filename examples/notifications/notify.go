package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/acme/customers/client"
	"github.com/acme/customers/examples/internal/bus"
)

// heard are the events that somebody is told of.
var heard = []string{"PurchaseRecorded", "ConsentGranted"}

// topicOf is what a message about an event is about, "" where there is none.
func topicOf(e bus.Event) string {
	switch {
	case e.Name() == "PurchaseRecorded":
		return "orderUpdates"
	case e.Purpose() == "marketing":
		return "newsletter"
	}
	return ""
}

// notify handles one event. It may come again after a crash, so a message is
// named after the event: the customer service counts it once by that name, and a
// mail server that is given the name can send it once.
func (s *notifier) notify(ctx context.Context, e bus.Event) error {
	topic := topicOf(e)
	if topic == "" {
		return nil
	}
	about := client.ContactQuestion{Channel: client.ChannelEmail, Topic: topic}
	answer, err := s.customers.DecideContact(ctx, e.Subject, about)
	if client.Code(err) == "erased" || client.Code(err) == "not_found" {
		return nil // nobody is there to be told
	}
	if err != nil {
		return err
	}
	switch answer.Decision {
	case client.DecisionAllow:
		if err := s.send(ctx, e.Subject, topic); err != nil {
			return err
		}
		return s.customers.ReportMessage(ctx, e.Subject, client.Message{Event: client.MessageEventSent, Channel: about.Channel, Topic: topic, MessageID: e.ID})
	case client.DecisionDefer:
		s.say("%s: deferred %s until %s", e.Subject, topic, answer.Until.UTC().Format("2006-01-02T15:04Z"))
		return bus.Later{Until: answer.Until} // and then it is asked again
	}
	s.say("%s: denied %s, %s", e.Subject, topic, reasons(answer.Reasons))
	return nil
}

// send fetches the address as late as it can, so that it is the present one,
// and forgets it at once.
func (s *notifier) send(ctx context.Context, id, topic string) error {
	lean, err := s.customers.GetContext(ctx, id, client.ContextFormNotifications, client.For("communication"))
	if err != nil {
		return err
	}
	if lean.Customer.Email == nil || lean.Customer.Email.Address == "" {
		return errors.New("there is no address any more")
	}
	s.say("%s: sent %s", id, topic) // here a mail server would get the address and the message
	return nil
}

// reasons are the codes of the rules that stand in the way.
func reasons(all []client.ContactReason) string {
	var codes string
	for _, r := range all {
		if r.Outcome != client.DecisionAllow {
			codes += " " + r.Code
		}
	}
	return "for" + codes
}

// campaign asks about all customers in one request, sends to those who may be
// told now, and reports that in one more. Who is deferred is named with the
// time from which the campaign can be run again, for those customers.
func (s *notifier) campaign(ctx context.Context, name, topic string, ids []string) error {
	questions := make([]client.ContactLine, len(ids))
	for i, id := range ids {
		questions[i] = client.ContactLine{ID: id, Channel: client.ChannelEmail, Topic: topic}
	}
	var sent []client.MessageLine
	for answer, err := range s.customers.BatchDecideContact(ctx, questions) {
		if err != nil {
			return err
		}
		id := ids[answer.Line-1]
		switch {
		case answer.Problem != nil:
			s.say("%s: %v", id, answer.Problem)
		case answer.Decision == client.DecisionDefer:
			s.say("%s: deferred %s until %s", id, topic, answer.Until.UTC().Format("2006-01-02T15:04Z"))
		case answer.Decision != client.DecisionAllow:
			s.say("%s: denied %s, %s", id, topic, reasons(answer.Reasons))
		default:
			if err := s.send(ctx, id, topic); err != nil {
				return err
			}
			sent = append(sent, client.MessageLine{ID: id, Event: client.MessageEventSent, Channel: client.ChannelEmail, Topic: topic, MessageID: name + "/" + id})
		}
	}
	for outcome, err := range s.customers.BatchReportMessages(ctx, sent) {
		if err != nil {
			return err
		}
		if outcome.Problem != nil {
			return fmt.Errorf("the report of line %d: %w", outcome.Line, outcome.Problem)
		}
	}
	return nil
}
