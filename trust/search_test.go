package trust

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/acme/customers/trust/people"
	"github.com/acme/customers/trust/service"
)

// A search finds everybody who was registered with what is asked for, and nobody
// else: held against a plain look at every text of everybody, which shares no
// line with the program.

// plainText is what a customer is found by, taken apart the plain way.
type plainText struct {
	names    []string // words of names, cities, companies and tags
	ids      []string // external ids: no typos
	local    string
	domain   []string // its labels, and the whole
	phone    string
	number   string // digits of the customer number, without leading zeros
	customer string
}

// folded takes case and accents away.
func folded(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		switch {
		case r == 'ł':
			b.WriteByte('l')
		case r == 'ß':
			b.WriteString("ss")
		case !unicode.Is(unicode.Mn, r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

func plainly(r *service.Registration, got service.Customer) plainText {
	p := plainText{customer: got.ID, phone: strings.TrimPrefix(r.Phone, "+"), number: strings.TrimLeft(strings.TrimPrefix(got.Number, "C-"), "0")}
	texts := append([]string{r.Name.Given, r.Name.Family, r.Name.Preferred}, r.Tags...)
	for _, a := range r.Addresses {
		texts = append(texts, a.City, a.Company)
	}
	for _, text := range texts {
		p.names = append(p.names, strings.Fields(folded(text))...)
	}
	for _, id := range r.ExternalIDs {
		p.ids = append(p.ids, folded(id))
	}
	local, domain, _ := strings.Cut(folded(r.Email), "@")
	p.local, p.domain = local, append(strings.Split(domain, "."), domain)
	return p
}

// umlauts are other ways to write a letter.
var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe")
var unumlauts = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u", "aa", "a")

// has tells whether a customer has what a word asks for, written like this or
// with the accents spelled out. loose lets typos pass.
func (p *plainText) has(word string, loose bool) bool {
	if local, host, is := strings.Cut(word, "@"); is {
		return folded(local) == p.local && slices.ContainsFunc(p.domain, func(d string) bool { return strings.HasPrefix(d, folded(host)) })
	}
	if digits := strings.Trim(word, "0123456789") == ""; digits {
		for _, d := range []string{word, strings.TrimLeft(word, "0")} {
			if len(d) >= 4 && strings.Contains(p.phone, d) || d == p.number {
				return true
			}
		}
	}
	spelled := folded(umlauts.Replace(strings.ToLower(word)))
	w := folded(word)
	ways := []string{w, spelled}
	if len([]rune(w)) >= 5 {
		ways = append(ways, unumlauts.Replace(w))
	}
	for _, w := range ways {
		n := len([]rune(w))
		in := func(term string, prefix int) bool {
			return strings.HasPrefix(term, w) && n >= prefix || n >= 3 && strings.Contains(term, w)
		}
		for _, term := range append(append([]string{p.local}, p.names...), p.ids...) {
			if in(term, 1) {
				return true
			}
		}
		for _, term := range p.domain {
			if in(term, 3) {
				return true
			}
		}
	}
	return loose && slices.ContainsFunc(append(append([]string{p.local}, p.names...), p.domain...), func(term string) bool { return misspelled(w, term) })
}

// misspelled: one edit in short words, two in long ones, none in the shortest.
func misspelled(a, b string) bool {
	x, y := []rune(a), []rune(b)
	most := 2
	if len(x) <= 7 {
		most = 1
	}
	return len(x) > 3 && edits(x, y) <= most
}

// edits counts insertions, omissions, substitutions and swaps of neighbours.
func edits(x, y []rune) int {
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		d[i][0] = i
	}
	for j := range y {
		d[0][j+1] = j + 1
	}
	for i := range x {
		for j := range y {
			same := 1
			if x[i] == y[j] {
				same = 0
			}
			d[i+1][j+1] = min(d[i][j]+same, d[i][j+1]+1, d[i+1][j]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				d[i+1][j+1] = min(d[i+1][j+1], d[i-1][j-1]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}

// matches: every word is had; some in a row may be one term or one number.
func (p *plainText) matches(words []string, loose bool) bool {
	if len(words) == 0 {
		return true
	}
	for n := 1; n <= len(words); n++ {
		joined := strings.Join(words[:n], "")
		had := n == 1 && p.has(joined, loose)
		if n > 1 && !strings.Contains(joined, "@") {
			digits := strings.Trim(joined, "0123456789") == "" && p.has(joined, false)
			begins := slices.ContainsFunc(append(append([]string{p.local}, p.names...), p.ids...), func(term string) bool { return strings.HasPrefix(term, folded(joined)) })
			had = digits || n <= 3 && begins
		}
		if had && p.matches(words[n:], loose) {
			return true
		}
	}
	return false
}

// question makes a query about a person, as somebody would who knows a part, and
// now and then mistypes.
func question(r *rand.Rand, p *service.Registration, number string) string {
	piece := func(s string, least int) string { // from anywhere
		runes := []rune(s)
		n := min(len(runes), least+r.IntN(6))
		from := r.IntN(len(runes) - n + 1)
		return string(runes[from : from+n])
	}
	head := func(s string) string {
		runes := []rune(s)
		return string(runes[:min(len(runes), 1+r.IntN(8))])
	}
	name := []string{p.Name.Given, p.Name.Family, p.Name.Preferred, p.Tags[0], p.Addresses[0].City}[r.IntN(5)]
	part := func() string {
		switch r.IntN(13) {
		case 0:
			return name
		case 1:
			return strings.ToUpper(head(name))
		case 2:
			return piece(name, 3)
		case 3:
			return folded(name)
		case 4:
			return umlauts.Replace(strings.ToLower(name))
		case 5:
			return piece(strings.Split(p.Email, "@")[0], 3)
		case 6:
			return p.Email
		case 7:
			return p.Email[:strings.Index(p.Email, "@")+1+r.IntN(6)]
		case 8:
			return piece(strings.TrimPrefix(p.Phone, "+"), 4)
		case 9: // as it is dialled at home, in groups
			at := strings.TrimPrefix(p.Phone, "+49")
			return "0" + at[:3] + " " + at[3:7] + " " + at[7:]
		case 10:
			return number[2+r.IntN(3):]
		case 11:
			return p.ExternalIDs["crm"][:3+r.IntN(10)]
		}
		runes := []rune(name)
		at := 1 + r.IntN(len(runes)-1)
		runes[at], runes[at-1] = runes[at-1], runes[at]
		return string(runes)
	}
	out := part()
	if r.IntN(3) == 0 {
		out += " " + part()
	}
	return out
}

// everyFound is everything that a query finds, page by page.
func everyFound(c *service.Client, query string) (total int, how map[string]string, err error) {
	how = map[string]string{}
	for cursor := ""; ; {
		a, err := c.Do("POST", "/v1/customers/search", map[string]any{"query": query, "limit": 200, "cursor": cursor})
		if err != nil || a.Status != 200 {
			return 0, nil, fmt.Errorf("%q: %v %w", query, a, err)
		}
		var page struct {
			Total int
			Items []struct {
				ID      string
				Matches []struct{ How string }
			}
			Next string
		}
		if err := json.Unmarshal(a.Body, &page); err != nil {
			return 0, nil, err
		}
		total = page.Total
		for _, hit := range page.Items {
			for _, m := range hit.Matches {
				how[hit.ID] += m.How + " "
			}
		}
		if cursor = page.Next; cursor == "" {
			return total, how, nil
		}
	}
}

// tally is how what was found compares with what the oracle says.
type tally struct{ hits, alike, lost, extra int }

// hold compares one answer, how by customer.
func (n *tally) hold(texts []plainText, query string, got map[string]string) (wrong []string) {
	words := strings.Fields(query)
	for i := range texts {
		how, is := got[texts[i].customer]
		exactly := texts[i].matches(words, false)
		switch {
		case exactly && !is:
			n.lost++
			wrong = append(wrong, fmt.Sprintf("%q does not find %+v", query, texts[i]))
		case is && exactly:
			n.hits++
		case is && (texts[i].matches(words, true) || strings.Contains(how, "phonetic")):
			n.alike++
		case is:
			n.extra++
			wrong = append(wrong, fmt.Sprintf("%q finds %+v: %s", query, texts[i], how))
		}
	}
	return wrong
}

func TestASearchFindsWhatWasRegistered(t *testing.T) {
	s := staffOf(t, service.Start(t, service.Config{Flags: fast}))
	all := people.Make(31, count(150, 2000))
	texts, numbers := make([]plainText, len(all)), make([]string, len(all))
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := w; i < len(all); i += 8 {
				a, err := s.all.Do("POST", "/v1/customers", all[i].Registration)
				c, err2 := a.Customer()
				if err != nil || a.Status != 201 || err2 != nil {
					t.Errorf("%v %v %v", a, err, err2)
					return
				}
				texts[i], numbers[i] = plainly(&all[i].Registration, c), c.Number
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	queries := count(600, 10_000)
	var mu sync.Mutex
	var n, unseen tally
	controls := 0
	for w := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(31, uint64(w)))
			for range queries / 4 {
				who := r.IntN(len(all))
				query := question(r, &all[who].Registration, numbers[who])
				total, got, err := everyFound(s.admin, query)
				if err != nil || total != len(got) {
					t.Errorf("%d found, %d told: %v", len(got), total, err)
					return
				}
				mu.Lock()
				for _, wrong := range n.hold(texts, query, got) {
					t.Error(wrong)
				}
				if texts[who].matches(strings.Fields(query), false) && len(got) < len(all)/2 { // the control: one less, and one more
					delete(got, texts[who].customer)
					for _, other := range texts {
						if _, is := got[other.customer]; !is && !other.matches(strings.Fields(query), true) {
							got[other.customer] = "exact"
							break
						}
					}
					controls++
					unseen.hold(texts, query, got)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	t.Logf("%d queries: %d found as they are written, %d by what sounds or is typed alike, %d lost, %d too many", queries, n.hits, n.alike, n.lost, n.extra)
	if n.hits < queries*3/4 || n.alike == 0 || controls < queries/2 {
		t.Errorf("the queries find too little to tell anything: %+v", n)
	}
	if unseen.lost < controls || unseen.extra < controls {
		t.Errorf("control: of %d that were taken out and put in %d and %d are noticed", controls, unseen.lost, unseen.extra)
	}
}
