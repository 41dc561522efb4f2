package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
)

type tokenCmd struct {
	Data     string        `help:"Data folder of the service." default:"data" type:"path"`
	Role     string        `help:"${enum}" enum:"customer,support,marketing,compliance,admin,service" required:""`
	Customer string        `help:"Customer id, for role customer."`
	User     string        `help:"User id, for role customer without --customer."`
	Scope    []string      `help:"Scopes, for role service and for extra permissions."`
	Life     time.Duration `help:"How long the token holds." default:"12h"`
	Issuer   string        `help:"The OIDC issuer that the service trusts."`
}

// Run prints a token of the development issuer, and nothing else, so that it
// can be put into a variable.
func (t tokenCmd) Run(c console) error {
	if t.Issuer != "" {
		return coded{exitUsage, errors.New("a real issuer is configured (--issuer): it makes the tokens, we do not")}
	}
	token, err := devToken(t.Data, authz.Role(t.Role), t.Customer, authz.TokenOptions{UserID: t.User, Scopes: t.Scope, Life: t.Life})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.out, token)
	return err
}

func devToken(data string, role authz.Role, customer string, o authz.TokenOptions) (string, error) {
	if customer != "" {
		id, err := uuid.Parse(strings.TrimSpace(customer))
		if err != nil {
			return "", coded{exitUsage, errors.New("--customer is not a customer id")}
		}
		o.Customer = id
	}
	if _, err := os.Stat(issuerFolder(data)); err != nil {
		return "", coded{exitUsage, fmt.Errorf("no service has run in %s: start it, or give its --data", data)}
	}
	issuer, err := authz.OpenDevIssuer(issuerFolder(data))
	if err != nil {
		return "", err
	}
	return issuer.Token(role, o)
}

// issuerFolder is where the development key lies.
func issuerFolder(data string) string { return filepath.Join(data, "issuer") }
