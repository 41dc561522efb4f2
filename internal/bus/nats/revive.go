package nats

import (
	"errors"
	"net"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/acme/customers/internal/bus"
)

// embedded is the server in this process. A write of its store that failed, on
// a full disk say, stays failed in it for good: only a new start looks at the
// disk again. Connections find whichever server is there now.
type embedded struct {
	swap    sync.Mutex
	server  *server.Server // nil when external
	failed  int            // publishes in a row
	revived time.Time
}

const (
	failuresToRevive = 2
	reviveEvery      = 15 * time.Second
)

// InProcessConn connects to the server that is there now (nats.InProcessServer).
func (e *embedded) InProcessConn() (net.Conn, error) { return e.now().InProcessConn() }

func (e *embedded) now() *server.Server {
	e.swap.Lock()
	defer e.swap.Unlock()
	return e.server
}

// published counts failures to store, and starts the embedded server again
// when there are some in a row.
func (b *Broker) published(err error) {
	b.swap.Lock()
	defer b.swap.Unlock()
	if err == nil || errors.Is(err, bus.ErrFenced) || b.server == nil {
		b.failed = 0
		return
	}
	if b.failed++; b.failed >= failuresToRevive && time.Since(b.revived) > reviveEvery {
		b.revive()
	}
}

// revive starts the server again on the same folder and address. The caller
// holds the lock.
func (b *Broker) revive() {
	b.log.Warn("the embedded broker is started again: it does not store")
	b.revived, b.failed = time.Now(), 0
	cfg := b.cfg
	if cfg.Listen != "" && b.server.Addr() != nil {
		cfg.Listen = b.server.Addr().String()
	}
	b.server.Shutdown()
	b.server.WaitForShutdown()
	fresh, err := startServer(cfg, b.log)
	if err != nil {
		b.log.Error("the embedded broker does not start; it is tried again", "error", err)
		return // connections fail meanwhile, publishes with them
	}
	b.server = fresh
}
