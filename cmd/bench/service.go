package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/cmd/bench/internal/machine"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/remote"
)

// settleTime bounds the wait for what registrations cause.
const settleTime = 5 * time.Minute

// service is the measured program with its stores and all that was put in.
type service struct {
	store   string
	folder  string   // everything of it that is on disk here
	args    []string // it was started with
	process *machine.Process
	metrics string // URL
	token   string
	cluster *cluster
	names   []string // of the databases

	people       int         // used so far: the next person's number
	ids          []uuid.UUID // known customers, to be read
	asked        int         // reads so far
	acknowledged int         // registrations that were answered with success
	unsure       int         // registrations that were not: made or not

	rssEmpty, diskEmpty int64
}

// start runs the service on an empty store; more are flags.
func (b *bench) start(ctx context.Context, store string, more ...string) (*service, error) {
	folder, err := os.MkdirTemp("", "customers-bench-")
	if err != nil {
		return nil, err
	}
	s := &service{store: store, folder: folder, cluster: b.cluster}
	data := filepath.Join(folder, "data")
	args := []string{"serve", "--data", data, "--http", "127.0.0.1:0", "--log-level", "warn", "--pprof", "127.0.0.1:0",
		"--rate-services", "1000000"} // one caller makes the whole load, which may be more than a program may ask for
	args = append(args, more...)
	if store == postgres {
		// Events and keys in databases of their own, on one cluster: both are
		// flushed by the disk that pgbench's rows are flushed by.
		for _, use := range []string{"store", "keys"} {
			name := "bench_" + use
			dsn, err := b.cluster.create(ctx, name)
			if err != nil {
				return nil, err
			}
			s.names = append(s.names, name)
			args = append(args, "--"+use, dsn)
		}
	}
	s.args = args
	if err := b.launch(s); err != nil {
		return nil, errors.Join(err, s.remove(ctx))
	}
	tokenArgs := []string{"token", "--data", data, "--role", "service"}
	for _, scope := range []string{authz.ScopeRegister, authz.ScopeRead, authz.ScopeContact, authz.ScopeActivity, authz.ScopeOrderContext} {
		tokenArgs = append(tokenArgs, "--scope", scope)
	}
	token, err := machine.Command(ctx, b.cfg.binary, tokenArgs...)
	if err == nil {
		s.token = strings.TrimSpace(token)
		err = s.settle(ctx)
	}
	if err == nil {
		s.rssEmpty, s.diskEmpty, _, err = s.measureSize(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.stop(false))
	}
	return s, nil
}

// launch starts the program on what its stores hold.
func (b *bench) launch(s *service) (err error) {
	if s.process, err = machine.Start(filepath.Join(b.cfg.out, s.store+".log"), true, nil, b.cfg.binary, s.args...); err == nil {
		s.metrics = s.process.URL + "/metrics"
	}
	return err
}

// stop ends the service; a service that was sound must end well.
func (s *service) stop(sound bool) error {
	err := s.process.Stop()
	if !sound {
		err = nil // there is an error already that says more
	}
	return errors.Join(err, s.remove(context.Background()))
}

func (s *service) remove(ctx context.Context) error {
	errs := []error{os.RemoveAll(s.folder)}
	for _, name := range s.names {
		errs = append(errs, s.cluster.drop(ctx, name))
	}
	return errors.Join(errs...)
}

func (s *service) dial(ctx context.Context) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", s.process.Host())
}

// client is for what is not measured request by request.
func (s *service) client() *remote.Client {
	return &remote.Client{BaseURL: s.process.URL, Token: func() (string, error) { return s.token, nil }}
}

// settle waits until everything is ready and published, so that no side pays
// for what the other caused.
func (s *service) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	for {
		lag, err := s.gauge(ctx, "customers_relay_lag")
		if index, err2 := s.gauge(ctx, "customers_index_lag"); err == nil && err2 == nil && lag == 0 && index == 0 {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("the service did not settle: %v records behind: %w", lag, errors.Join(err, ctx.Err()))
		}
	}
}

var errNoGauge = errors.New("the service has no such metric now")

// gauge reads a metric by the start of its name.
func (s *service) gauge(ctx context.Context, name string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.metrics, nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	for in := bufio.NewScanner(resp.Body); in.Scan(); {
		if line := in.Text(); strings.HasPrefix(line, name) {
			return strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
		}
	}
	return 0, fmt.Errorf("%w: %s", errNoGauge, name)
}

// account checks that the service has every registration that it
// acknowledged, and none that nobody asked for: a fast answer that lost
// something is no result.
func (s *service) account(ctx context.Context) error {
	if err := s.settle(ctx); err != nil {
		return err
	}
	n, err := s.gauge(ctx, "customers_registered")
	if err != nil {
		return err
	}
	if has := int(n); has < s.acknowledged || has > s.acknowledged+s.unsure {
		return fmt.Errorf("%d registrations were acknowledged and %d are unsure, but the service has %d customers", s.acknowledged, s.unsure, has)
	}
	say("%s: %d customers, as acknowledged", s.store, int(n))
	return nil
}
