package demo

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/nyaruka/phonenumbers"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/remote"
)

var update = flag.Bool("update", false, "write the golden file anew")

var today = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func count() int {
	if os.Getenv("SOAK") != "" {
		return 500_000
	}
	return 20_000
}

func encode(t testing.TB, people []remote.Registration) []byte {
	t.Helper()
	var b bytes.Buffer
	for i := range people {
		if err := json.NewEncoder(&b).Encode(&people[i]); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// golden are the first people of seed 1 and a hash over many more: they never
// change, whatever Go or a library does.
const golden = "testdata/people.golden.jsonl"

func TestTheSamePeopleForEver(t *testing.T) {
	people := slices.Collect(First(1, 5000))
	sum := sha256.Sum256(encode(t, people))
	got := fmt.Sprintf("%s%q\n", encode(t, people[:20]), hex.EncodeToString(sum[:]))
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if diff := cmp.Diff(string(want), got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestFewerPeopleAreTheFirstOfMore(t *testing.T) {
	more, few := encode(t, slices.Collect(First(7, 300))), encode(t, slices.Collect(First(7, 100)))
	if !bytes.HasPrefix(more, few) {
		t.Error("another number gives other people")
	}
	if bytes.Equal(few, encode(t, slices.Collect(First(8, 100)))) {
		t.Error("another seed gives the same people")
	}
	i := 0
	for r := range People(7) {
		if diff := cmp.Diff(Generate(7, uint64(i)), r); diff != "" {
			t.Fatal(diff)
		}
		if i++; i == 100 {
			break
		}
	}
}

// register is what the service makes of a registration.
func register(t testing.TB, r remote.Registration) error {
	t.Helper()
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var in struct {
		customer.Register
		Addresses []customer.Address
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		t.Fatal(err)
	}
	in.At = today
	for i, a := range in.Addresses {
		found := address.Offline(a.Address, nil)
		a.ID, a.Address = strconv.Itoa(i), found.Address
		a.Validation = customer.Validation{Verdict: found.Verdict, Checks: found.Checks}
		in.Register.Addresses = append(in.Register.Addresses, customer.AddAddress{Address: a, Default: a.IsDefault, Strict: true})
	}
	_, err = in.Decide(new(customer.State))
	return err
}

var (
	reservedMail = regexp.MustCompile(`^[a-z0-9.]{1,64}@([a-z]+\.example|example\.(com|org|net))$`)
	// reservedPhones are kept for fiction by Ofcom, NANPA, ARCEP, BNetzA, PTS,
	// ACMA and ComReg.
	reservedPhones = regexp.MustCompile(`^\+(44(7700900|207946|1632960|1134960)\d+|1\d{3}55501\d\d|33(19900|26191|46571|63998|53649)\d+|` +
		`49(3023125|6990009|4066969|2214710|8999998)\d+|46(84650040|3139006)\d+|46701740605|61(25550|27010)\d{4}|353209100\d+)$`)
)

// wrong lists what no made-up customer may have.
func wrong(t testing.TB, r remote.Registration) (out []string) {
	t.Helper()
	if err := register(t, r); err != nil {
		out = append(out, fmt.Sprintf("the service refuses it: %v", fault.From(err).Fields))
	}
	if r.Email != "" && !reservedMail.MatchString(r.Email) {
		out = append(out, "mail may reach somebody: "+r.Email)
	}
	if r.Phone != "" && !reservedPhones.MatchString(r.Phone) {
		n, err := phonenumbers.Parse(r.Phone, "ZZ")
		if err != nil || !phonenumbers.IsPossibleNumber(n) || phonenumbers.IsValidNumber(n) {
			out = append(out, "a call may reach somebody: "+r.Phone)
		}
	}
	for _, a := range r.Addresses {
		out = append(out, doubts(a)...)
		if a.Phone != "" && a.Phone != r.Phone {
			out = append(out, wrong(t, remote.Registration{Email: "a@post.example", Phone: a.Phone})...)
		}
	}
	if r.Email == "" && len(r.ExternalIDs) == 0 {
		out = append(out, "it would be made again when it is sent again")
	}
	return out
}

func TestEverybodyIsTakenAndNobodyIsReal(t *testing.T) {
	seen := map[string]bool{}
	unique := func(key string) {
		if seen[key] {
			t.Errorf("%s occurs twice", key)
		}
		seen[key] = true
	}
	for _, seed := range []uint64{1, 2} {
		for r := range First(seed, count()/2) {
			for _, w := range wrong(t, r) {
				t.Error(w)
			}
			if r.Email != "" {
				unique(customer.EmailKey(r.Email))
			}
			if id, ok := r.ExternalIDs["crm"]; ok {
				unique(id)
			}
			if t.Failed() {
				t.FailNow()
			}
		}
	}
}

// The control: the checker above sees each thing that it is there for.
func TestWrongPeopleAreSeen(t *testing.T) {
	for name, spoil := range map[string]func(*remote.Registration){
		"a real mailbox": func(r *remote.Registration) { r.Email = "a@gmail.com" },
		"a real number":  func(r *remote.Registration) { r.Phone = "+4930901820" },
		"no number":      func(r *remote.Registration) { r.Phone = "+49" },
		"a real number at an address": func(r *remote.Registration) {
			r.Addresses = []remote.Address{{Type: "shipping", Street: []string{"1 High Street"}, City: "Leeds", PostalCode: "LS1 4DY", Country: "GB", Phone: "+4930901820"}}
		},
		"another town's code": func(r *remote.Registration) {
			r.Addresses = []remote.Address{{Type: "shipping", Street: []string{"1 Main Street"}, City: "Chicago", State: "IL", PostalCode: "10001", Country: "US"}}
		},
		"a town that is none": func(r *remote.Registration) {
			r.Addresses = []remote.Address{{Type: "shipping", Street: []string{"1 High Street"}, City: "Atlantisville", PostalCode: "LS1 4DY", Country: "GB"}}
		},
		"a broken rule":      func(r *remote.Registration) { r.Profile.Timezone = "Europe/Atlantis" },
		"nothing to find by": func(r *remote.Registration) { r.Email, r.ExternalIDs = "", nil },
	} {
		r := Generate(1, 0)
		spoil(&r)
		if len(wrong(t, r)) == 0 {
			t.Errorf("%s went unseen", name)
		}
	}
}

// Many scripts, and every kind of customer.
func TestVariety(t *testing.T) {
	scripts, kinds := map[string]int{}, map[string]int{}
	for r := range First(1, 20_000) {
		for script, table := range unicode.Scripts {
			if strings.ContainsFunc(r.Name.Given, func(c rune) bool { return unicode.Is(table, c) }) {
				scripts[script]++
			}
		}
		for kind, is := range map[string]bool{
			"business": r.Type == "business", "single name": r.Name.Family == "", "two families": strings.Contains(r.Name.Family, " "),
			"middle name": r.Name.Middle != "", "prefix": r.Name.Prefix != "", "no e-mail": r.Email == "", "no phone": r.Phone == "",
			"no profile": r.Profile.Locale == "", "born": r.Profile.DateOfBirth != "", "attributes": len(r.Profile.Attributes) > 0,
			"tags":       len(r.Tags) > 0,
			"no address": len(r.Addresses) == 0, "one address": len(r.Addresses) == 1, "two addresses": len(r.Addresses) == 2, "three addresses": len(r.Addresses) == 3, "diacritics": strings.ContainsAny(r.Name.Family, "äößéñçłřığøåáíóúâêã"), "locale " + r.Profile.Locale: true,
		} {
			if is {
				kinds[kind]++
			}
		}
	}
	for _, script := range strings.Fields("Latin Cyrillic Greek Armenian Georgian Hebrew Arabic Devanagari Bengali Tamil Thai Khmer Han Hiragana Katakana Hangul Ethiopic") {
		if scripts[script] < 20 {
			t.Errorf("%d people of 20,000 write their name in %s", scripts[script], script)
		}
	}
	for _, l := range world {
		if kinds["locale "+l.tag] < 50 {
			t.Errorf("%d of 20,000 people are of %s", kinds["locale "+l.tag], l.tag)
		}
	}
	for _, kind := range []string{"business", "single name", "two families", "middle name", "prefix", "no e-mail", "no phone", "no profile", "born", "attributes", "tags", "diacritics",
		"no address", "one address", "two addresses", "three addresses"} {
		if kinds[kind] < 100 || kinds[kind] > 19_000 {
			t.Errorf("%d of 20,000 people: %s", kinds[kind], kind)
		}
	}
}

func TestTablesAreWhole(t *testing.T) {
	spelt := regexp.MustCompile(`^[a-z]+$`)
	seen := map[string]bool{}
	for _, l := range world {
		if seen[l.tag] {
			continue
		}
		seen[l.tag] = true
		if len(l.familyNamesF) != len(l.familyNames) {
			t.Errorf("%s has %d family names for men and %d for women", l.tag, len(l.familyNames), len(l.familyNamesF))
		}
		for _, table := range [][]part{l.femaleNames, l.maleNames, l.familyNames, l.familyNamesF} {
			if len(table) < 3 && l.style != fatherName {
				t.Errorf("%s has a table of %d", l.tag, len(table))
			}
			for _, p := range table {
				if !spelt.MatchString(p.latin) {
					t.Errorf("%s: %q is spelt %q", l.tag, p.name, p.latin)
				}
			}
		}
		if l.weight < 1 || !strings.Contains(l.company, "%") || len(l.zoneList) == 0 || len(l.phoneList) == 0 {
			t.Errorf("%s is not whole", l.tag)
		}
	}
}

func BenchmarkPeople(b *testing.B) {
	out := bufio.NewWriter(discard{})
	enc := json.NewEncoder(out)
	i := uint64(0)
	for b.Loop() {
		r := Generate(1, i)
		_ = enc.Encode(&r)
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "people/s")
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
