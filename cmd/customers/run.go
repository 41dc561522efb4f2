package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/alecthomas/kong"
	"github.com/mattn/go-isatty"
)

// cli is the command line. Every flag is also an environment variable:
// CUSTOMERS_ and the flag's name in upper case.
type cli struct {
	Serve      serveCmd      `cmd:"" help:"Run the service."`
	Token      tokenCmd      `cmd:"" help:"Print a development token."`
	Import     importCmd     `cmd:"" help:"Import customers from CSV or JSON Lines."`
	Demo       demoCmd       `cmd:"" help:"Register made-up customers."`
	Verify     verifyCmd     `cmd:"" help:"Replay every stream and compare it with its snapshot."`
	Rebuild    rebuildCmd    `cmd:"" help:"Make every snapshot anew while serving."`
	Addresses  addressesCmd  `cmd:"" help:"Look after addresses."`
	Activities activitiesCmd `cmd:"" help:"Look after what customers did elsewhere."`
	Consents   consentsCmd   `cmd:"" help:"Export and import consents."`
	Segments   segmentsCmd   `cmd:"" help:"Look after segments."`
	Receipt    receiptCmd    `cmd:"" help:"Check receipts of consents."`
	Rules      rulesCmd      `cmd:"" help:"Print the built-in topics, purposes and defaults, to begin a file for --contact-rules with."`
	DLQ        dlqCmd        `cmd:"" name:"dlq" help:"List, show or replay messages that could not be handled."`
	Relay      relayCmd      `cmd:"" help:"Look after the relay to the bus."`
	Migrate    migrateCmd    `cmd:"" help:"Bring the databases to this version's schema."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

// console is where a command talks to its user.
type console struct {
	in       io.Reader
	out, err io.Writer
}

// step shows how far something is, over what was shown before. Who reads it from
// a file sees the end alone.
func (c console) step(format string, args ...any) {
	if f, ok := c.err.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		fmt.Fprintf(c.err, "\r"+format, args...)
	}
}

// stepped ends the line of steps.
func (c console) stepped() { c.step("\n") }

// run parses and runs one command. It is main without the process around it.
func run(ctx context.Context, args []string, getenv func(string) string, in io.Reader, out, errOut io.Writer) error {
	var c cli
	exited := false
	parser, err := kong.New(&c, kong.Name("customers"),
		kong.Description("The authority for customer identity, profiles and history."),
		kong.Writers(out, errOut), kong.Exit(func(int) { exited = true }),
		kong.DefaultEnvars("CUSTOMERS"), kong.Resolvers(environment(getenv)),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(console{in, out, errOut}))
	if err != nil {
		return err
	}
	cmd, err := parser.Parse(args)
	if exited { // --help
		return nil
	}
	var usage *kong.ParseError
	if errors.As(err, &usage) {
		return coded{exitUsage, err}
	}
	if err != nil {
		return err
	}
	return cmd.Run()
}

// environment resolves flags from getenv, so that tests need no real one.
func environment(getenv func(string) string) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		for _, name := range flag.Envs {
			if v := getenv(name); v != "" {
				return v, nil
			}
		}
		return nil, nil
	})
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(c console) error {
	_, err := fmt.Fprintln(c.out, "customers", version())
	return err
}

// version is what the build knows of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
