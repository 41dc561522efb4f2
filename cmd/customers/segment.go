package main

import (
	"context"
	"time"

	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/reactor"
)

// segmentLease is how long segments stand still at most when the instance that
// keeps them dies. It is renewed at a third of it, and not each round: that is a
// write.
const segmentLease = 3 * time.Second

// keepSegments keeps segments up to their rules.
func (s *service) keepSegments(ctx context.Context) error {
	var asked time.Time // of the last yes
	k := reactor.Segmenter{Segments: s.model.Segments(), Roster: s.model.Roster(), Compile: s.app.Language.Compile, Record: s.app, Ready: s.model.Loaded(),
		CaughtUp: func(ctx context.Context) error { return s.model.WaitHead(ctx, index.Freshness{}) },
		Mine: func(ctx context.Context) (bool, error) {
			now := time.Now()
			if now.Sub(asked) < segmentLease/3 {
				return true, nil
			}
			mine, err := s.store.Lease(ctx, "segments", s.instance, segmentLease)
			if mine {
				asked = now
			}
			return mine, err
		}, Clock: time.Now, Log: s.log}
	defer func() { _ = s.store.Release(context.WithoutCancel(ctx), "segments", s.instance) }()
	return k.Run(ctx)
}
