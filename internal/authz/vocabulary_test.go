package authz

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func TestPoliciesThatMeanNothingStopTheStart(t *testing.T) {
	cases := map[string]struct{ policy, want string }{
		"syntax":               {`permit (principal, action, resource`, "extra.cedar"},
		"action in scope":      {`permit (principal, action == Action::"getCustomr", resource);`, `"getCustomr" does not exist`},
		"action in a list":     {`permit (principal, action in [Action::"getCustomer", Action::"get"], resource);`, `"get" does not exist`},
		"action in condition":  {`permit (principal, action, resource) when { action == Action::"nope" };`, `"nope" does not exist`},
		"role":                 {`permit (principal == Role::"suport", action, resource);`, `"suport" does not exist`},
		"role in condition":    {`forbid (principal, action, resource) unless { principal == Role::"adm" };`, `"adm" does not exist`},
		"scope":                {`forbid (principal, action, resource) unless { principal.scopes.contains(Scope::"notify") };`, `"notify" does not exist`},
		"scope as text":        {`permit (principal, action, resource) when { principal.scopes.contains("notifications") };`, "extra.cedar"},
		"field":                {`permit (principal, action == Action::"readField", resource == Field::"birthday");`, `"birthday" does not exist`},
		"field in a set":       {`permit (principal, action == Action::"readField", resource) when { [Field::"name", Field::"x"].contains(resource) };`, `"x" does not exist`},
		"relation":             {`permit (principal, action, resource is Customer) when { resource.relation == Relation::"slef" };`, `"slef" does not exist`},
		"purpose":              {`permit (principal, action == Action::"readField", resource) when { context.purpose == Purpose::"curiosity" };`, `"curiosity" does not exist`},
		"attribute":            {`permit (principal, action, resource) when { principal.name == "x" };`, "extra.cedar"},
		"attribute of a field": {`permit (principal, action, resource) when { resource.relation == Relation::"self" };`, "extra.cedar"},
		"a single customer":    {`permit (principal, action, resource == Customer::"0198c6ee");`, `does not exist`},
		"field for operation":  {`permit (principal, action == Action::"getCustomer", resource == Field::"name");`, "extra.cedar"},
		"an unknown type":      {`permit (principal is User, action, resource);`, "extra.cedar"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := altered(t, "extra.cedar", c.policy)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
	// Control: the same way in lets a sound policy pass.
	if _, err := altered(t, "extra.cedar", `permit (principal == Role::"support", action == Action::"getStatistics", resource);`); err != nil {
		t.Errorf("control: %v", err)
	}
}

func TestAFolderWithoutPoliciesStopsTheStart(t *testing.T) {
	for name, fsys := range map[string]fstest.MapFS{
		"empty":         {},
		"only comments": {"a.cedar": {Data: []byte("// nothing\n")}},
		"wrong suffix":  {"a.txt": {Data: []byte("permit (principal, action, resource);")}},
	} {
		if _, err := LoadPolicies(fsys); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := LoadPolicies(os.DirFS(t.TempDir() + "/missing")); err == nil {
		t.Error("missing folder: no error")
	}
}

func TestPoliciesFromAFolderReplaceTheShippedOnes(t *testing.T) {
	dir := t.TempDir()
	policy := `permit (principal == Role::"marketing", action == Action::"getStatistics", resource);`
	if err := os.WriteFile(dir+"/own.cedar", []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := LoadPolicies(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if p.Allow(Principal{Role: RoleMarketing}, GetStatistics, None) != nil {
		t.Error("the folder's permit is not in force")
	}
	if p.Allow(Principal{Role: RoleAdmin}, GetCustomer, Other) == nil {
		t.Error("a shipped permit is still in force")
	}
}
