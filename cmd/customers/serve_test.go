package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	_ "modernc.org/sqlite"
)

// output is a buffer that two goroutines share, and that tells its first line.
type output struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	first chan string
	told  bool
}

func newOutput() *output { return &output{first: make(chan string, 1)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := o.buf.Write(p)
	if line, _, ok := strings.Cut(o.buf.String(), "\n"); ok && !o.told {
		o.told = true
		o.first <- line
	}
	return n, err
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// none is an empty environment.
func none(string) string { return "" }

var listening = regexp.MustCompile(`http://[0-9.:]+`)

// running is a service in this process, with the production wiring.
type running struct {
	url, data string
	log       *output
	stop      func() error
}

func serve(t *testing.T, data string, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, log, done := newOutput(), newOutput(), make(chan error, 1)
	go func() {
		done <- run(ctx, append([]string{"serve", "--data", data, "--http", "127.0.0.1:0"}, args...), none, strings.NewReader(""), out, log)
	}()
	r := &running{data: data, log: log, stop: sync.OnceValue(func() error { cancel(); return <-done })}
	t.Cleanup(func() { _ = r.stop() })
	select {
	case line := <-out.first:
		r.url = listening.FindString(line)
	case err := <-done:
		t.Fatalf("serve: %v", err)
	}
	return r
}

// cmdline runs another subcommand and gives what it printed.
func cmdline(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, none, strings.NewReader(""), &out, io.Discard)
	return out.String(), err
}

func (r *running) token(t *testing.T, args ...string) string {
	t.Helper()
	token, err := cmdline(t, append([]string{"token", "--data", r.data}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(token)
}

// call sends a request and decodes the answer.
func (r *running) call(t *testing.T, token, method, path, body string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, r.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out map[string]any
	_ = json.NewDecoder(resp.Body).Decode(&out)
	return resp.StatusCode, out
}

func TestWhatWasRegisteredIsThereAfterARestart(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	r := serve(t, data)
	admin := r.token(t, "--role", "admin")
	status, made := r.call(t, admin, "POST", "/v1/customers", `{"email":"ada@example.com","name":{"given":"Ada"}}`)
	if status != 201 {
		t.Fatalf("registered: %d %v", status, made["code"])
	}
	if !strings.Contains(r.log.String(), `"kms":"file:`) || strings.Contains(r.log.String(), "ada@") {
		t.Error("the log lacks the configuration, or has a name in it")
	}
	if err := r.stop(); err != nil {
		t.Fatalf("drained with %v", err)
	}
	if out, err := cmdline(t, "verify", "--offline", "--data", data); err != nil || !strings.Contains(out, "1 records and 1 streams") {
		t.Errorf("verify: %v %s", err, out)
	}
	again := serve(t, data)
	status, got := again.call(t, again.token(t, "--role", "admin"), "GET", "/v1/customers/"+made["id"].(string), "")
	if status != 200 || got["number"] != "C-00000001" {
		t.Errorf("after the restart: %d", status)
	}
	for _, args := range [][]string{{"verify"}, {"rebuild"}, {"dlq", "list"}} {
		if out, err := cmdline(t, append(args, "--data", data, "--url", again.url)...); err != nil {
			t.Errorf("%v: %v %s", args, err, out)
		}
	}
}

func TestExitCodesTellWhatWentWrong(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	r := serve(t, data)
	if _, err := cmdline(t, "verify", "--offline", "--data", data); exitCode(err) != exitNotReady {
		t.Errorf("a second process on the same stores: %v", err)
	}
	if status, _ := r.call(t, r.token(t, "--role", "admin"), "POST", "/v1/customers", `{"email":"ada@example.com"}`); status != 201 {
		t.Fatal(status)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, c := range map[string]struct {
		want int
		args []string
	}{
		"no such flag":                 {exitUsage, []string{"serve", "--nope"}},
		"token beside a real issuer":   {exitUsage, []string{"token", "--data", data, "--role", "admin", "--issuer", "https://id.example"}},
		"development tokens for all":   {exitUsage, []string{"serve", "--data", data, "--http", "0.0.0.0:0"}},
		"half of TLS":                  {exitUsage, []string{"serve", "--data", data, "--tls-cert", "x.pem"}},
		"an unknown store":             {exitUsage, []string{"serve", "--data", data, "--store", "mysql://x"}},
		"an unknown weight":            {exitUsage, []string{"serve", "--data", data, "--weights", "shoes=1"}},
		"rules that are not there":     {exitUsage, []string{"serve", "--data", data, "--http", "127.0.0.1:0", "--contact-rules", data + "/none.json"}},
		"a database that is not there": {exitNotReady, []string{"serve", "--data", data, "--http", "127.0.0.1:0", "--keys", "postgres://x@127.0.0.1:1/x?connect_timeout=1"}},
		"another root key":             {exitUsage, []string{"serve", "--data", data, "--http", "127.0.0.1:0", "--kms", "file:" + data + ".other.key"}},
		"another key store":            {exitUsage, []string{"serve", "--data", data, "--http", "127.0.0.1:0", "--keys", "sqlite:" + data + "/other-keys.db"}},
		"another event store":          {exitUsage, []string{"serve", "--data", data, "--http", "127.0.0.1:0", "--store", "sqlite:" + data + "/other-events.db"}},
		"an address that is taken":     {exitNotReady, []string{"serve", "--data", data, "--http", taken.Addr().String()}},
		"nothing to verify":            {exitUsage, []string{"verify", "--offline", "--data", data + "x"}},
	} {
		if out, err := cmdline(t, c.args...); exitCode(err) != c.want || err == nil {
			t.Errorf("%s: exit code %d, want %d: %v %s", name, exitCode(err), c.want, err, out)
		}
	}
}

func TestTheRulesOfContactAreAFile(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	built, err := cmdline(t, "rules")
	if err != nil {
		t.Fatal(err)
	}
	path := data + ".json"
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(built, `"analytics"`, `"measurement"`)), 0o600); err != nil {
		t.Fatal(err)
	}
	r := serve(t, data, "--contact-rules", path)
	token, err := cmdline(t, "token", "--data", data, "--role", "admin")
	if err != nil {
		t.Fatal(err)
	}
	status, body := r.call(t, strings.TrimSpace(token), "GET", "/v1/purposes", "")
	if names := fmt.Sprint(body); status != 200 || !strings.Contains(names, "measurement") || strings.Contains(names, "analytics") {
		t.Errorf("%d %s", status, names)
	}
}

// A receipt is checked when the service is gone, with what was published.
func TestAReceiptOutlivesTheService(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	r := serve(t, data)
	token, err := cmdline(t, "token", "--data", data, "--role", "admin")
	if err != nil {
		t.Fatal(err)
	}
	token = strings.TrimSpace(token)
	get := func(path string) []byte {
		t.Helper()
		status, body := r.call(t, token, "GET", path, "")
		raw, err := json.Marshal(body)
		if status != 200 || err != nil {
			t.Fatalf("%s: %d %s", path, status, raw)
		}
		return raw
	}
	_, made := r.call(t, token, "POST", "/v1/customers", `{"email":"ada@example.test"}`)
	consents := fmt.Sprintf("/v1/customers/%s/consents/marketing/", made["id"])
	r.call(t, token, "POST", consents+"grant", `{"source":"web"}`)
	keys, good, bad := data+".keys", data+".good", data+".bad"
	answer := get(consents + "receipt")
	for path, raw := range map[string][]byte{keys: get("/.well-known/jwks.json"), good: answer, bad: bytes.Replace(answer, []byte("."), []byte(".e"), 1)} {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	out, err := cmdline(t, "receipt", "verify", "--keys", keys, good)
	if err != nil || !strings.Contains(out, `"consentStatus": "granted"`) {
		t.Errorf("%v %s", err, out)
	}
	if out, err := cmdline(t, "receipt", "verify", "--keys", keys, bad); exitCode(err) != 1 || out != "" {
		t.Errorf("a forgery: %v %s", err, out)
	}
	if _, err := cmdline(t, "receipt", "verify", "--keys", good, good); err == nil {
		t.Error("a receipt passes without keys")
	}
}

func TestNoRootKeyIsMadeBesideAKeyring(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if err := serve(t, data).stop(); err != nil {
		t.Fatal(err)
	}
	_, err := cmdline(t, "serve", "--data", data, "--http", "127.0.0.1:0", "--kms", "file:"+data+".other.key")
	if exitCode(err) != exitUsage {
		t.Errorf("a missing root key: %v", err)
	}
	if _, err := os.Stat(data + ".other.key"); err == nil {
		t.Error("a new root key was left behind")
	}
}

// verify is trusted because it finds a state that was tampered with.
func TestVerifyFindsATamperedStore(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	r := serve(t, data)
	token := r.token(t, "--role", "admin")
	for _, email := range []string{"a@example.com", "b@example.com"} {
		if status, _ := r.call(t, token, "POST", "/v1/customers", `{"email":"`+email+`"}`); status != 201 {
			t.Fatal(status)
		}
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(data, "events.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`UPDATE event SET source = 'import' WHERE position = 1`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	out, err := cmdline(t, "verify", "--offline", "--data", data)
	if exitCode(err) != exitPartial || !strings.Contains(out, "unreadable") || !strings.Contains(out, "1 findings") {
		t.Errorf("a forged record went unseen: %v %s", err, out)
	}
}

func TestHelpAndVersion(t *testing.T) {
	if out, err := cmdline(t, "--help"); err != nil || !strings.Contains(out, "serve") {
		t.Errorf("help: %v", err)
	}
	if out, err := cmdline(t, "version"); err != nil || !strings.HasPrefix(out, "customers ") {
		t.Errorf("version: %v %s", err, out)
	}
}

func TestEveryFlagIsAnEnvironmentVariable(t *testing.T) {
	env := map[string]string{"CUSTOMERS_ISSUER": "https://id.example"}
	err := run(t.Context(), []string{"token", "--role", "admin"}, func(k string) string { return env[k] }, strings.NewReader(""), io.Discard, io.Discard)
	var c coded
	if !errors.As(err, &c) || c.code != exitUsage || !strings.Contains(err.Error(), "issuer") {
		t.Errorf("CUSTOMERS_ISSUER was not taken: %v", err)
	}
	if _, err := os.Stat("data"); err == nil {
		t.Error("the test left a data folder behind")
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	c := config{Store: "postgres://user:MARKER@db.example:5432/x?password=MARKER", Keys: "host=x password=MARKER", NATSToken: "MARKER", KMS: "hcvault://MARKER@h/x", NATS: "nats://MARKER@h"}
	var out bytes.Buffer
	for _, a := range c.attrs() {
		out.WriteString(" ")
		_ = json.NewEncoder(&out).Encode(a)
	}
	if strings.Contains(out.String(), "MARKER") || !strings.Contains(out.String(), "db.example") {
		t.Errorf("the configuration shows a secret, or nothing:\n%s", out.String())
	}
}

// A broker that is down is told of, and takes no instance out of service: what
// it is to get waits in the log.
func TestABrokerThatIsDownKeepsNobodyFromBeingServed(t *testing.T) {
	c := newChaos(t, "--nats", "nats://127.0.0.1:1")
	if _, err := c.register(t, "ada", privateAddress); err != nil {
		t.Error(err)
	}
	c.shown(t, "/readyz", "200 OK", `"status":"ready"`, `\{"name":"broker","status":"degraded","code":"[a-z_]+"\}`)
	up := newChaos(t) // the control
	up.shown(t, "/readyz", "200 OK", `\{"name":"broker","status":"ok"\}`)
}
