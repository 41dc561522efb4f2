package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/remote"
)

// service flags say which running service a command talks to, and as whom.
type serviceFlags struct {
	URL   string `help:"Where the service listens." default:"http://127.0.0.1:8080"`
	Token secret `help:"Bearer token (default: a development token of the service in --data)."`
	Data  string `help:"Data folder of a service on this machine, for a development token." default:"data" type:"path"`
}

// client is an authenticated client of the service's API.
func (f serviceFlags) client(role authz.Role, scopes ...string) *remote.Client {
	return &remote.Client{BaseURL: f.URL, Token: func() (string, error) {
		if f.Token != "" {
			return string(f.Token), nil
		}
		return devToken(f.Data, role, "", authz.TokenOptions{Scopes: scopes, Life: time.Hour})
	}}
}

type relayCmd struct {
	Reset relayResetCmd `cmd:"" help:"Empty the published stream and fill it again from the log, after a restore."`
}

type relayResetCmd struct{ serviceFlags }

// Run asks the service; only it may touch the stream.
func (r relayResetCmd) Run(ctx context.Context, c console) error {
	if err := r.client(authz.RoleAdmin).Call(ctx, http.MethodPost, "/v1/relay/reset", nil, nil); err != nil {
		return err
	}
	fmt.Fprintln(c.out, "the stream is being filled again from the log")
	return nil
}

type dlqCmd struct {
	List   dlqListCmd   `cmd:"" help:"List dead letters, without their content."`
	Show   dlqShowCmd   `cmd:"" help:"Show one dead letter. Its content is personal."`
	Replay dlqReplayCmd `cmd:"" help:"Handle dead letters again."`
}

type letter struct {
	ID       string          `json:"id"`
	Subject  string          `json:"subject"`
	Code     string          `json:"code"`
	Attempts int             `json:"attempts"`
	At       time.Time       `json:"at"`
	Data     json.RawMessage `json:"data"`
}

type letters struct {
	Items []letter `json:"items"`
	Next  string   `json:"next"`
}

type dlqListCmd struct{ serviceFlags }

// Run prints one line a letter.
func (d dlqListCmd) Run(ctx context.Context, c console) error {
	client := d.client(authz.RoleAdmin)
	return eachLetter(ctx, client, func(l letter) error {
		_, err := fmt.Fprintf(c.out, "%s  %s  %-36s %s, %d attempts\n", l.ID, l.At.Format(time.RFC3339), l.Subject, l.Code, l.Attempts)
		return err
	})
}

func eachLetter(ctx context.Context, client *remote.Client, do func(letter) error) error {
	for after := ""; ; {
		var page letters
		if err := client.Call(ctx, http.MethodGet, "/v1/dead-letters?after="+url.QueryEscape(after), nil, &page); err != nil {
			return err
		}
		for _, l := range page.Items {
			if err := do(l); err != nil {
				return err
			}
		}
		if after = page.Next; after == "" {
			return nil
		}
	}
}

type dlqShowCmd struct {
	serviceFlags
	ID string `arg:"" help:"The letter's id."`
}

// Run prints the letter as it came.
func (d dlqShowCmd) Run(ctx context.Context, c console) error {
	var l letter
	if err := d.client(authz.RoleAdmin).Call(ctx, http.MethodGet, "/v1/dead-letters/"+url.PathEscape(d.ID), nil, &l); err != nil {
		return err
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, l.Data, "", "  "); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.out, "%s  %s  %s (%s)\n%s\n", l.ID, l.At.Format(time.RFC3339), l.Subject, l.Code, pretty.String())
	return err
}

type dlqReplayCmd struct {
	serviceFlags
	ID  string `arg:"" optional:"" help:"The letter's id."`
	All bool   `help:"Every letter."`
}

// Run replays one letter or all; what fails again stays where it is.
func (d dlqReplayCmd) Run(ctx context.Context, c console) error {
	client := d.client(authz.RoleAdmin)
	replay := func(id string) error {
		return client.Call(ctx, http.MethodPost, "/v1/dead-letters/"+url.PathEscape(id)+"/replay", nil, nil)
	}
	switch {
	case d.All == (d.ID != ""):
		return coded{exitUsage, errors.New("give either one id or --all")}
	case d.ID != "":
		return replay(d.ID)
	}
	done, failed := 0, 0
	err := eachLetter(ctx, client, func(l letter) error {
		if err := replay(l.ID); err != nil {
			failed++
			fmt.Fprintf(c.err, "%s: %v\n", l.ID, err)
			return nil
		}
		done++
		return nil
	})
	fmt.Fprintf(c.out, "%d replayed, %d failed again\n", done, failed)
	if err == nil && failed > 0 {
		err = coded{exitPartial, errors.New("some letters failed again")}
	}
	return err
}

// follow reads a streamed report of the service, a JSON value a line.
func follow(ctx context.Context, client *remote.Client, path string, line func([]byte) error) error {
	resp, err := client.Do(ctx, http.MethodPost, path, nil, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	in := bufio.NewScanner(resp.Body)
	for in.Scan() {
		if text := strings.TrimSpace(in.Text()); text != "" {
			if err := line([]byte(text)); err != nil {
				return err
			}
		}
	}
	if in.Err() != nil {
		return fmt.Errorf("the report broke off: %w", in.Err())
	}
	return nil
}
