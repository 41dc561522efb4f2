package main

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/acme/customers/cmd/bench/internal/report"
	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/remote"
)

func TestEveryPersonIsValidAndAnother(t *testing.T) {
	seen := map[string]bool{}
	for n := 0; n < 200_000; n += 7 {
		var p remote.Registration
		if err := json.Unmarshal(appendPerson(nil, n), &p); err != nil {
			t.Fatal(err)
		}
		if seen[p.Email] {
			t.Fatalf("person %d was there before", n)
		}
		seen[p.Email] = true
		if n%77 != 0 { // checking phone numbers is slow
			continue
		}
		in := customer.Register{At: time.Now(), Email: p.Email, Phone: p.Phone, Name: customer.Name(p.Name), Policy: customer.DefaultPolicy(),
			Profile: customer.Profile{DateOfBirth: p.Profile.DateOfBirth, Locale: p.Profile.Locale, Timezone: p.Profile.Timezone, Currency: p.Profile.Currency}}
		if _, err := in.Decide(new(customer.State)); err != nil {
			t.Fatalf("person %d is refused: %v", n, err)
		}
	}
}

func TestEveryResidenceIsValid(t *testing.T) {
	for n := range residences {
		var r struct {
			Email     string
			Addresses []struct {
				Type string
				address.Address
			}
		}
		if err := json.Unmarshal(appendResident(nil, n), &r); err != nil || len(r.Addresses) != 1 || r.Email != person(n).Email {
			t.Fatalf("%v: %+v", err, r)
		}
		if report := address.Offline(r.Addresses[0].Address, nil); !report.Good() || r.Addresses[0].Type != "shipping" {
			t.Errorf("residence %d: %+v", n, report)
		}
	}
}

func TestTheLeastDisturbedRoundCountsAndEveryFailure(t *testing.T) {
	row := addressRow{rounds: []report.Measure{{P99: 9 * time.Millisecond, Failed: 2}, {P99: 4 * time.Millisecond}, {P99: 5 * time.Millisecond, Failed: 1}}}
	if m, all, failed := row.least(); m.P99 != 4*time.Millisecond || len(all) != 3 || failed != 3 {
		t.Errorf("%v of %v, %d failed", m.P99, all, failed)
	}
}

func TestAPgbenchRunWithFailuresIsNoYardstick(t *testing.T) {
	const good = "number of transactions actually processed: 500\nnumber of failed transactions: 0 (0.000%)\n" +
		"latency average = 1.2 ms\ntps = 8123.456 (without initial connection time)\n"
	if m, err := parsePgbench(good); err != nil || m.Rate != 8123.456 {
		t.Errorf("%v, %v", m, err)
	}
	for _, bad := range []string{"", strings.Replace(good, "transactions: 0", "transactions: 3", 1), strings.Replace(good, "tps", "fps", 1)} {
		if m, err := parsePgbench(bad); err == nil {
			t.Errorf("%q was taken for %v inserts/s", bad, m.Rate)
		}
	}
}

func TestTheBareHandlerGivesTheSameHeadersAndBytes(t *testing.T) {
	a := answer{Header: http.Header{"Content-Type": {"application/json"}, "Etag": {`"7"`}}, Body: []byte(`{"id":"x"}`)}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/anything", nil))
	if w.Code != 200 || w.Body.String() != `{"id":"x"}` || w.Header().Get("ETag") != `"7"` || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

// books is a service that says that it has so many customers.
func books(t *testing.T, customers string) *service {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("# HELP customers_registered\ncustomers_registered{} " + customers +
			"\ncustomers_relay_lag_records 0\ncustomers_index_lag_records 0\n"))
	}))
	t.Cleanup(server.Close)
	return &service{metrics: server.URL}
}

func TestALostOrAStrangeRegistrationIsNoticed(t *testing.T) {
	for _, c := range []struct {
		has                  string
		acknowledged, unsure int
		sound                bool
	}{{"1e+06", 1_000_000, 0, true}, {"10", 9, 1, true}, {"9", 9, 1, true}, {"9", 10, 0, false}, {"11", 9, 1, false}} {
		s := books(t, c.has)
		s.acknowledged, s.unsure = c.acknowledged, c.unsure
		if err := s.account(t.Context()); (err == nil) != c.sound {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestReadsAreSpreadOverAllCustomers(t *testing.T) {
	const customers, asked = 1000, 100_000
	var hits [customers]int
	for i := range asked {
		hits[mix(uint64(i))%customers]++
	}
	for n, h := range hits {
		if h < 50 || h > 170 { // 100 expected; seven standard deviations
			t.Errorf("customer %d is read %d times", n, h)
		}
	}
}

func TestTheCSVHoldsTheSamePeople(t *testing.T) {
	name := filepath.Join(t.TempDir(), "people.csv")
	if err := writeCSV(name, 40, 3); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil || len(rows) != 4 || rows[0][0] != "email" || rows[3][0] != person(42).Email || rows[3][3] != person(42).Name.Family {
		t.Errorf("%v, %v", rows, err)
	}
}

func TestFlagsThatCannotWorkAreRefused(t *testing.T) {
	if c, err := parse([]string{"-customers", "10, 20", "-stores", "sqlite"}); err != nil || len(c.customers) != 2 || c.customers[1] != 20 {
		t.Errorf("%+v, %v", c, err)
	}
	for _, args := range [][]string{{"-customers", "ten"}, {"-customers", "0"}, {"-stores", "oracle"}, {"-rounds", "0"}, {"-connections", ""}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%v was taken", args)
		}
	}
}
