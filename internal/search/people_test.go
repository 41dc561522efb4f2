package search

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// people makes texts of customers as they are: few names are common and many
// rare, one surname is shared by a fifth, addresses are made of names, and each
// has its own numbers. The same seed gives the same people.
type people struct {
	rnd             *rand.Rand
	given, surnames []string
	cities, hosts   []string
}

func newPeople(seed uint64) *people {
	p := &people{rnd: rand.New(rand.NewPCG(seed, 1))}
	p.given = p.names(4000, givenNames, 1, 2)
	p.surnames = p.names(150_000, surnames, 1, 3)
	p.cities = p.names(3000, []string{"Zürich", "Bern", "Genève", "Berlin", "São Paulo", "Saint-Denis", "東京"}, 1, 2)
	p.hosts = []string{"gmail.com", "example.com", "bluewin.ch", "gmx.de", "hotmail.com", "icloud.com", "outlook.com"}
	for _, n := range p.names(5000, nil, 1, 2) {
		p.hosts = append(p.hosts, strings.ToLower(n)+[]string{".com", ".ch", ".de", ".co.uk", ".org"}[p.rnd.IntN(5)])
	}
	return p
}

var (
	onsets     = strings.Fields("b bl br c ch d dr f fl fr g gl gr h j k kl kr l m n p pf pr r s sch sh sl st str t th tr v w z")
	vowels     = strings.Fields("a a e e i i o o u ä ö ü ei ie au ou ea é")
	codas      = strings.Fields("- - - n r l s t m ck nd rt ll ss ng x tz ch")
	ends       = strings.Fields("er mann son sen ski ova i o a e es ez li in ner ler berg stein feld bach meier ton ley")
	givenNames = strings.Fields("Anna Maria Peter Hans Robert Bob Elizabeth Liz Alexander Sasha Zoë Jean-Luc José Søren Łukasz Giulia Ann John Mohammed محمد Ольга Αννα 太郎 花子 민준 Nguyễn Chloé Björn Ülkü")
	surnames   = strings.Fields("Müller Meier Schmid Keller Weber Huber Schneider Meyer Steiner Fischer Smith O'Brien García Lüdenscheidt Rossi Иванов Παπαδόπουλος 山田 佐藤 김 Wang Østergård")
)

// names makes n distinct names, the known ones first.
func (p *people) names(n int, known []string, from, to int) []string {
	seen := map[string]bool{}
	var out []string
	for _, k := range known {
		seen[k], out = true, append(out, k)
	}
	for len(out) < n {
		var b strings.Builder
		for range from + p.rnd.IntN(to-from+1) {
			b.WriteString(pick(p.rnd, onsets) + pick(p.rnd, vowels) + strings.Trim(pick(p.rnd, codas), "-"))
		}
		b.WriteString(pick(p.rnd, ends))
		rs := []rune(b.String())
		name := strings.ToUpper(string(rs[:1])) + string(rs[1:])
		if !seen[name] {
			seen[name], out = true, append(out, name)
		}
	}
	return out
}

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

// common picks the first more often than the last: the i-th is about 1/i as
// frequent as the first.
func common(r *rand.Rand, of []string) string {
	return of[int(math.Pow(float64(len(of)), r.Float64()))-1]
}

func (p *people) surname() string {
	if p.rnd.IntN(5) == 0 {
		return p.surnames[0]
	}
	return common(p.rnd, p.surnames)
}

var ascii = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "é", "e", "ë", "e", "'", "", "-", "", " ", "")

func (p *people) address(given, surname string) string {
	given, surname = ascii.Replace(strings.ToLower(given)), ascii.Replace(strings.ToLower(surname))
	local := given + "." + surname
	switch p.rnd.IntN(4) {
	case 0:
		local = given[:1] + surname
	case 1:
		local = surname + given
	}
	if p.rnd.IntN(2) == 0 {
		local += fmt.Sprint(p.rnd.IntN(100))
	}
	return local + "@" + common(p.rnd, p.hosts)
}

// one makes the texts of a customer.
func (p *people) one(doc int) []Text {
	given, surname := common(p.rnd, p.given), p.surname()
	if p.rnd.IntN(12) == 0 {
		surname += "-" + common(p.rnd, p.surnames)
	}
	texts := []Text{{Name, given + " " + surname}, {Email, p.address(given, surname)}, {Number, fmt.Sprintf("C-%08d", doc+1)}, {City, common(p.rnd, p.cities)}}
	for range min(p.rnd.IntN(10), 1) {
		texts = append(texts, Text{Phone, fmt.Sprintf("+41%s%07d", pick(p.rnd, []string{"79", "78", "76", "44", "31"}), p.rnd.IntN(1e7))})
	}
	switch p.rnd.IntN(10) {
	case 0:
		texts = append(texts, Text{Preferred, given[:len(given)-len(given)/3]})
	case 1:
		texts = append(texts, Text{Former, p.surname()})
	case 2:
		texts = append(texts, Text{Company, common(p.rnd, p.surnames) + " AG"}, Text{Tag, pick(p.rnd, []string{"vip", "b2b"})})
	case 3, 4, 5:
		texts = append(texts, Text{ExternalID, fmt.Sprintf("CRM-%09d", p.rnd.IntN(1e9))})
	}
	return texts
}
