package trust

import (
	"bytes"
	"compress/gzip"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/nats-io/nats-server/v2/server"

	"github.com/acme/customers/trust/cluster"
	"github.com/acme/customers/trust/people"
	"github.com/acme/customers/trust/scan"
	"github.com/acme/customers/trust/service"
)

// Nothing of anybody lies readable in any file, in any
// spelling: databases, WALs, key store, keyring, bus, dead letters, logs, crash
// output, metrics, traces.

// scanRole searches folders for values, as a process of its own: one that
// opened the databases here would drop the locks of whoever has them open.
func scanRole() {
	var job struct {
		Values  []string
		Folders []string
		PID     int
	}
	var r scan.Report
	err := json.NewDecoder(os.Stdin).Decode(&job)
	set, err2 := scan.NewSet(job.Values)
	if err = errors.Join(err, err2); err == nil {
		for _, dir := range job.Folders {
			err = errors.Join(err, set.Folder(dir, &r))
		}
		if job.PID > 0 {
			err = errors.Join(err, set.Deleted(job.PID, &r))
		}
	}
	if err = errors.Join(err, json.NewEncoder(os.Stdout).Encode(r)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// search runs the scanner. pid 0 is no process.
func search(t *testing.T, values []string, pid int, folders ...string) (r scan.Report) {
	t.Helper()
	job, err := json.Marshal(map[string]any{"Values": values, "Folders": folders, "PID": pid})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "TRUST_ROLE=scan")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(job), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// clean reports what a search found of people, without the values.
func clean(t *testing.T, when string, r scan.Report) {
	t.Helper()
	t.Logf("%s: %d files, %d MB, %d compressed members: %d values found", when, len(r.Files), r.Bytes>>20, r.Members, len(r.Found))
	if len(r.Found) == 0 {
		return
	}
	for i, where := range slices.Sorted(func(yield func(string) bool) {
		for where, n := range r.Where {
			if !yield(fmt.Sprintf("%d × %s", n, where)) {
				return
			}
		}
	}) {
		if i < 20 {
			t.Errorf("%s: %s", when, where)
		}
	}
}

// population registers people and changes everything of them, and lets some be
// refused.
func population(t *testing.T, c *service.Client, all []*people.Person) {
	t.Helper()
	var workers sync.WaitGroup
	for w := range 8 {
		workers.Go(func() {
			for i := w; i < len(all); i += 8 {
				if wrong := live(c, all[i]); wrong != nil {
					t.Error(wrong)
					return
				}
			}
		})
	}
	workers.Wait()
}

// happening is a request, and the status that it is answered with; 0 is any.
type happening struct {
	method, path string
	body         any
	status       int
}

// live goes through what can happen to a customer.
func live(c *service.Client, p *people.Person) error {
	a, err := c.Do("POST", "/v1/customers", p.Registration)
	if err != nil || a.Status != 201 {
		return fmt.Errorf("register: %d %s %w", a.Status, a.Code(), err)
	}
	got, err := a.Customer()
	if err != nil {
		return err
	}
	path := "/v1/customers/" + got.ID
	if err := moves(c, path, p); err != nil {
		return err
	}
	if err := deals(c, path, p); err != nil {
		return err
	}
	for _, step := range []happening{
		{"POST", "/v1/customers", p.Registration, 409}, // the claims are taken
		{"POST", path + "/email/verification", nil, 202},
		{"POST", path + "/email/verification/confirm", map[string]any{"code": "000000"}, 422},
		{"PATCH", path, p.Patch, 200}, {"PATCH", path + "/profile", p.Profile, 200}, {"PATCH", path + "/contact", p.Contact, 200},
		{"PATCH", path + "/profile", map[string]any{"locale": p.Reason, "timezone": p.Registration.Name.Given}, 422},
		{"PATCH", path, map[string]any{p.Registration.Name.Given: p.Registration.Email}, 422},
		{"POST", path + "/deactivate", map[string]any{"reason": p.Reason}, 0},
		{"POST", "/v1/customers/lookup", map[string]any{"phone": p.Contact["phone"]}, 200}, {"GET", path, nil, 200},
	} {
		a, err := step.send(c, step.method)
		if err != nil {
			return err
		}
		if step.status != 0 && a.Status != step.status && a.Status != 400 {
			return fmt.Errorf("%s %s: %d %s, want %d", step.method, strings.ReplaceAll(step.path, got.ID, "{id}"), a.Status, a.Code(), step.status)
		}
	}
	return nil
}

func (h happening) send(c *service.Client, key string) (service.Answer, error) {
	return c.Do(h.method, h.path, h.body, "Idempotency-Key", h.path+key)
}

// moves adds addresses to a customer, changes one, removes it, and reads it
// where it was. One is refused.
func moves(c *service.Client, customer string, p *people.Person) error {
	var ids []string
	for i, one := range []service.Address{p.Home, p.Office} {
		a, err := happening{"POST", customer + "/addresses", one, 201}.send(c, fmt.Sprint("address", i))
		if err != nil || a.Status != 201 {
			return fmt.Errorf("add an address: %d %s %w", a.Status, a.Code(), err)
		}
		got, err := a.Address()
		if err != nil {
			return err
		}
		ids = append(ids, got.ID)
	}
	home := customer + "/addresses/" + ids[0]
	for i, step := range []happening{
		{"POST", customer + "/addresses", p.Nowhere, 422}, {"POST", "/v1/addresses/validate", bare(p.Nowhere), 200},
		{"PATCH", home, p.Moved, 200}, {"PATCH", home, map[string]any{p.Home.Recipient: p.Home.Label}, 422},
		{"PUT", home + "/default", map[string]any{"type": "billing"}, 200}, {"GET", customer + "/addresses", nil, 200},
		{"GET", "/v1/addresses/" + ids[0] + "/versions/1", nil, 200},
		{"DELETE", home, nil, 204}, {"GET", "/v1/addresses/" + ids[0] + "/versions/2", nil, 200},
	} {
		a, err := step.send(c, fmt.Sprint("move", i))
		if err != nil {
			return err
		}
		if a.Status != step.status {
			return fmt.Errorf("step %d of a move, %s: %d %s, want %d", i, step.method, a.Status, a.Code(), step.status)
		}
	}
	return nil
}

// deals lets a customer do things elsewhere and be noted down, and reads all of
// it.
func deals(c *service.Client, customer string, p *people.Person) error {
	a, err := happening{"POST", customer + "/notes", map[string]any{"type": "support", "content": p.Notes[0], "pinned": true}, 201}.send(c, "note")
	if err != nil || a.Status != 201 {
		return fmt.Errorf("a note: %d %s %w", a.Status, a.Code(), err)
	}
	var note struct{ ID string }
	if err := json.Unmarshal(a.Body, &note); err != nil {
		return err
	}
	one := customer + "/notes/" + note.ID
	steps := []happening{{"PATCH", one, map[string]any{"content": p.Notes[1]}, 200}, {"GET", customer + "/notes", nil, 200}}
	for _, d := range p.Deeds {
		steps = append(steps, happening{"POST", customer + "/activities", d, 204})
	}
	steps = append(steps, happening{"POST", customer + "/activities", people.Deed{ID: p.Notes[0], Source: p.Notes[1], Type: p.Notes[2]}, 422},
		happening{"GET", customer + "/activity", nil, 200}, happening{"GET", customer + "/context", nil, 200},
		happening{"POST", one + "/delete", map[string]any{"reason": p.Notes[2]}, 204}, happening{"GET", one + "/history", nil, 200})
	for i, step := range steps {
		a, err := step.send(c, fmt.Sprint("deal", i))
		if err != nil {
			return err
		}
		if a.Status != step.status {
			return fmt.Errorf("step %d of a deal, %s: %d %s, want %d", i, step.method, a.Status, a.Code(), step.status)
		}
	}
	return nil
}

// bare is an address as it is validated: nobody's yet.
func bare(a service.Address) service.Address {
	a.Type, a.Label, a.Phone = "", "", ""
	return a
}

// recorded are the names of events that everybody's life has: they are not
// personal, and must be found wherever events are.
var recorded = []string{"CustomerRegistered", "AddressAdded", "AddressUpdated", "AddressRemoved", "DefaultAddressChanged",
	"NoteAdded", "NoteEdited", "NoteDeleted", "PurchaseRecorded", "TicketOpened", "TicketResolved", "ActivityRecorded",
	"SegmentCreated", "SegmentDescribed", "SegmentCriteriaChanged", "SegmentRecalculated", "CustomerSegmentAssigned", publicKey}

// traces is a collector of OpenTelemetry traces that keeps what it gets in
// files.
func traces(t *testing.T, dir string) (url string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	n := 0
	var mu sync.Mutex
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		n++
		_ = os.WriteFile(filepath.Join(dir, strconv.Itoa(n)), raw, 0o600)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// keep puts an answer into a file, to be searched with the others.
func keep(t *testing.T, url, file string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%s: %d %v", url, resp.StatusCode, err)
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestNothingOfAnybodyLiesInAnyFile(t *testing.T) {
	cfg, url := onBus(t)
	cfg.Dir = t.TempDir()
	cfg.Flags = append(append(cfg.Flags, fast...), "--otlp", traces(t, filepath.Join(cfg.Dir, "traces")), "--log-level", "debug")
	s := service.Start(t, cfg)
	all := people.Make(24, count(400, 10_000))
	values := people.Values(all)
	crowd := all[:len(all)*3/4]
	population(t, s.Client(t), crowd)
	arrive(t, s, url, all[len(crowd):])
	secrets := staffOf(t, s).secrets(t, all)
	values = append(values, secrets...)
	await(t, "traces", func() bool {
		_, err := os.Stat(filepath.Join(cfg.Dir, "traces", "1"))
		return err == nil
	})
	keep(t, s.URL()+"/metrics", filepath.Join(cfg.Dir, "metrics"))

	r := search(t, values, s.PID(), cfg.Dir)
	clean(t, "while it runs", r)
	searched(t, r, "events.db", "events.db-wal", "keys.db", "access.db-wal", "dead.db-wal", "root.key", "epoch-1.key", ".blk", "stderr", "metrics", "traces/1")
	// What is not personal must be found in the same files: the search works there.
	if r := search(t, recorded, 0, cfg.Dir); len(r.Found) != len(recorded) {
		t.Errorf("control: of %d names of events %d are found in the data folder", len(recorded), len(r.Found))
	}

	if err := s.AwaitRelay(); err != nil {
		t.Fatal(err)
	}
	told := overheard(t, url)
	for _, found := range personal(t, told, values) {
		t.Errorf("published: %s", found)
	}
	if !slices.ContainsFunc(told, func(h heard) bool { return strings.Contains(h.raw, publicKey) }) {
		t.Error("control: not even the key of a segment is found in what is published")
	}

	s.Signal(syscall.SIGQUIT) // the crash output of Go: every goroutine's stack
	s.Wait(t)
	if !strings.Contains(s.Log(t), "goroutine ") {
		t.Error("there is no crash output")
	}
	clean(t, "after a crash", search(t, values, 0, cfg.Dir))
	s.Start(t)
	if code := s.Stop(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	clean(t, "after a clean stop", search(t, values, 0, cfg.Dir))
	if err := os.WriteFile(filepath.Join(cfg.Dir, "clear.log"), fmt.Appendf(nil, "msg=%q", strings.Join(secrets, " || ")), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := search(t, secrets, 0, cfg.Dir); len(r.Found) != len(secrets) {
		t.Errorf("control: of %d words of rules and searches that a log has, %d are found", len(secrets), len(r.Found))
	}
}

// arrive lets people come over the bus, and tells what they do elsewhere: of
// some once more as another user, and of some before anybody knows them, which
// ends in the dead letters.
func arrive(t *testing.T, s *service.Service, url string, all []*people.Person) {
	t.Helper()
	js, c := connect(t, url), s.Client(t)
	user := func(p *people.Person, id string) map[string]any {
		r := p.Registration
		return map[string]any{"userId": id, "email": r.Email, "phone": r.Phone, "name": map[string]any{"given": r.Name.Given, "family": r.Name.Family}}
	}
	for i, p := range all {
		say(t, js, "UserRegistered", userEvent("UserRegistered", fmt.Sprint("born", i), user(p, p.Registration.UserID)))
	}
	for i, p := range all {
		customerOf(t, c, p.Registration.UserID)
		if i%2 == 0 { // somebody else with the same e-mail address
			other := p.Registration.ExternalIDs["crm"]
			say(t, js, "UserRegistered", userEvent("UserRegistered", fmt.Sprint("taken", i), user(p, other)))
		}
	}
	strangers := 0
	for i, p := range all {
		for _, d := range p.Deeds {
			about := maps.Clone(d.Data)
			about["userId"] = p.Registration.UserID
			if i%2 == 0 { // nobody has this one
				about["userId"] = p.Registration.ExternalIDs["crm"]
				strangers++
			}
			subject := d.Source + ".v1." + d.Type
			tell(t, js, subject, told(subject, d.ID, time.Now(), about))
		}
	}
	await(t, "dead letters", func() bool {
		n, err := s.Metric("customers_dead_letters")
		return err == nil && n >= float64(strangers) && queued(t, js) == 0
	})
}

// searched makes sure that files were looked into, by parts of their names.
func searched(t *testing.T, r scan.Report, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !slices.ContainsFunc(r.Files, func(path string) bool { return strings.Contains(path, part) }) {
			t.Errorf("no file like %s was searched", part)
		}
	}
}

func TestNothingOfAnybodyLiesInPostgreSQL(t *testing.T) {
	events, keys := cluster.Start(t), cluster.Start(t)
	s := service.Start(t, service.Config{Store: events.DSN(), Keys: keys.DSN(), Flags: fast})
	all := people.Make(25, count(100, 10_000))
	population(t, s.Client(t), all)
	values := append(people.Values(all), staffOf(t, s).secrets(t, all)...)
	for _, c := range []*cluster.Cluster{events, keys} {
		c.Exec(t, `CHECKPOINT`)
	}
	r := search(t, values, s.PID(), s.Dir, events.Dir, keys.Dir)
	clean(t, "PostgreSQL", r)
	searched(t, r, "pg_wal/0", "base/", "log")
	if r := search(t, recorded, 0, events.Dir); len(r.Found) != len(recorded) {
		t.Errorf("control: of %d names of events %d are found in the cluster", len(recorded), len(r.Found))
	}
	// The control: one table with clear rows, seen in the heap and in the WAL.
	events.Exec(t, `CREATE TABLE clear (v text)`)
	for _, v := range all[0].Values() {
		events.Exec(t, `INSERT INTO clear VALUES ('`+v+`')`)
	}
	events.Exec(t, `CHECKPOINT`)
	if r := search(t, all[0].Values(), 0, events.Dir); len(r.Found) != len(all[0].Values()) {
		t.Errorf("control: %d of %d clear values are found", len(r.Found), len(all[0].Values()))
	}
}

// The control: the same people, not sealed, in files of the kinds that a
// service writes. At least 999 of 1,000 values must be found in each.
func TestPeopleWhoAreNotSealedAreFound(t *testing.T) {
	all := people.Make(24, count(300, 10_000))
	values := people.Values(all)
	for name, write := range map[string]func(dir string, all []*people.Person) error{
		"SQLite with CBOR": clearSQLite, "gzipped JSON": clearGzip, "JSON logs": clearLog, "a broker without a key": clearBroker,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := write(dir, all); err != nil {
				t.Fatal(err)
			}
			r := search(t, values, 0, dir)
			t.Logf("%d of %d", len(r.Found), len(values))
			if len(r.Found)*1000 < len(values)*999 {
				t.Errorf("%d of %d values are found", len(r.Found), len(values))
			}
		})
	}
}

// rows is everything of a person, as one value.
func rows(p *people.Person) any {
	return []any{p.Registration, p.Patch, p.Profile, p.Contact, p.Reason, p.Home, p.Office, p.Moved, p.Nowhere, p.Notes, p.Deeds}
}

func clearSQLite(dir string, all []*people.Person) error {
	db, err := sql.Open("sqlite", filepath.Join(dir, "events.db")+"?_pragma=journal_mode(WAL)")
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec(`CREATE TABLE event (id INTEGER PRIMARY KEY, data BLOB)`)
	for _, p := range all {
		raw, err2 := cbor.Marshal(rows(p))
		_, err3 := db.Exec(`INSERT INTO event (data) VALUES (?1)`, raw)
		err = errors.Join(err, err2, err3)
	}
	return err
}

func clearGzip(dir string, all []*people.Person) error {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	enc := json.NewEncoder(w)
	for _, p := range all {
		if err := enc.Encode(rows(p)); err != nil {
			return err
		}
	}
	return errors.Join(w.Close(), os.WriteFile(filepath.Join(dir, "export.json.gz"), out.Bytes(), 0o600))
}

// clearLog is what a careless %q or %x of a command leaves in a log.
func clearLog(dir string, all []*people.Person) error {
	var out bytes.Buffer
	for i, p := range all {
		raw, err := json.Marshal(rows(p))
		if err != nil {
			return err
		}
		if i%2 == 0 {
			fmt.Fprintf(&out, "level=ERROR msg=failed command=%x\n", raw)
		} else {
			quoted, _ := json.Marshal(raw) // []byte: base64
			fmt.Fprintf(&out, `{"level":"ERROR","command":%s}`+"\n", quoted)
		}
	}
	return os.WriteFile(filepath.Join(dir, "stderr.log"), out.Bytes(), 0o600)
}

func clearBroker(dir string, all []*people.Person) error {
	s, err := server.NewServer(&server.Options{JetStream: true, StoreDir: dir, DontListen: true, NoSigs: true, NoLog: true})
	if err != nil {
		return err
	}
	s.Start()
	defer s.WaitForShutdown()
	defer s.Shutdown()
	return publishClear(s, all)
}
