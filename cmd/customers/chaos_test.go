package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/sqldb/pgtest"
)

// Nobody else is called or lives like this; a log or a metric that has one of
// these words has it from a customer.
var private = []string{"Zyxwvut", "Qwlgasse", "Xanthippe", "Tantenhaus"}

const (
	privateAddress = `{"type":"shipping","label":"Tantenhaus","recipient":"Xanthippe Zyxwvut","street":["Qwlgasse 77"],"city":"Bern","postalCode":"3011","country":"CH"}`
	invalidAddress = `{"type":"shipping","street":["Qwlgasse 77"],"city":"Bern","postalCode":"99","country":"CH"}`
)

// found lists the words of private that a text has.
func found(text string) []string {
	return slices.DeleteFunc(slices.Clone(private), func(word string) bool { return !strings.Contains(text, word) })
}

// register registers a customer with one address and gives its id, or what is
// wrong with the answer.
func (c *chaos) register(t *testing.T, name, addr string) (id string, err error) {
	t.Helper()
	status, made := c.call(t, c.admin, "POST", "/v1/customers",
		fmt.Sprintf(`{"email":"%s@example.com","name":{"family":"Zyxwvut"},"addresses":[%s]}`, name, addr))
	if status != 201 {
		return "", fmt.Errorf("%s: registered with %d %v", name, status, made["code"])
	}
	return made["id"].(string), nil
}

// addresses lists what the API shows of a customer's addresses.
func (c *chaos) addresses(t *testing.T, id string) (list []map[string]any) {
	t.Helper()
	_, got := c.call(t, c.admin, "GET", "/v1/customers/"+id+"/addresses", "")
	items, _ := got["items"].([]any)
	for _, one := range items {
		list = append(list, one.(map[string]any))
	}
	return list
}

// stands compares every address of a customer with what it should be.
func (c *chaos) stands(t *testing.T, id, verdict string, version float64, pending bool) (err error) {
	t.Helper()
	list := c.addresses(t, id)
	for _, one := range list {
		v := one["validation"].(map[string]any)
		if is, _ := v["pending"].(bool); v["verdict"] != verdict || one["version"] != version || is != pending {
			err = fmt.Errorf("%s in version %v, pending %v; want %s in %v, %v", v["verdict"], one["version"], is, verdict, version, pending)
		}
	}
	if len(list) == 0 {
		err = fmt.Errorf("customer %s has no address", id)
	}
	return err
}

// shown waits until every pattern is in a page: what is counted follows the log,
// and health is asked twice a second at most.
func (c *chaos) shown(t *testing.T, path string, want ...string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		text := c.get(t, path)
		missing := slices.DeleteFunc(slices.Clone(want), func(w string) bool { return regexp.MustCompile("(?m)" + w).MatchString(text) })
		if len(missing) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s lacks %q; it has %q", path, missing, regexp.MustCompile(`(?m)^customers_address.*|^\{.*`).FindAllString(text, -1))
		}
	}
}

func (c *chaos) gauge(t *testing.T, name string, want int) {
	t.Helper()
	c.shown(t, "/metrics", "^"+name+`(\{.*\})? `+fmt.Sprint(want)+"$")
}

// goOn registers customers at once while the provider is unwell, each with an
// address, and adds another to each. Any refusal is an error.
func (c *chaos) goOn(t *testing.T, name string) (ids []string, err error) {
	t.Helper()
	ids = make([]string, 6)
	errs := make(chan error, 2*len(ids))
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			var err error
			if ids[i], err = c.register(t, fmt.Sprint(name, i), privateAddress); err != nil {
				errs <- err
				return
			}
			if status, got := c.call(t, c.admin, "POST", "/v1/customers/"+ids[i]+"/addresses", privateAddress); status != 201 {
				errs <- fmt.Errorf("added with %d %v", status, got["code"])
			}
		})
	}
	all.Wait()
	select {
	case err = <-errs:
	default:
	}
	return ids, err
}

func TestAProviderThatIsUnwellKeepsNobodyFromRegistering(t *testing.T) {
	var astray atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		astray.Add(1)
		sayJSON(w, well)
	}))
	defer elsewhere.Close()
	c := newChaos(t)
	ills := c.oracle.ills(elsewhere.URL)
	for _, name := range []string{"slow", "down", "500", "garbage", "huge", "redirect"} {
		t.Run(name, func(t *testing.T) {
			ills[name]()
			ids, err := c.goOn(t, name)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range ids {
				if err := c.stands(t, id, "unverifiable", 1, true); err != nil {
					t.Error(err)
				}
			}
			c.isSeenUnwell(t, len(ids))
			if status, got := c.call(t, c.admin, "POST", "/v1/customers/"+ids[0]+"/addresses", invalidAddress); status != 422 || !strings.Contains(fmt.Sprint(got), "postal_code_invalid") {
				t.Errorf("what the tables know to be invalid: %d %v", status, got)
			}

			c.oracle.become(nil)
			c.askOnce(t)
			for _, id := range ids {
				if err := c.stands(t, id, "valid", 2, false); err != nil {
					t.Error(err)
				}
			}
			c.updated(t, ids[0])
			c.gauge(t, "customers_addresses_pending", 0)
			c.isSeenWell(t)
		})
	}
	if n := astray.Load(); n != 0 {
		t.Errorf("a redirect was followed %d times", n)
	}
	if leaks := found(c.running.log.String()); len(leaks) > 0 || !strings.Contains(c.running.log.String(), `"msg"`) {
		t.Errorf("the log has %q, or nothing at all", leaks)
	}
	if leaks := found(c.get(t, "/metrics")); len(leaks) > 0 {
		t.Errorf("the metrics have %q", leaks)
	}
	if _, got := c.call(t, c.admin, "POST", "/v1/addresses/validate", strings.Replace(privateAddress, `"type":"shipping","label":"Tantenhaus",`, "", 1)); len(found(fmt.Sprint(got))) < 3 {
		t.Errorf("control: the scan sees nothing in an answer that repeats the address: %v", got)
	}
}

// isSeenUnwell: health and metrics tell it, and the instance stays ready.
func (c *chaos) isSeenUnwell(t *testing.T, customers int) {
	t.Helper()
	c.shown(t, "/readyz", "200 OK", `"status":"ready"`, `\{"name":"address_provider","status":"degraded","code":"[a-z_]+"\}`)
	c.gauge(t, "customers_address_provider_open", 1)
	c.gauge(t, "customers_addresses_pending", customers)
	c.shown(t, "/metrics", `^customers_address_validations_total\{country="CH",.*reason="provider_unavailable",verdict="unverifiable"\} [1-9]`)
}

// isSeenWell: an answer in time has closed the circuit. On a machine that is
// busy the last one may have been late, so the provider is asked on.
func (c *chaos) isSeenWell(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); c.provider.State() != "closed"; {
		if _, err := c.provider.Patient().Check(t.Context(), address.Address{Country: "CH"}); err != nil || time.Now().After(end) {
			t.Fatalf("the circuit is %s, %v", c.provider.State(), err)
		}
	}
	c.shown(t, "/readyz", "200 OK", `\{"name":"address_provider","status":"ok"\}`)
	c.gauge(t, "customers_address_provider_open", 0)
}

// updated: what was found is recorded, what it is about, and who found it.
func (c *chaos) updated(t *testing.T, id string) {
	t.Helper()
	l, err := c.model.Get(t.Context(), uuid.MustParse(id))
	if err != nil {
		t.Fatal(err)
	}
	for version := l.Version; version > l.Version-2; version-- {
		r, err := journal.RecordAt(t.Context(), c.app.Journal, c.app.Streams.Customers, uuid.MustParse(id), version)
		if err != nil {
			t.Fatal(err)
		}
		e, ok := r.Event.(*customer.AddressUpdated)
		if !ok || !slices.Equal(e.Fields, []string{"validation", "coordinates"}) || e.Verdict != address.Valid || r.Source != "revalidation" {
			t.Errorf("%s from %q: %+v", r.Type, r.Source, r.Event)
		}
	}
}

// fatal is a provider whose every failure is everybody's.
type fatal struct{ address.Provider }

func (f fatal) Check(ctx context.Context, a address.Address) (address.Opinion, error) {
	o, err := f.Provider.Check(ctx, a)
	if err != nil {
		panic(err)
	}
	return o, nil
}

// The test above is trusted because it notices a validator that does not keep
// a provider's failure to itself. That ends the request, not the service.
func TestAFailureThatIsFatalIsNoticed(t *testing.T) {
	c := newChaos(t)
	c.service.addresses.Provider = fatal{c.provider}
	if _, err := c.goOn(t, "well"); err != nil {
		t.Fatalf("control: with a provider that is well: %v", err)
	}
	c.oracle.hangUp()
	if _, err := c.goOn(t, "down"); err == nil {
		t.Error("registrations failed, and nothing was said")
	}
}

// A customer's own change is never undone by what was found about the address
// that was there before, and need not wait until it is found.
func TestACustomersChangeIsNotUndoneByALateAnswer(t *testing.T) {
	c := newChaos(t)
	c.oracle.hangUp()
	ids := make([]string, 2)
	for i := range ids {
		var err error
		if ids[i], err = c.register(t, fmt.Sprint("ada", i), privateAddress); err != nil {
			t.Fatal(err)
		}
	}
	first := "/v1/customers/" + ids[0] + "/addresses/" + c.addresses(t, ids[0])[0]["id"].(string)
	var once atomic.Bool
	c.oracle.become(func(w http.ResponseWriter, r *http.Request) {
		if !once.Swap(true) {
			if status, got := c.call(t, c.admin, "PATCH", first, `{"label":"mine","street":["Kramgasse 1"]}`); status != 200 {
				t.Errorf("changed while the provider is asked: %d %v", status, got["code"])
			}
		}
		sayJSON(w, well)
	})
	c.gauge(t, "customers_addresses_pending", 2)
	c.askOnce(t)
	one := c.addresses(t, ids[0])[0]
	if one["label"] != "mine" || !strings.Contains(fmt.Sprint(one["street"]), "Kramgasse") || one["version"] != 2.0 {
		t.Errorf("what the customer wrote: %v", one)
	}
	if err := c.stands(t, ids[1], "valid", 2, false); err != nil {
		t.Error("control: the one that nobody changed:", err)
	}
}

// What can never be updated is not asked about, and nobody waits behind it.
func TestNobodyIsAskedAboutTheArchived(t *testing.T) {
	c := newChaos(t)
	c.oracle.hangUp()
	ids, err := c.goOn(t, "ada")
	if err != nil {
		t.Fatal(err)
	}
	c.gauge(t, "customers_addresses_pending", len(ids))
	for _, id := range ids[1:] {
		if status, got := c.call(t, c.admin, "POST", "/v1/customers/"+id+"/archive", `{"reason":"test"}`); status != 200 {
			t.Fatal(status, got)
		}
	}
	c.gauge(t, "customers_addresses_pending", 1)
	c.oracle.become(nil)
	before := c.oracle.asked.Load()
	if out, err := cmdline(t, "addresses", "revalidate", "--data", c.running.data, "--url", c.url); err != nil || !strings.Contains(out, "2 changed") {
		t.Errorf("%s %v", out, err)
	}
	if asked := c.oracle.asked.Load() - before; asked != 2 {
		t.Errorf("asked %d times about the two addresses that can change", asked)
	}
}

// An address that the provider cannot cope with does not keep others waiting.
func TestWhatTheProviderNeverAnswersHoldsNobodyUp(t *testing.T) {
	c := newChaos(t)
	c.oracle.hangUp()
	const poisoned = 3
	var last string
	for i := range poisoned + 1 {
		addr := strings.Replace(privateAddress, "77", "Poison", 1)
		if i == poisoned {
			addr = privateAddress
		}
		var err error
		if last, err = c.register(t, fmt.Sprint("ada", i), addr); err != nil {
			t.Fatal(err)
		}
	}
	c.gauge(t, "customers_addresses_pending", poisoned+1)
	c.oracle.become(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); strings.Contains(string(body), "Poison") {
			w.WriteHeader(http.StatusInternalServerError) // its fault, and again each time
			return
		}
		sayJSON(w, well)
	})
	for range 3 {
		c.askOnce(t) // from the start each time
	}
	if err := c.stands(t, last, "unverifiable", 1, true); err != nil {
		t.Error("control: rounds that always begin at the start come to the last one:", err)
	}
	after := uuid.Nil
	for range 2 {
		if err := c.askPending(t.Context(), &after); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.stands(t, last, "valid", 2, false); err != nil {
		t.Error(err)
	}
}

// A provider that has no word for an address says so: the tables' verdict
// stands, and nothing waits.
func TestWhatTheProviderCannotSayDoesNotWait(t *testing.T) {
	c := newChaos(t)
	c.oracle.become(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) })
	id, err := c.register(t, "ada", privateAddress)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.stands(t, id, "valid", 1, false); err != nil {
		t.Error(err)
	}
	c.gauge(t, "customers_addresses_pending", 0)
	c.oracle.become(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	if id, err = c.register(t, "grace", privateAddress); err != nil {
		t.Fatal(err)
	}
	if err := c.stands(t, id, "unverifiable", 1, true); err != nil {
		t.Error("control: one that fails:", err)
	}
}

// What the provider said once is not forgotten because it is down now.
func TestRevalidatingWhileTheProviderIsDownForgetsNothing(t *testing.T) {
	c := newChaos(t)
	id, err := c.register(t, "ada", privateAddress)
	if err != nil {
		t.Fatal(err)
	}
	c.oracle.hangUp()
	revalidate := func() string {
		out, err := cmdline(t, "addresses", "revalidate", "--data", c.running.data, "--url", c.url)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if out := revalidate(); !strings.Contains(out, "0 changed, 1 wait") {
		t.Error(out)
	}
	if err := c.stands(t, id, "valid", 1, false); err != nil {
		t.Error(err)
	}
	c.oracle.become(func(w http.ResponseWriter, _ *http.Request) { sayJSON(w, `{"verdict":"invalid"}`) })
	if out := revalidate(); !strings.Contains(out, "1 changed, 0 wait") {
		t.Error(out)
	}
	if err := c.stands(t, id, "invalid", 2, false); err != nil {
		t.Error("control: what it says when it is back:", err)
	}
}

func TestOneInstanceOfManyAsksAgain(t *testing.T) {
	stores := []string{"--store", pgtest.Start(t), "--keys", pgtest.Start(t), "--nats", "nats://127.0.0.1:1"}
	one := newChaos(t, stores...)
	one.oracle.hangUp()
	two := assemble(t, append(stores, "--data", one.running.data, "--address-provider", one.oracle.url())...)
	defer two.close()
	ctx, cancel := context.WithCancel(t.Context())
	var following sync.WaitGroup
	following.Go(func() { _ = two.model.Run(ctx) })
	defer func() { cancel(); following.Wait() }()
	<-two.model.Loaded()

	id, err := one.register(t, "ada", privateAddress)
	if err != nil {
		t.Fatal(err)
	}
	one.gauge(t, "customers_addresses_pending", 1)
	one.askOnce(t) // in vain, and the lease is its own
	one.oracle.become(nil)
	other := &chaos{service: two, running: one.running, oracle: one.oracle}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if waiting, err := two.app.RevalidatePending(ctx, uuid.Nil, func(context.Context) (bool, error) { return false, nil }); err != nil || time.Now().After(end) {
			t.Fatal(waiting, err)
		} else if waiting.Of == 1 {
			break // the second instance knows of it
		}
	}
	before := one.oracle.asked.Load()
	other.askOnce(t)
	if asked := one.oracle.asked.Load() - before; asked != 0 {
		t.Errorf("an instance without the lease asked %d times", asked)
	}
	one.askOnce(t)
	if err := one.stands(t, id, "valid", 2, false); err != nil || one.oracle.asked.Load() != before+1 {
		t.Errorf("control: the one with the lease: %v", err)
	}
}
