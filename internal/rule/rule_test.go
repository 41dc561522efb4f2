package rule

import (
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
)

// ada is known well, and nobody not at all.
var (
	ada = &person{
		texts: map[ID]string{Status: "active", Type: "individual", Country: "DE", Locale: "de-AT", LocaleLanguage: "de", Timezone: "Europe/Vienna",
			Currency: "EUR", Gender: "female", DisplayTheme: "dark"},
		lists:   map[ID][]string{Tags: {"early", "press"}, Segments: {"vip"}},
		numbers: map[ID]int64{AddressCount: 2, OrderCount: 3, OpenTickets: 1, Completeness: 80},
		truths:  map[ID]bool{ByEmail: true, EmailVerified: true, EmailPresent: true, PhonePresent: true},
		times: map[ID]int64{RegisteredAt: micros("2023-03-01T08:00:00Z"), FirstOrderAt: micros("2023-03-02T08:00:00Z"),
			LastOrderAt: micros("2024-06-01T08:00:00Z"), LastActivityAt: micros("2024-06-10T12:00:00Z")},
		born: born("1990-06-15"), bornKnown: true,
		consents:   map[string]string{"marketing": "granted"},
		attributes: map[string]any{"plan": "pro", "seats": 12.0, "beta": true, "empty": ""},
		totals:     map[string]float64{"EUR": 199.5},
	}
	nobody = &person{texts: map[ID]string{Status: "pending", Type: "individual"}, times: map[ID]int64{RegisteredAt: micros("2024-06-14T00:00:00Z")}}
	noon   = at("2024-06-15T12:00:00Z")
)

// Whom each rule matches, of ada and of nobody, on ada's 34th birthday.
func TestRulesMatchWhomTheySay(t *testing.T) {
	for _, row := range []struct {
		source      string
		ada, nobody bool
	}{
		{`customer.country == "DE" && customer.orders.count >= 3 && now - customer.lastActivityAt < duration("720h")`, true, false},
		{`customer.status in ["active", "inactive"]`, true, false},
		{`customer.status == "pending"`, false, true},
		{`customer.country == ""`, false, true},
		{`customer.country != "DE"`, false, true},
		{`"press" in customer.tags`, true, false},
		{`!("press" in customer.tags)`, false, true},
		{`customer.tags.exists(t, t.startsWith("ear"))`, true, false},
		{`customer.tags.all(t, t.size() > 10)`, false, true}, // all of none
		{`size(customer.tags) > 1`, true, false},
		{`"vip" in customer.segments`, true, false},
		{`customer.age >= 34`, true, false},
		{`customer.age > 34`, false, false},
		{`customer.age < 35 || customer.status == "pending"`, true, true}, // unknown || true
		{`!(customer.age > 34)`, true, false},                             // !unknown
		{`customer.age == 34`, true, false},
		{`customer.age != 34`, false, false},
		{`customer.age in [33, 34]`, true, false},
		{`has(customer.age)`, true, false},
		{`!has(customer.age)`, false, true},
		{`has(customer.orders.lastAt) ? customer.orders.lastAt > timestamp("2024-01-01T00:00:00Z") : true`, true, true},
		{`customer.orders.total["EUR"] > 100`, true, false},
		{`customer.orders.total["USD"] == 0.0`, true, true},
		{`customer.orders.total.EUR / 3.0 > 60.0`, true, false},
		{`customer.consents["marketing"] == "granted"`, true, false},
		{`customer.consents.analytics == "notRequested"`, true, true},
		{`customer.attributes["plan"] == "pro"`, true, false},
		{`customer.attributes["plan"] != "free"`, true, false}, // nobody has none
		{`customer.attributes["plan"] == 5`, false, false},
		{`customer.attributes.seats > 10`, true, false},
		{`customer.attributes["seats"] == 12`, true, false},
		{`customer.attributes["seats"] in [11, 12]`, true, false},
		{`customer.attributes["plan"] > 10`, false, false},
		{`!(customer.attributes["plan"] > 10)`, false, false},
		{`customer.attributes["beta"] && true`, true, false},
		{`!customer.attributes["beta"] || true`, true, true},
		{`customer.attributes["empty"] == ""`, true, false},
		{`has(customer.attributes.plan)`, true, false},
		{`!("plan" in customer.attributes)`, false, true},
		{`customer.preferences.communication.email == true`, true, false},
		{`customer.preferences.communication.sms == false`, true, true},
		{`customer.email.verified && !customer.phone.verified`, true, false},
		{`customer.completeness >= 80 && customer.tickets.open > 0`, true, false},
		{`customer.registeredAt >= startOfDay(now) - duration("24h")`, false, true},
		{`customer.lastActivityAt < startOfWeek(now) + duration("12h")`, false, false},
		{`customer.lastActivityAt <= startOfWeek(now) + duration("12h")`, true, false}, // Monday the 10th, noon
		{`startOfMonth(now) > customer.orders.lastAt`, false, false},
		{`startOfYear(now) < customer.orders.lastAt`, true, false},
		{`customer.registeredAt.getFullYear() == 2023`, true, false},
		{`customer.orders.lastAt - customer.orders.firstAt > duration("240h")`, true, false},
		{`customer.profile.locale.matches("^de(-|$)")`, true, false},
		{`customer.profile.timezone.endsWith("Vienna") == customer.email.present`, true, true},
		{`true`, true, true},
	} {
		r := compile(t, row.source)
		if got := r.Match(ada, noon); got != row.ada {
			t.Errorf("%s matches ada: %v", row.source, got)
		}
		if got := r.Match(nobody, noon); got != row.nobody {
			t.Errorf("%s matches nobody: %v", row.source, got)
		}
		found := r.Select(people{ada, nobody}, noon)
		if found.Contains(0) != row.ada || found.Contains(1) != row.nobody {
			t.Errorf("%s selects %v", row.source, found.ToArray())
		}
	}
}

// few are columns that are asked about some alone.
type few struct {
	people
	of *roaring.Bitmap
}

func (f few) All() *roaring.Bitmap { return f.of }

func TestSelectKeepsToThoseWhoAreAskedAbout(t *testing.T) {
	for _, source := range []string{`true`, `customer.country == "DE"`, `!(customer.country == "")`, `customer.age != 3`, `customer.country.startsWith("D")`} {
		found := compile(t, source).Select(few{people{ada, ada, ada}, roaring.BitmapOf(1)}, noon)
		if !found.Equals(roaring.BitmapOf(1)) {
			t.Errorf("%s selects %v", source, found.ToArray())
		}
	}
}

func TestARuleTellsWhatItDependsOn(t *testing.T) {
	r := compile(t, `("vip" in customer.segments || has(customer.age)) && customer.consents["marketing"] == "granted" && customer.country in ["DE", "AT"]`)
	if got := r.Groups(); !slices.Equal(got, []string{"addresses", "consents", "dateOfBirth", "segments"}) {
		t.Errorf("groups %v", got)
	}
	if got := r.Refs(); !slices.Equal(got, []Ref{{Country, ""}, {Age, ""}, {Consents, "marketing"}, {Segments, "vip"}}) {
		t.Errorf("mentions %v", got)
	}
	if got := r.Segments(); !slices.Equal(got, []string{"vip"}) {
		t.Errorf("segments %v", got)
	}
	if len(r.Clocks()) != 0 || len(r.Fields()) != 4 {
		t.Errorf("clocks %v, fields %v", r.Clocks(), r.Fields())
	}
	if r = compile(t, `customer.age == 18 || customer.age >= 18 || now > customer.registeredAt`); len(r.Clocks()) != 3 {
		t.Errorf("clocks %v", r.Clocks())
	}
}

func TestTheVocabularyIsInTheOrderOfItsIDs(t *testing.T) {
	for i, f := range Vocabulary() {
		if f.ID != ID(i) {
			t.Errorf("%s stands at %d", f.Path, i)
		}
	}
}
