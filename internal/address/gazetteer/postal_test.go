package gazetteer

import "testing"

func TestAPostalCodeGivesItsPlaceAndMiddle(t *testing.T) {
	for _, c := range []struct {
		country, code, name, area string
		lat, lon                  float64
	}{
		{"US", "90210", "Beverly Hills", "CA", 34.10, -118.41}, {"US", "90210-1234", "Beverly Hills", "CA", 34.10, -118.41},
		{"US", "902101234", "Beverly Hills", "CA", 34.10, -118.41}, {"US", " 10001 ", "New York", "NY", 40.75, -74.00},
		{"US", "63101", "St. Louis", "MO", 38.63, -90.19}, {"US", "02108", "Boston", "MA", 42.36, -71.07},
		{"US", "99503", "Anchorage", "AK", 61.19, -149.89}, {"US", "78501", "McAllen", "TX", 26.21, -98.24},
		{"US", "00601", "Adjuntas", "PR", 18.18, -66.75}, {"PR", "00601", "Adjuntas", "", 18.18, -66.75},
		{"CA", "M5V 3L9", "Toronto", "ON", 43.65, -79.37}, {"CA", "m5v3l9", "Toronto", "ON", 43.65, -79.37},
		{"CA", "M5V", "Toronto", "ON", 43.65, -79.37}, {"CA", "V6B 1A1", "Vancouver", "BC", 49.28, -123.10},
		{"CA", "X0A 0H0", "Outer Nunavut", "NU", 70.46, -68.48}, {"CA", "X1A", "Yellowknife", "NT", 62.46, -114.37},
		{"US", "99505", "JBER", "AK", 61.28, -149.65},
		{"CA", "Y1A", "Whitehorse", "YT", 60.72, -135.06},
	} {
		found := PostalCode(c.country, c.code)
		if len(found) != 1 {
			t.Errorf("%s %s: %v", c.country, c.code, found)
			continue
		}
		if s := found[0]; Fold(s.Name) != Fold(c.name) || s.Area != c.area || abs(s.Latitude-c.lat) > 0.1 || abs(s.Longitude-c.lon) > 0.1 {
			t.Errorf("%s %s: %+v", c.country, c.code, s)
		}
	}
}

// Codes of the armed forces are known, but nobody says where they are.
func TestACodeWithoutAPositionSaysSo(t *testing.T) {
	found := PostalCode("US", "09001")
	if len(found) != 1 || found[0].Located() || found[0].Area != "AE" || found[0].Name != "APO" {
		t.Errorf("%+v", found)
	}
}

func TestWhatIsNoCodeIsNotFound(t *testing.T) {
	for country, list := range map[string][]string{
		"US": {"", "0", "9021", "902100", "90210-12", "9021O", "９０２１０", "-----", "00000", "99999", "M5V"},
		"CA": {"", "M", "M5", "M5V 3L", "5MV", "MMM", "D1A", "90210", "m5v3l99", "é5V"},
		"DE": {"10115"}, "": {"90210"}, "us": {"90210"}, "PR": {"90210"},
	} {
		for _, code := range list {
			if found := PostalCode(country, code); len(found) != 0 {
				t.Errorf("%q %q is found: %v", country, code, found)
			}
		}
	}
}

func TestOnlyCountriesWithCodesAreCovered(t *testing.T) {
	for country, want := range map[string]bool{"US": true, "CA": true, "PR": true, "DE": false, "": false, "us": false} {
		if Covers(country) != want {
			t.Errorf("Covers(%q) = %v", country, !want)
		}
	}
}

func FuzzPostalCode(f *testing.F) {
	for _, s := range []string{"90210", "90210-1234", "M5V 3L9", "", "\xff", "９０２１０"} {
		f.Add("US", s)
		f.Add("CA", s)
	}
	f.Fuzz(func(t *testing.T, country, code string) {
		found := PostalCode(country, code)
		if len(found) > 0 && !Covers(country) {
			t.Errorf("%q is not covered, but has %v", country, found)
		}
		for _, s := range found {
			if s.Name == "" {
				t.Errorf("%q %q has no name", country, code)
			}
		}
	})
}
