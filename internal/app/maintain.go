package app

import (
	"context"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/journal"
)

// Verify replays every stream and compares it with its snapshot, while
// serving. report names ids only.
func (a *App) Verify(ctx context.Context, c Call, report journal.Report) (journal.Progress, error) {
	if _, err := a.allowAny(&c, authz.VerifyStore); err != nil {
		return journal.Progress{}, err
	}
	return journal.Verify(ctx, a.Journal, a.Streams.All(), report)
}

// Rebuild makes every snapshot anew, while serving.
func (a *App) Rebuild(ctx context.Context, c Call, report journal.Report) (journal.Progress, error) {
	if _, err := a.allowAny(&c, authz.RebuildSnapshots); err != nil {
		return journal.Progress{}, err
	}
	return journal.Rebuild(ctx, a.Journal, a.Streams.All(), report)
}

// ResetRelay empties the published stream and has it filled again from the
// log: after a restore, when the stream tells of a log that is no more.
func (a *App) ResetRelay(ctx context.Context, c Call) error {
	if _, err := a.allowAny(&c, authz.ResetRelay); err != nil {
		return err
	}
	return a.Relay.Reset(ctx)
}
