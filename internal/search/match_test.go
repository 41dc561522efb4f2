package search

import "testing"

// cases are what has to match and what must not: every row is asked of Match
// and of an index that holds just this.
var cases = []struct {
	kind  Kind
	value string
	query string
	want  bool
}{
	// Case, accents, width, ligatures, spellings.
	{Name, "Zoë Müller-Lüdenscheidt", "zoe", true},
	{Name, "Zoë Müller-Lüdenscheidt", "ZOË MÜLLER", true},
	{Name, "Zoë Müller-Lüdenscheidt", "ludenscheidt zoe", true},
	{Name, "Zoë Müller-Lüdenscheidt", "zoe smith", false},
	{Name, "Zoe\u0308 Mu\u0308ller", "Zoë Müller", true},
	{Name, "Zoë Müller", "Zoe\u0308 mu\u0308ller", true},
	{Name, "Müller", "mueller", true},
	{Name, "Mueller", "müller", true},
	{Name, "Mueller", "mu\u0308ller", true},
	{Name, "Müller", "muel", false}, // not yet
	{Name, "Groß", "gross", true},
	{Name, "Gross", "groß", true},
	{Name, "GROẞ", "gross", true},
	{Name, "Ægir Ærøskøbing", "aeroskobing", true},
	{Name, "Søren Łukasz Đorđe", "soren lukasz dorde", true},
	{Name, "Işık", "ISIK", true},
	{Name, "İnci", "inci", true},
	{Name, "IŞIK", "ışık", true},
	{Name, "Þórr", "thorr", true},
	{Name, "Ｊｏｈｎ Ｓｍｉｔｈ", "john smith", true},
	{Name, "John Smith", "ｊｏｈｎ", true},
	{Name, "ﬁnn", "finn", true},
	{Name, "Nguyễn Văn Đức", "nguyen van duc", true},
	{Name, "Dvořák", "dvorak", true},
	{Name, "Joe", "su", false},
	{Name, "Su", "sue", false},
	// Punctuation.
	{Name, "O'Brien", "obrien", true},
	{Name, "O’Brien", "o'brien", true},
	{Name, "OBrien", "O'Brien", true},
	{Name, "O'Brien", "o brien", true},
	{Name, "O Brien", "obrien", true},
	{Name, "Jean-Luc", "jean luc", true},
	{Name, "Jean-Luc", "jeanluc", true},
	{Name, "Jeanluc", "jean-luc", true},
	{Name, "Jean Luc", "luc-jean", true},
	{Name, "Jean-Luc", "jeanpaul", false},
	{Name, "Anna van den Berg", "vandenberg", true},
	{Name, "Anna Vandenberg", "van den berg", true},
	{Name, "J.R.R. Tolkien", "jrr", true},
	{Name, "Jean", "jeanjean", true}, // a name may stand for both
	// Parts.
	{Name, "Schwarzenegger", "s", true},
	{Name, "Schwarzenegger", "schwarz", true},
	{Name, "Schwarzenegger", "egg", true},
	{Name, "Schwarzenegger", "gg", false},
	{Name, "Schwarzenegger", "eggs", false},
	// Typos.
	{Name, "Smith", "smtih", true},
	{Name, "Smith", "smitth", true},
	{Name, "Smith", "smih", true},
	{Name, "Smith", "snitt", false},
	{Name, "Ann", "amn", false}, // too short for one
	{Name, "Schwarzenegger", "shwarzeneger", true},
	{Name, "Schwarzenegger", "schwarznegger", true},
	{Name, "Schwarzenegger", "shwarzneger", false},
	{Name, "Anna", "anan", true},
	{City, "Zürich", "zurihc", true},
	{Company, "Migros", "migrso", true},
	{Email, "zoe.mueller@example.com", "meuller", true},
	{ExternalID, "crmsystem", "crmsytsem", false},
	// Nicknames and sound.
	{Name, "Robert Smith", "bob", true},
	{Name, "Bob", "robert", true},
	{Name, "Elizabeth", "liz", true},
	{Name, "Alexander", "sasha", true},
	{Name, "Александр", "Саша", true},
	{Name, "Александр", "sasha", true},
	{Name, "Alexandra", "sasha", true},
	{Name, "Alexander", "alexandra bob", false},
	{Name, "Giuseppe", "beppe", true},
	{Name, "Francisco", "paco", true},
	{Name, "Robert", "bill", false},
	{City, "Robert", "bob", false},
	{Email, "robert@example.com", "bob", false},
	{Name, "Meyer", "maier", true},
	{Name, "Stephen", "steven", true},
	{Name, "Schmidt", "schmitt", true},
	{Name, "Kathryn", "catherine", true},
	{Name, "Philippe", "filip", true},
	{Name, "Meyer", "mohr", false},
	{City, "Meyer", "mayr", false},
	// Scripts.
	{Name, "Γιώργος Παπαδόπουλος", "γιωργοσ ΠΑΠΑΔΟΠΟΥΛΟΣ", true},
	{Name, "Фёдор Йорданов", "федор иорданов", true},
	{Name, "山田太郎", "太", true},
	{Name, "山田太郎", "田太", true},
	{Name, "山田太郎", "山太", false},
	{Name, "山田 太郎", "山田太郎", true},
	{Name, "山田太郎", "山田 太郎", true},
	{Name, "やまだ", "ヤマダ", true},
	{Name, "ﾔﾏﾀﾞ", "やまだ", true},
	{Name, "やまた", "やまだ", false},
	{Name, "김철수", "철", true},
	{Name, "김철수", "수철", false},
	{Name, "สมชาย", "ชาย", true},
	{Name, "สมชาย", "ม", true},
	{Name, "مُحَمَّد", "محمد", true},
	{Name, "أحمـــد", "احمد", true},
	{Name, "דָּוִד", "דוד", true},
	{Name, "अमिता", "अमिता", true},
	{Name, "रवी", "रवि", false}, // another vowel, and too short for a typo
	{Name, "रवी", "रव", true},
	// Phone numbers.
	{Phone, "+41791234567", "079 123 45 67", true},
	{Phone, "+41791234567", "+41 (79) 123-45-67", true},
	{Phone, "+41791234567", "+41 (0)79 123 45 67", true},
	{Phone, "+41791234567", "0041791234567", true},
	{Phone, "+41791234567", "79/123.45.67", true},
	{Phone, "+41791234567", "4567", true},
	{Phone, "+41791234567", "45 67", true},
	{Phone, "+41791234567", "567", false},
	{Phone, "+41791234567", "079 123 45 68", false},
	{Phone, "+41791234567", "٠٧٩ ١٢٣ ٤٥ ٦٧", true},
	// Addresses of e-mail.
	{Email, "zoe.m@example.com", "zoe.m@example.com", true},
	{Email, "zoe.m@example.com", "ZOEM@example.com", true},
	{Email, "zoe.m@example.com", "zoe.m@exa", true},
	{Email, "zoe.m@example.com", "zoe.m@", true},
	{Email, "zoe.m@example.com", "@example.com", true},
	{Email, "zoe.m@example.com", "example.com", true},
	{Email, "zoe.m@example.com", "zoe.m", true},
	{Email, "zoe.m@example.com", "zo", true},
	{Email, "zoe.m@example.com", "xam", true},
	{Email, "zoe.m@example.com", "zoe.m@example.org", false},
	{Email, "zoe.m@example.com", "zoe.n@example.com", false},
	{Email, "zoe.m@example.com", "c", false},
	{Email, "zoe.m@example.com", "com", true},
	{Email, "rené@exämple.com", "rene@example.com", true},
	// Numbers and identifiers.
	{Number, "C-00001234", "C-00001234", true},
	{Number, "C-00001234", "1234", true},
	{Number, "C-00001234", "c1234", true},
	{Number, "C-00001234", "c 1234", true},
	{Number, "C-00001234", "00001234", true},
	{Number, "C-00001234", "123", false},
	{Number, "C-00001234", "12345", false},
	{Number, "C-00001234", "k1234", false},
	{Number, "C-00001234", "c", false},
	{Number, "C-00001234", "0000", false},
	{ExternalID, "CRM-4711/a", "crm-4711/A", true},
	{ExternalID, "CRM-4711/a", "crm47", true},
	{ExternalID, "CRM-4711/a", "471", true},
	{ExternalID, "CRM-4711/a", "47", false},
	{ExternalID, "CRM-4711/a", "4712", false},
	// Typos at the longest: 32 letters and two more within.
	{Name, "abcdefghijklmnop-xx-qrstuvwxyzabcdef", "abcdefghijklmnopqrstuvwxyzabcdef", true},
	{Name, "Abcdefghijklmnopxxqrstuvwxyzabcdef", "abcdefghijklmnopqrstuvwxyzabcdef", true},
	{Name, "Abcdefghijklmnopxxxqrstuvwxyzabcdef", "abcdefghijklmnopqrstuvwxyzabcdef", false},
	{Name, "Abcdefghijklmnopxxqrstuvwxyzabcdefg", "abcdefghijklmnopqrstuvwxyzabcdefg", false},
	// Nothing.
	{Name, "Ann", "", false},
	{Name, "Ann", " - ' ", false},
	{Name, "", "ann", false},
	{Tag, "🎉", "🎉", false},
	{Name, "Ann", "@", false},
}

func TestMatch(t *testing.T) {
	for _, c := range cases {
		texts := []Text{{c.kind, c.value}}
		x := New()
		x.Put(7, texts)
		q := Query{c.query, All}
		score, ok := Match(q, texts)
		if ok != c.want {
			t.Errorf("%q in %q: %v", c.query, c.value, ok)
		}
		hits := x.Search(q, nil).Top(nil, 1)
		if len(hits) > 0 != c.want || c.want && (hits[0] != Hit{7, score}) {
			t.Errorf("%q in an index of %q: %v, score %d", c.query, c.value, hits, score)
		}
		if _, ok := Match(Query{c.query, All &^ Of(c.kind)}, texts); ok {
			t.Errorf("%q in %q is found by who may not see it", c.query, c.value)
		}
		if !x.Search(Query{c.query, All &^ Of(c.kind)}, nil).Docs().IsEmpty() {
			t.Errorf("%q in an index of %q is found by who may not see it", c.query, c.value)
		}
	}
}

// TestScore: what matches better stands higher.
func TestScore(t *testing.T) {
	for _, row := range []struct {
		query string
		texts []Text // the best first
	}{
		{"robert", []Text{{Name, "Robert"}, {City, "Robert"}, {Name, "Robertson"}, {City, "Roberts"}, {Name, "Bob"}, {Name, "Rovert"}, {City, "Rovert"},
			{Name, "Mac Mcrobertson"}, {City, "Mcrobertson"}}},
		{"schwarzenegger", []Text{{Name, "Schwarzenegger"}, {Name, "Schwarzeneggers"}, {Name, "Schwarzenager"}}},
		{"mueller", []Text{{Name, "Mueller"}, {Name, "Müller"}, {Name, "Mullers"}}},
		{"0791234567", []Text{{ExternalID, "0791234567"}, {Phone, "+41791234567"}}},
		{"jean luc", []Text{{Name, "Jean Luc"}, {Name, "Jeanluc Picard"}, {Name, "Jeanne Lucas"}}},
	} {
		last := ^uint16(0)
		for i, text := range row.texts {
			score, ok := Match(Query{row.query, All}, []Text{text})
			if !ok || score > last || score == last && row.query != "jean luc" {
				t.Errorf("%q in %q: %d after %d", row.query, row.texts[i].Value, score, last)
			}
			last = score
		}
	}
}
