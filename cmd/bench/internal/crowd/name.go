package crowd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/acme/customers/internal/remote"
)

// rare is how many names there are besides those that many share.
const rare = 150_000

// The syllables of names that few have.
var (
	onsets = strings.Fields("b bl br c ch d dr f fl fr g gl gr h j k kl kr l m n p pf pr r s sch sh sl st str t th tr v w z")
	vowels = strings.Fields("a a e e i i o o u ä ö ü ei ie au ou ea é")
	codas  = strings.Fields("- - - n r l s t m ck nd rt ll ss ng x tz ch")
	ends   = strings.Fields("er mann son sen ski ova i o a e es ez li in ner ler berg stein feld bach meier ton ley")
	spells = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "é", "e")
)

// rareName is the n-th name of those: the same for ever.
func rareName(n int) string {
	r := rand.New(rand.NewPCG(uint64(n), 7))
	var b strings.Builder
	for range 1 + r.IntN(3) {
		b.WriteString(pick(r, onsets) + pick(r, vowels) + strings.Trim(pick(r, codas), "-"))
	}
	b.WriteString(pick(r, ends))
	letters := []rune(b.String())
	return strings.ToUpper(string(letters[:1])) + string(letters[1:])
}

// someRare is a rare name, the first ones more often: the n-th is about 1/n as
// frequent.
func someRare(r *rand.Rand) string { return rareName(int(math.Pow(rare, r.Float64())) - 1) }

// rename gives two in five a surname of the long tail, some of them a second
// one behind the first, and an e-mail address that goes with it. The tables that
// the demonstration's people are made of hold only names that many share.
func rename(r *rand.Rand, n int, p *remote.Registration) {
	if p.Name.Family == "" || r.IntN(5) > 1 {
		return
	}
	name := someRare(r)
	p.Name.Family = name
	if r.IntN(6) == 0 {
		p.Name.Family += "-" + someRare(r)
	}
	_, host, ok := strings.Cut(p.Email, "@")
	if !ok {
		return
	}
	if r.IntN(4) == 0 {
		host = spells.Replace(strings.ToLower(someRare(r))) + ".example"
	}
	local := spells.Replace(strings.ToLower(name))
	if given, _, dot := strings.Cut(p.Email, "."); dot && r.IntN(3) > 0 {
		local = given + "." + local
	}
	p.Email = fmt.Sprintf("%s%d@%s", local, n, host) // an address is of one customer
}

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }
