package address

import "testing"

func lines(street, city, state, code, country string) Address {
	return Address{Street: []string{street}, City: city, State: state, PostalCode: code, Country: country}
}

// Addresses that exist, most of them where lists and borders do not agree. None
// may be refused.
func TestRealAddressesAreNotInvalid(t *testing.T) {
	for _, tc := range []struct {
		a    Address
		good bool // validated, too
	}{
		{lines("1600 Pennsylvania Ave NW", "Washington", "DC", "20500", "US"), true},
		{lines("350 5th Ave", "New York", "NY", "10118", "US"), true},
		{lines("1 State Line Rd", "New Pine Creek", "CA", "97635", "US"), false},
		{lines("1 Desert Storm Ave", "Fort Campbell", "TN", "42223", "US"), false},
		{lines("24 Sussex Drive", "Ottawa", "Ontario", "K1M1M4", "CA"), true},
		{lines("10 Downing Street", "London", "", "SW1A 2AA", "GB"), true},
		{lines("55 Rue du Faubourg Saint-Honoré", "Paris", "", "75008", "FR"), true},
		{lines("Platz der Republik 1", "Berlin", "", "11011", "DE"), true},
		{lines("Hauptstr. 1", "Xanten-Birten", "", "46509", "DE"), true},
		{lines("Dam 1", "Amsterdam", "", "1012js", "NL"), true},
		{lines("Bundesplatz 3", "Bern", "", "3005", "CH"), true},
		{lines("Ballhausplatz 2", "Wien", "", "1010", "AT"), true},
		{lines("Piazza del Quirinale", "Roma", "RM", "00187", "IT"), true},
		{lines("Corso Umberto 1", "Olbia", "SS", "07026", "IT"), false},
		{lines("Via Roma 1", "Carbonia", "SU", "09013", "IT"), true},
		{lines("Calle Mayor 1", "Barcelona", "", "08002", "ES"), true},
		{lines("Carrer de Sant Miquel 1", "Palma", "Balears", "07002", "ES"), false},
		{lines("Drottninggatan 1", "Göteborg", "", "SE-411 06", "SE"), true},
		{lines("Krakowskie Przedmieście 48", "Warszawa", "", "00-071", "PL"), true},
		{lines("Parliament Dr", "Canberra", "ACT", "2600", "AU"), true},
		{lines("1 Main St", "Mungindi", "QLD", "2406", "AU"), false},
		{lines("1 Beecroft Rd", "Jervis Bay", "JBT", "2540", "AU"), false},
		{lines("Beach Rd", "Mahe", "Puducherry", "673310", "IN"), false},
		{lines("Main Bazaar", "Leh", "Ladakh", "194101", "IN"), false},
		{lines("1 Chang'an Ave", "Dongcheng Qu", "Beijing", "100010", "CN"), false},
		{lines("重慶南路一段122號", "中正區", "台北市", "100006", "TW"), false},
		{lines("Тверская 1", "Москва", "", "125009", "RU"), false},
		{lines("Хрещатик 36", "Київ", "", "01044", "UA"), false},
		{lines("Sheikh Zayed Rd 1", "Dubai", "", "", "AE"), false},
		{lines("千代田1-1", "", "東京都", "100-8111", "JP"), true},
		{lines("Av. Paulista 1578", "São Paulo", "SP", "01310200", "BR"), true},
	} {
		r := Offline(tc.a, nil)
		if r.Verdict == Invalid || tc.good && !r.Good() {
			t.Errorf("%s %s %s: %s %+v", tc.a.City, tc.a.PostalCode, tc.a.Country, r.Verdict, r.Checks)
		}
	}
}

// Addresses that do not exist. Whatever is not caught is not on the list: see
// the limits in the README.
func TestWrongAddressesAreNotValidated(t *testing.T) {
	for _, a := range []Address{
		lines("1 X St", "Boston", "NY", "10001", "US"),
		lines("1 X St", "Chicago", "NY", "10001", "US"),
		lines("1 X St", "Asdfgh", "NY", "10001", "US"),
		lines("1 X St", "Albany", "NY", "94105", "US"),
		lines("1 X St", "Vancouver", "ON", "M5V 3L9", "CA"),
		lines("1 X St", "Melbourne", "NSW", "3000", "AU"),
		lines("Rua X 1", "Rio de Janeiro", "SP", "01310-200", "BR"),
		lines("Via X 1", "Roma", "MI", "20121", "IT"),
		lines("Hauptstr. 1", "Berlin", "", "00000", "DE"),
		lines("Hauptstr. 1", "12345", "", "10115", "DE"),
		lines("Dam 1", "Amsterdam", "", "0012 JS", "NL"),
		lines("Dam 1", "Amsterdam", "", "1012 SS", "NL"),
		lines("Bahnhofstrasse 1", "Zürich", "", "0000", "CH"),
		lines("Rue X 1", "Paris", "", "00000", "FR"),
		lines("Rue X 1", "Paris", "", "99999", "FR"),
		lines("X 1", "Göteborg", "", "00000", "SE"),
		lines("MG Rd 1", "Chennai", "Maharashtra", "600001", "IN"),
	} {
		if r := Offline(a, nil); r.Good() {
			t.Errorf("%s %s %s %s: %s %+v", a.City, a.State, a.PostalCode, a.Country, r.Verdict, r.Checks)
		}
	}
}
