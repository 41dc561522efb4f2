package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// batches is a service that takes every line but those whose name is "no".
func batches(t *testing.T) (url string, modes, bodies *[]string) {
	t.Helper()
	modes, bodies = &[]string{}, &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Bearer t" || r.Header.Get("Idempotency-Key") == "" || r.Header.Get("Customers-Source") != "import" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		mode := r.URL.Query().Get("mode")
		*modes, *bodies = append(*modes, mode), append(*bodies, string(body))
		w.Header().Set("Content-Type", "application/x-ndjson")
		n := 0
		for line := range bytes.Lines(body) {
			n++
			o := map[string]any{"line": n, "status": 201, "outcome": map[string]string{"validate": "valid"}[mode]}
			if mode != "validate" {
				o["outcome"] = "created"
			}
			if bytes.Contains(line, []byte(`"no"`)) {
				o = map[string]any{"line": n, "status": 422, "problem": map[string]any{"code": "invalid", "detail": "d",
					"errors": []map[string]string{{"pointer": "/name/given", "code": "refused", "detail": "d"}}}}
			}
			_ = json.NewEncoder(w).Encode(o)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, modes, bodies
}

// command runs one command with the flags that it needs given by environment.
func command(t *testing.T, url, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	env := map[string]string{"CUSTOMERS_URL": url, "CUSTOMERS_TOKEN": "t"}
	var out, errOut bytes.Buffer
	err := run(t.Context(), args, func(name string) string { return env[name] }, strings.NewReader(stdin), &out, &errOut)
	if err != nil {
		code = exitCode(err)
		errOut.WriteString(err.Error())
	}
	return out.String(), errOut.String(), code
}

func TestImportSaysHowItWent(t *testing.T) {
	file := func(content string) string {
		path := filepath.Join(t.TempDir(), "people.csv")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, mixed := "Vorname,Mail\nAda,a@b.example\n", "Vorname,Mail\nAda,a@b.example\nno,c@d.example\n"
	rejects := filepath.Join(t.TempDir(), "rejects.csv")
	for name, c := range map[string]struct {
		args  []string
		stdin string
		code  int
		out   string // on stdout
		err   string // on stderr
		mode  string
	}{
		"every row":          {args: []string{file(good)}, out: "1 rows: 1 created, 0 updated, 0 rejected", mode: "upsert"},
		"new ones only":      {args: []string{file(good), "--mode=register"}, out: "1 created", mode: "register"},
		"some rows":          {args: []string{file(mixed), "--rejects", rejects}, code: exitPartial, out: "1 created, 0 updated, 1 rejected", err: "refused  Vorname", mode: "upsert"},
		"a dry run":          {args: []string{file(good), "--dry-run"}, out: "1 valid", err: `column "Mail" becomes email`, mode: "validate"},
		"the standard input": {args: []string{"-"}, stdin: good, out: "1 created", err: "cannot be continued", mode: "upsert"},
		"JSON Lines":         {args: []string{"-"}, stdin: `{"email":"a@b.example"}`, out: "1 created", mode: "upsert"},
		"an unknown column":  {args: []string{file("email,Shoe size\n")}, code: exitUsage, err: `"Shoe size"`},
		"no such file":       {args: []string{filepath.Join(t.TempDir(), "none")}, code: exitUsage, err: "no such file"},
		"no file":            {code: exitUsage, err: "<file>"},
		"a huge batch":       {args: []string{"-", "--batch=10001"}, code: exitUsage, err: "--batch"},
		"no flight":          {args: []string{"-", "--parallel=17"}, code: exitUsage, err: "--parallel"},
		"an open network":    {args: []string{"-", "--url=http://customers.example"}, code: exitUsage, err: "https://"},
		"a wrong token":      {args: []string{file(good), "--token=x"}, code: exitFailed, err: "the same command continues"},
	} {
		t.Run(name, func(t *testing.T) {
			url, modes, _ := batches(t)
			out, errOut, code := command(t, url, c.stdin, append([]string{"import"}, c.args...)...)
			if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(errOut, c.err) || c.mode != "" && (*modes)[0] != c.mode {
				t.Errorf("exit code %d, mode %v\n%s\n%s", code, *modes, out, errOut)
			}
		})
	}
	if raw, err := os.ReadFile(rejects); err != nil || string(raw) != "row,column,code,message\n3,Vorname,refused,d\n" {
		t.Errorf("%q %v", raw, err)
	}
}

func TestImportMapsColumns(t *testing.T) {
	url, _, bodies := batches(t)
	_, errOut, code := command(t, url, "A;B;VIP\na@b.example;7,5;yes\n", "import", "-", "--map", "A=email", "--map=B=externalIds.crm",
		"--map", "VIP=profile.attributes.vip:boolean", "--delimiter=semicolon", "--format=csv")
	if want := `{"externalIds":{"crm":"7,5"},"email":"a@b.example","profile":{"attributes":{"vip":true}}}` + "\n"; code != 0 || (*bodies)[0] != want {
		t.Errorf("%d %s %s", code, *bodies, errOut)
	}
}

func TestDemoIsTheSameEveryTime(t *testing.T) {
	url, modes, first := batches(t)
	args := []string{"demo", "--customers=30", "--seed=5", "--batch=10", "--parallel=1"}
	if out, errOut, code := command(t, url, "", args...); code != 0 || !strings.Contains(out, "30 created") || (*modes)[0] != "upsert" {
		t.Fatalf("%d %s %s", code, out, errOut)
	}
	url, _, again := batches(t)
	_, _, _ = command(t, url, "", args...)
	if strings.Join(*first, "") != strings.Join(*again, "") || strings.Count(strings.Join(*first, ""), "\n") != 30 {
		t.Error("the same seed gave other people")
	}
	url, _, _ = batches(t)
	if _, errOut, code := command(t, url, "", "demo", "--token=x"); code != exitFailed || !strings.Contains(errOut, "401") {
		t.Errorf("a refusal: %d %s", code, errOut)
	}
	if exitCode(errors.New("x")) != exitFailed {
		t.Error("an error that is not coded")
	}
}
