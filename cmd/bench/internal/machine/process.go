// Package machine starts what is measured, and reads from the kernel what it
// takes.
package machine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	startTime = 2 * time.Minute // a large store is read at start
	stopTime  = time.Minute
)

// Process is a server that runs as a child.
type Process struct {
	URL     string // where it listens
	Profile string // where its profiles are, "" when it said nothing of them
	cmd     *exec.Cmd
	log     *os.File
	ended   chan struct{}
	err     error
}

// Start runs a program that says on standard output where it listens: the
// first URL on the first line. With profiled it must also say, on a line of
// its own that starts with "Profiles", where its profiles are. Its standard
// error goes to the file log. The program dies with this process.
func Start(log string, profiled bool, stdin io.Reader, program string, args ...string) (*Process, error) {
	p := &Process{ended: make(chan struct{})}
	var err error
	if p.log, err = os.Create(log); err != nil {
		return nil, err
	}
	p.cmd = exec.Command(program, args...)
	p.cmd.Stderr, p.cmd.Stdin = p.log, stdin
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		return nil, errors.Join(err, p.log.Close())
	}
	said := make(chan error, 1)
	go func() {
		lines := bufio.NewReader(out)
		said <- p.listen(lines, profiled)
		_, _ = io.Copy(io.Discard, lines) // before Wait, which closes the pipe
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	select {
	case err = <-said:
	case <-time.After(startTime):
		err = errors.New("it does not listen yet")
	}
	if err != nil {
		return nil, fmt.Errorf("start %s (see %s): %w", program, log, errors.Join(err, p.kill()))
	}
	return p, nil
}

// listen reads what the program says until all addresses are known.
func (p *Process) listen(lines *bufio.Reader, profiled bool) error {
	for p.URL == "" || profiled && p.Profile == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			return errors.New("it ended without an address")
		}
		_, url, ok := strings.Cut(line, "http://")
		url, _, _ = strings.Cut(strings.TrimSpace(url), " ")
		switch {
		case ok && p.URL == "":
			p.URL = "http://" + url
		case ok && strings.HasPrefix(line, "Profiles"):
			p.Profile = "http://" + strings.TrimSuffix(url, "/")
		}
	}
	return nil
}

// Pid is the process's id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Host is host:port of the URL.
func (p *Process) Host() string { return strings.TrimPrefix(p.URL, "http://") }

// Stop asks it to end and waits. It is an error when it does not, or ends
// badly.
func (p *Process) Stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.ended:
		return errors.Join(p.err, p.log.Close())
	case <-time.After(stopTime):
		return errors.Join(errors.New("it did not end when asked"), p.kill())
	}
}

func (p *Process) kill() error {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.ended
	return p.log.Close()
}

// Command runs a program to its end and gives its standard output. Its
// standard error is part of the error.
func Command(ctx context.Context, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	var errOut strings.Builder
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", program, err, strings.TrimSpace(errOut.String()))
	}
	return string(out), nil
}
