// Command customers is the customer management service: the authority for
// customer identity, profiles and history.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	_ "time/tzdata" // IANA zones where the machine has none
)

// The exit codes.
const (
	exitFailed   = 1 // it ran and failed
	exitUsage    = 2 // flags or configuration
	exitPartial  = 3 // it ran, but not everything was taken, or something differs
	exitNotReady = 4 // a dependency could not be reached at start
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err == nil {
		return
	}
	if err.Error() != "" {
		fmt.Fprintln(os.Stderr, "customers:", err)
	}
	os.Exit(exitCode(err))
}

// coded is an error that decides the exit code.
type coded struct {
	code int
	err  error
}

func (c coded) Error() string { return c.err.Error() }
func (c coded) Unwrap() error { return c.err }

func exitCode(err error) int {
	var c coded
	if errors.As(err, &c) {
		return c.code
	}
	return exitFailed
}
