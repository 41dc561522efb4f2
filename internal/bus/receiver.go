package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
)

// Delivery is one attempt of a broker to give us a message.
type Delivery struct {
	Subject string // of the bus
	Data    []byte
	Attempt int // from 1
}

// Outcome is what to tell the broker about a delivery.
type Outcome uint8

// The outcomes.
const (
	Done   Outcome = iota // acknowledge: handled, or safely in the quarantine
	Repeat                // deliver again after a delay
)

// Receiver decides what becomes of deliveries, the same for every broker.
type Receiver struct {
	Handle   Handle
	Dead     Putter
	Attempts int             // 0 is 5; then a failing message is a dead letter
	Backoff  []time.Duration // before the 2nd, 3rd, … attempt; the last repeats; nil is 1 s, 5 s, 30 s, 2 min
	Timeout  time.Duration   // of one Handle; 0 is 20 s; keep it under the broker's ack wait
	Logger   *slog.Logger    // required
}

// Putter takes dead letters; Quarantine is one.
type Putter interface {
	Put(ctx context.Context, l Letter) error
}

var defaultBackoff = []time.Duration{time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute}

// Receive handles one delivery. The duration is the delay of a Repeat. A
// message is Done only when its effect, or its dead letter, is durable.
func (r *Receiver) Receive(ctx context.Context, d Delivery) (Outcome, time.Duration) {
	err := r.handle(ctx, d)
	if err == nil || errors.Is(err, eventstore.ErrDuplicate) {
		return Done, 0
	}
	if ctx.Err() != nil { // we are stopping; it was not the message
		return Repeat, 0
	}
	log := r.Logger.With("subject", d.Subject, "attempt", d.Attempt, "code", fault.CodeOf(err))
	if fault.KindOf(err) == fault.Gone {
		// About somebody erased: nothing of it may be kept, not even sealed.
		log.Info("a message about an erased customer was dropped")
		return Done, 0
	}
	if retryable(err) && d.Attempt < r.attempts() {
		log.Warn("a message will be tried again", "error", err)
		return Repeat, r.delay(d.Attempt)
	}
	letter := Letter{Subject: d.Subject, Data: d.Data, Code: fault.CodeOf(err), Attempts: d.Attempt}
	if perr := r.Dead.Put(ctx, letter); perr != nil {
		log.Error("a message could be neither handled nor put aside", "error", errors.Join(err, perr))
		return Repeat, r.delay(d.Attempt)
	}
	log.Error("a message was put aside as a dead letter", "error", err)
	return Done, 0
}

// handle decodes and hands on. A panic is a failure of this message: it must
// not take the process down again at every redelivery. Its value may hold
// anything, so only its type is kept.
func (r *Receiver) handle(ctx context.Context, d Delivery) (err error) {
	m, err := Decode(d.Subject, d.Data)
	if err != nil {
		return err
	}
	timeout := r.Timeout
	if timeout <= 0 {
		timeout = 20 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fault.ErrInternal.With(fmt.Errorf("the handler panicked with a %T", p))
		}
	}()
	return r.Handle(ctx, m)
}

// retryable tells whether another attempt may succeed with nothing done to the
// message: dependencies come back, and what it refers to may arrive later.
func retryable(err error) bool {
	switch fault.KindOf(err) {
	case fault.Internal, fault.Unavailable, fault.TooMany, fault.Full, fault.NotFound:
		return true
	}
	return errors.Is(err, fault.ErrVersion) || errors.Is(err, fault.ErrInFlight)
}

func (r *Receiver) attempts() int {
	if r.Attempts <= 0 {
		return 5
	}
	return r.Attempts
}

func (r *Receiver) delay(attempt int) time.Duration {
	backoff := r.Backoff
	if len(backoff) == 0 {
		backoff = defaultBackoff
	}
	return backoff[min(attempt, len(backoff))-1]
}
