package nats

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A stream that says so is of our own making and for nobody else: it may be
// emptied of what was handled, and given more subjects.
const (
	ownerKey = "acme.owner"
	owner    = "customers"
)

func ours(c jetstream.StreamConfig) bool { return c.Metadata[ownerKey] == owner }

// tidyEvery is how long what was handled waits for its removal.
const tidyEvery = time.Second

// tidy removes what was handled, up to the first message that was not. Where the
// stream is not ours, others may still have to read it.
func (in *Inbound) tidy(ctx context.Context, s jetstream.Stream, c jetstream.Consumer) {
	if config := s.CachedInfo().Config; !ours(config) || config.Retention != jetstream.LimitsPolicy {
		return
	}
	removed := uint64(0)
	for ctx.Err() == nil {
		info, err := c.Info(ctx)
		if err == nil && info.AckFloor.Stream > removed {
			if err = s.Purge(ctx, jetstream.WithPurgeSequence(info.AckFloor.Stream+1)); err == nil {
				removed = info.AckFloor.Stream
			}
		}
		if err != nil && ctx.Err() == nil {
			in.b.log.Warn("handled messages are not removed yet", "stream", in.cfg.Stream, "error", err)
		}
		select {
		case <-time.After(tidyEvery):
		case <-ctx.Done():
		}
	}
}
