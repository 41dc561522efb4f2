package search

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/misspelled.tsv anew")

// misspelled is the list that recall is measured on: a name a line, how it was
// typed, and what went wrong. It was made once by misspell, except for what is
// known to be misspelled, which stands in known.
const misspelled = "testdata/misspelled.tsv"

// Names as they are common in several countries, paired at random.
var (
	realGiven = strings.Fields(`Katharina Matthias Stephanie Christoph Elisabeth Wolfgang Franziska Andreas Susanne Friedrich Johanna Sebastian Dominik
		Nathalie Guillaume Véronique François Geneviève Jérôme Mathilde Thibault Delphine Alessandro Francesca Giuseppe Chiara Lorenzo Giovanna Federico
		Guadalupe Alejandro Mercedes Santiago Ximena Rodrigo Joaquim Beatriz Gonçalo Mariana Christopher Jennifer Geoffrey Philippa Nicholas Catherine
		Theodore Penelope Jonathan Samantha Siobhán Frederick Bernadette Aleksandra Krzysztof Małgorzata Wojciech Agnieszka Stanisław Zbigniew Kateřina
		Jaroslav Ludmila Dmitri Anastasia Vladimir Svetlana Yevgeny Oksana Björn Ingeborg Rasmus Frederikke Torbjørn Sigrid Margareta Lennart Mehmet Ayşegül
		Mustafa Zeynep Abdullah Muhammad Khadija Fatima Priyanka Rajesh Lakshmi Venkatesh Dimitrios Konstantina Katalin Zsuzsanna László Gheorghe Ionela
		Charlotte Maximilian Valentina Emmanuel Isabella Nikolaus Benedikt Magdalena Leonhard Antoinette`)
	realSurnames = strings.Fields(`Müller Schmidt Schneider Fischer Hoffmann Schulze Zimmermann Hartmann Schwarzenbach Aeschbacher Oberholzer Bösch Brunschwiler
		Zurbriggen Leutenegger Dubois Lefebvre Rousseau Beauchamp Delacroix Chevalier Desrochers Lemaître Rossi Esposito Ricciardi Bevilacqua Mastroianni
		Guglielmi Fernández Rodríguez Gutiérrez Echeverría Villanueva Figueiredo Cavalcanti Magalhães Thompson Richardson MacDonald O'Sullivan Cunningham
		Featherstone Gallagher Wainwright Hemingway Fitzgerald Kowalski Wiśniewski Szymański Lewandowski Dąbrowski Brzeziński Dvořák Novotný Procházka
		Shevchenko Kuznetsov Tchaikovsky Rostropovich Solzhenitsyn Johansson Lindqvist Bergström Kristoffersen Halvorsen Yıldırım Öztürk Karadeniz
		Papadopoulos Theodorakis Konstantinidis Nagy Szabó Horváth Popescu Ionescu Ramachandran Krishnamurthy Mukherjee Bhattacharya Venkataraman
		Nguyen Khatchaturian Petrosyan Vandenberghe Verstraete Westerhuis Dijkstra Schoonmaker Baumgartner Schwarzenegger Steinbrenner Goldschmidt Wittgenstein
		Rosenthal Nietzsche Schopenhauer Feuerbach Kierkegaard Eriksson Sørensen Christensen Rasmussen`)
	known = strings.Fields(`Nietzsche/Nietsche Nietzsche/Neitzsche Schwarzenegger/Schwarzeneger Schwarzenegger/Schwartzenegger Wittgenstein/Wittgenstien
		Tchaikovsky/Tschaikowsky Tchaikovsky/Chaikovsky Hemingway/Hemmingway Kierkegaard/Kirkegaard MacDonald/McDonald Thompson/Thomson Schmidt/Schmitt
		Schmidt/Schmid Müller/Mueller Müller/Muller Sørensen/Soerensen Fischer/Fisher Hoffmann/Hofman Johansson/Johanson Eriksson/Erickson Gallagher/Gallacher
		Fitzgerald/Fitzgearld Lewandowski/Levandovski Dvořák/Dvorzak Rousseau/Rouseau Lefebvre/Lefevre Rodríguez/Rodrigues Gutiérrez/Gutierez
		Papadopoulos/Papadopolous Kuznetsov/Kusnezow Christensen/Kristensen Cunningham/Cunnigham Richardson/Ritchardson Schulze/Schultze Zimmermann/Zimmerman
		Hartmann/Hardmann Goldschmidt/Goldsmith Baumgartner/Baumgärtner Steinbrenner/Steinbrener Rosenthal/Rosental O'Sullivan/OSulivan Shevchenko/Schewtschenko`)
)

// errs are the ways to mistype, each as likely: a key beside the right one,
// neighbours swapped, a letter left out, one twice, and one sound for another.
var errs = []struct {
	name string
	err  func(r *rand.Rand, w []rune, i int) []rune
}{
	{"neighbour key", func(r *rand.Rand, w []rune, i int) []rune {
		if near := beside(w[i]); near != "" {
			w[i] = rune(near[r.IntN(len(near))])
		}
		return w
	}},
	{"swapped", func(_ *rand.Rand, w []rune, i int) []rune {
		w[i], w[i-1] = w[i-1], w[i]
		return w
	}},
	{"left out", func(_ *rand.Rand, w []rune, i int) []rune { return slices.Delete(w, i, i+1) }},
	{"doubled", func(_ *rand.Rand, w []rune, i int) []rune { return slices.Insert(w, i, w[i]) }},
	{"by sound", func(r *rand.Rand, w []rune, _ int) []rune {
		for _, k := range r.Perm(len(soundsLike)) {
			if s := soundsLike[k]; strings.Contains(string(w[1:]), s[0]) {
				return append(w[:1:1], []rune(strings.Replace(string(w[1:]), s[0], s[1], 1))...)
			}
		}
		return w
	}},
}

var soundsLike = [][2]string{{"ph", "f"}, {"f", "ph"}, {"ck", "k"}, {"k", "ck"}, {"ei", "ai"}, {"ie", "i"}, {"i", "y"}, {"y", "i"}, {"c", "k"}, {"th", "t"},
	{"tt", "t"}, {"ss", "s"}, {"nn", "n"}, {"ll", "l"}, {"z", "tz"}, {"sch", "sh"}, {"v", "w"}, {"w", "v"}, {"ou", "u"}, {"dt", "t"}}

// beside gives the keys around one, on a QWERTY keyboard.
func beside(c rune) string {
	rows := []string{"qwertyuiop", "asdfghjkl", "zxcvbnm"}
	for y, row := range rows {
		if x := strings.IndexRune(row, c); x >= 0 {
			var near []byte
			for _, at := range [][2]int{{y, x - 1}, {y, x + 1}, {y - 1, x}, {y - 1, x + 1}, {y + 1, x - 1}, {y + 1, x}} {
				if at[0] >= 0 && at[0] < 3 && at[1] >= 0 && at[1] < len(rows[at[0]]) {
					near = append(near, rows[at[0]][at[1]])
				}
			}
			return string(near)
		}
	}
	return ""
}

// misspell makes the list: each name has one error, in its first or last name,
// every fourth in both.
func misspell() []byte {
	r := rand.New(rand.NewPCG(20, 26))
	var b bytes.Buffer
	for i := range 600 {
		given, surname := pick(r, realGiven), pick(r, realSurnames)
		typed := [2]string{given, surname}
		var what []string
		for _, k := range [][]int{{0}, {1}, {1}, {0, 1}}[i%4] {
			e := errs[r.IntN(len(errs))]
			w := []rune(typed[k])
			if typed[k] = string(e.err(r, w, 1+r.IntN(len(w)-1))); typed[k] == [2]string{given, surname}[k] {
				typed[k] = string(w[:len(w)-1]) // the error cannot be made here
				e.name = "cut short"
			}
			what = append(what, e.name)
		}
		fmt.Fprintf(&b, "%s %s\t%s %s\t%s\n", given, surname, typed[0], typed[1], strings.Join(what, ", "))
	}
	for _, k := range known {
		surname, typed, _ := strings.Cut(k, "/")
		given := pick(r, realGiven)
		fmt.Fprintf(&b, "%s %s\t%s %s\tknown\n", given, surname, given, typed)
	}
	return b.Bytes()
}

// TestRecall: of those whose names are misspelled, at least 95 of 100 are among
// the first ten of 100,000.
func TestRecall(t *testing.T) {
	if *update {
		if err := os.WriteFile(misspelled, misspell(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(misspelled)
	if err != nil {
		t.Fatal(err)
	}
	var list [][]string
	for line := range strings.Lines(string(file)) {
		list = append(list, strings.Split(strings.TrimSpace(line), "\t"))
	}
	p, x := newPeople(4), New()
	p.given, p.surnames = append(slices.Clone(realGiven), p.given...), append(slices.Clone(realSurnames), p.surnames...)
	const n = uint32(100_000)
	for i := range n {
		x.Put(i, p.one(int(i)))
	}
	sameAtThatSize(t, x, n)
	recall := func(kind Kind) float64 {
		for i, row := range list {
			x.Put(n+uint32(i), []Text{{kind, row[0]}})
		}
		found, by := 0, map[string][2]int{}
		for i, row := range list {
			hits := x.Search(Query{row[1], Of(kind)}, nil).Top(nil, 10)
			c := by[row[2]]
			if slices.ContainsFunc(hits, func(h Hit) bool { return sameName(x.Texts(h.Doc), list[i][0]) }) {
				found++
				c[0]++
			} else if kind == Name {
				t.Logf("%s is not found as %s: %s", row[0], row[1], row[2])
			}
			c[1]++
			by[row[2]] = c
		}
		for what, c := range by {
			t.Logf("%d of %d: %s", c[0], c[1], what)
		}
		return float64(found) / float64(len(list))
	}
	got := recall(Name)
	if t.Logf("%d names, recall at 10: %.3f", len(list), got); got < 0.95 {
		t.Errorf("recall %.3f", got)
	}
	// Identifiers have no typos: what was found is found by that.
	if got := recall(ExternalID); got > 0.1 {
		t.Errorf("recall %.3f without typos: the list tests little", got)
	}
}

// sameAtThatSize compares with Match among so many documents, where tables and
// lists have other forms than among few.
func sameAtThatSize(t *testing.T, x *Index, n uint32) {
	for _, q := range []string{"mueller an", "ell", "schwarzeneger", "7912"} {
		plan, found := parse(Query{q, All}), x.Search(Query{q, All}, nil)
		scores := map[uint32]uint16{}
		for _, h := range found.Top(nil, int(n)) {
			scores[h.Doc] = h.Score
		}
		for doc := range n {
			if score, _ := plan.match(x.Texts(doc)); score != scores[doc] {
				t.Fatalf("%q in %v: %d, not %d", q, x.Texts(doc), scores[doc], score)
			}
		}
	}
}

// sameName: the corpus may have others of the name, who are as right.
func sameName(texts []Text, name string) bool {
	return slices.ContainsFunc(texts, func(t Text) bool { return t.Value == name })
}
