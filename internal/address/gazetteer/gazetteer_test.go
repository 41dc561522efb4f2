package gazetteer

import (
	"maps"
	"slices"
	"testing"
)

// Well-known places, by the names that their people, their neighbours and a
// form without accents use; the first is found within 0.1 degrees.
func TestAPlaceIsFoundByTheNamesThatPeopleUse(t *testing.T) {
	for _, c := range []struct {
		country, name, area string
		lat, lon            float64
	}{
		{"CH", "Zürich", "", 47.37, 8.55}, {"CH", "Zurich", "", 47.37, 8.55}, {"CH", "ZÜRICH", "", 47.37, 8.55},
		{"CH", "Genève", "", 46.20, 6.15}, {"CH", "Genf", "", 46.20, 6.15}, {"CH", "St. Gallen", "", 47.42, 9.37},
		{"CH", "Sankt Gallen", "", 47.42, 9.37}, {"DE", "Köln", "", 50.93, 6.95}, {"DE", "Koeln", "", 50.93, 6.95},
		{"DE", "Cologne", "", 50.93, 6.95}, {"DE", "München", "", 48.14, 11.58}, {"DE", "Munich", "", 48.14, 11.58},
		{"DE", "Gießen", "", 50.59, 8.68}, {"DE", "GIESSEN", "", 50.59, 8.68}, {"AT", "Wien", "", 48.21, 16.37},
		{"BR", "São Paulo", "SP", -23.55, -46.64}, {"BR", "SAO PAULO", "SP", -23.55, -46.64},
		{"PL", "Kraków", "", 50.06, 19.94}, {"PL", "Krakow", "", 50.06, 19.94}, {"PL", "Łódź", "", 51.77, 19.47},
		{"PL", "Lodz", "", 51.77, 19.47}, {"PL", "Warszawa", "", 52.23, 21.01}, {"DK", "København", "", 55.68, 12.57},
		{"JP", "東京", "東京都", 35.69, 139.69}, {"JP", "Tokyo", "東京都", 35.69, 139.69}, {"JP", "Ōsaka", "大阪府", 34.69, 135.50},
		{"CN", "西安", "陕西省", 34.26, 108.93}, {"CN", "Taiyuan", "山西省", 37.87, 112.56}, {"TW", "Taipei", "台北市", 25.05, 121.53},
		{"KR", "서울", "서울특별시", 37.57, 126.98}, {"KR", "Busan", "부산광역시", 35.10, 129.03}, {"KR", "Cheongju", "충청북도", 36.64, 127.49},
		{"RU", "Москва", "Москва", 55.75, 37.62}, {"RU", "Казань", "Республика Татарстан", 55.79, 49.12},
		{"RU", "Barnaul", "Алтайский край", 53.36, 83.76}, {"UA", "Київ", "місто Київ", 50.45, 30.52},
		{"UA", "Odessa", "Одеська область", 46.48, 30.73}, {"TH", "Bangkok", "กรุงเทพมหานคร", 13.75, 100.50},
		{"AE", "دبي", "إمارة دبيّ", 25.08, 55.31}, {"EG", "Giza", "الجيزة", 30.01, 31.21}, {"IR", "تهران", "استان تهران", 35.69, 51.42},
		{"IT", "Milano", "MI", 45.46, 9.19}, {"IT", "Roma", "RM", 41.89, 12.51}, {"IT", "L’Aquila", "AQ", 42.35, 13.40},
		{"ES", "Sevilla", "SE", 37.38, -5.97}, {"ES", "Bilbao", "BI", 43.26, -2.93}, {"ES", "A Coruña", "C", 43.37, -8.40},
		{"AU", "Sydney", "NSW", -33.87, 151.21}, {"AU", "Perth", "WA", -31.95, 115.86}, {"CA", "Montréal", "QC", 45.51, -73.59},
		{"CA", "Québec", "QC", 46.81, -71.21}, {"MX", "Ciudad de México", "CDMX", 19.43, -99.13}, {"MX", "Monterrey", "N.L.", 25.67, -100.31},
		{"AR", "Buenos Aires", "Ciudad Autónoma de Buenos Aires", -34.61, -58.38}, {"IN", "Mumbai", "Maharashtra", 19.07, 72.88},
		{"IN", "Bengaluru", "Karnataka", 12.97, 77.59}, {"ID", "Surabaya", "Jawa Timur", -7.25, 112.75}, {"IE", "Cork", "Co. Cork", 51.90, -8.47},
		{"TR", "İstanbul", "İstanbul", 41.01, 28.95}, {"TR", "ISTANBUL", "İstanbul", 41.01, 28.95}, {"US", "Saint Louis", "MO", 38.63, -90.20},
		{"US", "Ararat", "NC", 36.40, -80.56}, {"US", "Ponce", "PR", 18.01, -66.61},
		{"US", "ST LOUIS", "MO", 38.63, -90.20}, {"US", "New York", "NY", 40.71, -74.01}, {"US", "O'Fallon", "MO", 38.81, -90.70},
	} {
		found := Places(c.country, c.name)
		if len(found) == 0 {
			t.Errorf("%s %s is not found", c.country, c.name)
		} else if s := found[0]; s.Area != c.area || abs(s.Latitude-c.lat) > 0.1 || abs(s.Longitude-c.lon) > 0.1 {
			t.Errorf("%s %s: %+v, want %s at %v %v", c.country, c.name, s, c.area, c.lat, c.lon)
		}
	}
}

func TestANameThatIsNotUniqueHasAllItsAreas(t *testing.T) {
	areas := map[string]bool{}
	for _, s := range Places("US", "springfield") {
		areas[s.Area] = true
	}
	for _, want := range []string{"IL", "MA", "MO", "OH", "OR", "TN", "VA", "VT"} {
		if !areas[want] {
			t.Errorf("no Springfield in %s", want)
		}
	}
	if first := Places("US", "Portland"); first[0].Area != "OR" {
		t.Errorf("the biggest Portland is in %s", first[0].Area)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	for country, names := range map[string][]string{
		"DE": {"", " ", "-", "Springfield Heights", "Köln\tKoln", "Köln\n", "köl", "kölnn"}, "": {"Köln"}, "de": {"Köln"}, "XX": {"Köln"}, "DEU": {"Köln"},
		"US": {"München", "\x00", "\xff\xfe"},
	} {
		for _, name := range names {
			if found := Places(country, name); len(found) > 0 && Fold(name) != "koln" {
				t.Errorf("%q %q is found: %v", country, name, found)
			}
		}
	}
}

// Every key of the states and provinces in the metadata; the armed forces have
// codes, but no places.
func TestEveryStateIsReached(t *testing.T) {
	const states = "AL AK AS AZ AR CA CO CT DE DC FL FM GA GU HI ID IL IN IA KS KY LA MA MD ME MH MI MN MO MP MS MT NE NV NH NJ NM NY NC ND OH OK OR PA PR PW RI SC SD TN TX UT VT VA VI WA WV WI WY"
	for country, want := range map[string]string{
		"US": states, "CA": "AB BC MB NB NL NT NS NU ON PE QC SK YT", "AU": "ACT NSW NT QLD SA TAS VIC WA",
	} {
		if got := areasOf(t, places(), country); !slices.Equal(got, sortedFields(want)) {
			t.Errorf("%s: areas are %v", country, got)
		}
	}
	if got := areasOf(t, codes(), "US"); !slices.Equal(got, sortedFields(states+" AA AE AP")) {
		t.Errorf("the ZIP codes reach %v", got)
	}
}

// areasOf are the areas that places of a country are in.
func areasOf(t *testing.T, f *file, country string) []string {
	t.Helper()
	table, err := f.country(country)
	if err != nil || table == nil {
		t.Fatalf("%s: %v", country, err)
	}
	areas := map[string]bool{}
	for i := range table.lines {
		areas[table.spot(i).Area] = true
	}
	delete(areas, "")
	return slices.Sorted(maps.Keys(areas))
}
