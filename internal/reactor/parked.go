package reactor

import (
	"context"
	"errors"
	"hash/fnv"
	"log/slog"
	"time"

	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/fault"
)

// Letters are the dead letters that Parked looks through.
type Letters interface {
	List(ctx context.Context, after string, limit int) ([]bus.Letter, error)
	Replay(ctx context.Context, id string, handle bus.Handle) error
}

// Parked applies what was told of customers who were not known yet, once they
// are. Until then it lies among the dead letters, sealed, where it can be seen,
// and dies with them.
type Parked struct {
	Letters Letters
	Handle  bus.Handle
	Mine    func(context.Context) (bool, error) // whether this instance does it
	Log     *slog.Logger
	Every   time.Duration // 0: 10 s
}

// parkedPage is how many letters are read at once.
const parkedPage = 100

// due tells whether it is a letter's turn. Between two of them are as many
// rounds as it has hours, so that a month of letters about people who never
// appear costs little; which rounds, its id says.
func due(l *bus.Letter, now time.Time, round int) bool {
	every := min(max(int(now.Sub(l.At)/time.Hour), 1), maxPatience)
	id := fnv.New32a()
	_, _ = id.Write([]byte(l.ID))
	return (round+int(id.Sum32()))%every == 0
}

const maxPatience = 360 // an hour, by rounds of 10 s

// Run looks through them again and again until ctx ends.
func (p *Parked) Run(ctx context.Context) error {
	every := p.Every
	if every <= 0 {
		every = 10 * time.Second
	}
	for round := 0; ; round++ {
		if mine, err := p.Mine(ctx); err == nil && mine {
			if err := p.Round(ctx, round); err != nil && ctx.Err() == nil {
				p.Log.Warn("what was told of customers who were not known cannot be looked through", "code", fault.CodeOf(err), "error", err)
			}
		}
		select {
		case <-time.After(every):
		case <-ctx.Done():
			return nil
		}
	}
}

// Round tries once each whose turn it is.
func (p *Parked) Round(ctx context.Context, round int) error {
	now := time.Now()
	for after := ""; ; {
		page, err := p.Letters.List(ctx, after, parkedPage)
		if err != nil {
			return err
		}
		for _, l := range page {
			if l.Code != fault.ErrUnknownCustomer.Code || !due(&l, now, round) {
				continue
			}
			err := p.Letters.Replay(ctx, l.ID, p.Handle)
			if err != nil && !errors.Is(err, fault.ErrUnknownCustomer) && ctx.Err() == nil {
				p.Log.Warn("a parked message could not be applied", "letter", l.ID, "code", fault.CodeOf(err))
			}
		}
		if len(page) < parkedPage {
			return ctx.Err()
		}
		after = page[len(page)-1].ID
	}
}
