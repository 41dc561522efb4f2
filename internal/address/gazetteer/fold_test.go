package gazetteer

import (
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestNamesThatAreTheSameFoldAlike(t *testing.T) {
	for _, same := range [][]string{
		{"zurich", "Zürich", "ZÜRICH", "Zu\u0308rich", "ｚｕｒｉｃｈ", "  Zürich "},
		{"st gallen", "St. Gallen", "Sankt Gallen", "SANKT-GALLEN", "St.Gallen"},
		{"st denis", "Saint-Denis", "St Denis", "SAINT DENIS"},
		{"ste foy", "Sainte-Foy", "Ste. Foy"},
		{"giessen", "Gießen", "GIESSEN", "GIEẞEN"},
		{"arhus", "Århus", "ARHUS"}, {"tromso", "Tromsø", "TROMSO"}, {"aero", "Ærø"}, {"lodz", "Łódź"},
		{"dakovo", "Đakovo"}, {"da nang", "Đà Nẵng"}, {"istanbul", "İstanbul", "ISTANBUL", "Istanbul"},
		{"diyarbakir", "Diyarbakır"}, {"ofallon", "O'Fallon", "O’Fallon"}, {"laquila", "L'Aquila", "L‘Aquila"},
		{"ft worth", "Fort Worth", "Ft. Worth"}, {"mt vernon", "Mount Vernon", "Mt Vernon"},
		{"frankfurt am main", "Frankfurt am Main", "FRANKFURT (AM MAIN)"}, {"frankfurt oder", "Frankfurt/Oder", "Frankfurt (Oder)"},
		{"αθηνα", "Αθήνα", "ΑΘΗΝΑ"}, {"πυργοσ", "Πύργος", "ΠΥΡΓΟΣ"}, {"королев", "Королёв", "КОРОЛЕВ"},
		{"東京", "東京"}, {"ガーナ", "ガーナ", "ｶﾞｰﾅ"}, {"霞ケ関", "霞ヶ関"}, {"서울", "서울"}, {"दिल्ली", "दिल्ली"},
		{"تهران", "تهران", "تِهران", "تـهران"}, {"کرج", "كرج"}, {"ירושלים", "יְרוּשָׁלַיִם"}, {"กรุงเทพ", "กรุงเทพ"}, {"", "", " ", "-", "…", "\u200d"},
	} {
		for _, name := range same {
			if got := Fold(name); got != same[0] {
				t.Errorf("Fold(%q) = %q, want %q", name, got, same[0])
			}
		}
	}
}

func TestNamesThatDifferStayApart(t *testing.T) {
	for _, pair := range [][2]string{
		{"ガス", "カス"}, {"Stein", "Saint-ein"}, {"Sainte", "Saint"}, {"दिल्ली", "दल्ल"}, {"Köln", "Koeln"}, {"大阪", "大坂"}, {"New Ark", "Newark"},
	} {
		if Fold(pair[0]) == Fold(pair[1]) {
			t.Errorf("%q and %q fold alike: %q", pair[0], pair[1], Fold(pair[0]))
		}
	}
}

func checkFold(t interface{ Errorf(string, ...any) }, s string) {
	once := Fold(s)
	if twice := Fold(once); twice != once {
		t.Errorf("Fold(%q) = %q, folded again %q", s, once, twice)
	}
	if !utf8.ValidString(once) {
		t.Errorf("Fold(%q) = %q is not UTF-8", s, once)
	}
	for _, r := range once {
		if r < ' ' {
			t.Errorf("Fold(%q) = %q holds a separator", s, once)
		}
	}
}

func TestFoldingAgainChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkFold(t, rapid.String().Draw(t, "name")) })
	for r := range rune(0x110000) {
		if utf8.ValidRune(r) {
			checkFold(t, string(r))
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Zürich", "Saint-Denis", "ﬃ", "ǅ", "Ⅷ", "\u0345Α", "\xff", "ß\u0308", "ガ", "각"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkFold(t, s) })
}
