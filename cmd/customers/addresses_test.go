package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var records = regexp.MustCompile(`\d+ records and \d+ streams`)

// What is imported, or made up, a second time is there once, with its
// addresses; and an address that the tables find wrong is stored and marked.
func TestImportingAgainAddsNoAddress(t *testing.T) {
	r := serve(t, filepath.Join(t.TempDir(), "data"))
	dir := t.TempDir()
	where := []string{"--url", r.url, "--data", r.data}
	files := map[string]string{
		"people.csv": "E-Mail;Shipping Street;Shipping PLZ;shipping.city;shipping.country;billing.street;billing.postalCode;billing.city;billing.country;billing.phone\n" +
			"a@b.example;Am Markt 1;d-10115;Berlin;de;;;;;\n" +
			"c@d.example;Am Markt 2;10115;Berlin;DE;Rue du Lac 3;no code;Lausanne;CH;\n" +
			"e@f.example;;;;;Am Markt 3;10115;Berlin;DE;12\n",
		"people.jsonl": `{"email":"g@h.example","addresses":[{"type":"business","company":"Engines Ltd","street":["1 High St"],"city":"Leeds","postalCode":"ls14dy","country":"GB","isDefault":true}]}` + "\n",
	}
	count := func() string {
		out, err := cmdline(t, append([]string{"verify"}, where...)...)
		if err != nil {
			t.Fatal(out, err)
		}
		return records.FindString(out)
	}
	first := ""
	for run := range 2 {
		for name, content := range files {
			path := filepath.Join(dir, strings.Repeat("again-", run)+name) // an import that has ended is not continued
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			rejects := path + ".rejects"
			out, err := cmdline(t, append([]string{"import", path, "--rejects", rejects}, where...)...)
			raw, _ := os.ReadFile(rejects)
			if name == "people.csv" && (!strings.Contains(string(raw), "4,billing.phone,invalid_phone,") || strings.Count(string(raw), "\n") != 2) || name == "people.jsonl" && err != nil {
				t.Errorf("%s: %v %s\n%s", name, err, out, raw)
			}
		}
		if out, err := cmdline(t, append([]string{"demo", "--customers=60"}, where...)...); err != nil {
			t.Errorf("%s %v", out, err)
		}
		if now := count(); first == "" {
			first = now
		} else if now != first {
			t.Errorf("the second import made %s of %s", now, first)
		}
	}
	token := r.token(t, "--role", "admin")
	for email, want := range map[string]string{"a@b.example": "shipping corrected 10115 DE true", "g@h.example": "business corrected LS1 4DY GB true",
		"c@d.example": "shipping valid 10115 DE true; billing invalid NO CODE CH true"} {
		if got := r.addressesOf(t, token, email); got != want {
			t.Errorf("%s has %s, not %s", email, got, want)
		}
	}
}

// addressesOf tells the addresses of a customer in short.
func (r *running) addressesOf(t *testing.T, token, email string) string {
	t.Helper()
	_, found := r.call(t, token, "POST", "/v1/customers/lookup", `{"email":"`+email+`"}`)
	items, _ := found["items"].([]any)
	if len(items) != 1 {
		t.Fatalf("%d customers: %v", len(items), found)
	}
	id, _ := items[0].(map[string]any)["id"].(string)
	_, list := r.call(t, token, "GET", "/v1/customers/"+id+"/addresses", "")
	var out []string
	items, _ = list["items"].([]any)
	for _, item := range items {
		a, _ := item.(map[string]any)
		validation, _ := a["validation"].(map[string]any)
		word := func(v any) string { s, _ := v.(string); return s }
		isDefault := map[bool]string{true: "true", false: "false"}[a["isDefault"] == true]
		out = append(out, strings.Join([]string{word(a["type"]), word(validation["verdict"]), word(a["postalCode"]), word(a["country"]), isDefault}, " "))
	}
	return strings.Join(out, "; ")
}
