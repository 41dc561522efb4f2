package main

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/cmd/bench/internal/crowd"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/roster"
	"github.com/acme/customers/internal/rule"
)

func language(t *testing.T) *rule.Language {
	t.Helper()
	l, err := rule.New(rule.Config{Purposes: []string{"marketing", "analytics"}, Segments: func(string) bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Whoever a question is made of is found by it: what is timed is a search that
// has something to find.
func TestQuestionsFindWhomTheyAreMadeOf(t *testing.T) {
	const people = 2000
	town := &town{roster: roster.New(customer.DefaultPreferences(), customer.DefaultWeights()), language: language(t)}
	all := make([]crowd.Person, people)
	for n := range all {
		all[n] = crowd.Make(n)
	}
	town.put(all)
	r := rand.New(rand.NewPCG(1, 1))
	for _, k := range kinds {
		made, found := 0, 0
		for range 300 {
			p := &all[r.IntN(people)]
			a, ok := k.of(r, p)
			if !ok {
				continue
			}
			made++
			if _, total, err := town.find(&a); err != nil {
				t.Fatalf("%s: %v", k.name, err)
			} else if total > 0 {
				found++
			}
		}
		if made < 50 || found < made*8/10 && k.name != "text and filter" {
			t.Errorf("%s: of 300 people %d questions, of which %d find somebody", k.name, made, found)
		}
	}
}

func TestTwoLettersOfANameAreTurnedRound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		text := misspelt(r, "Schneider")
		differ := 0
		for i := range text {
			if text[i] != "schneider"[i] {
				differ++
			}
		}
		if differ != 2 || text[0] != 's' {
			t.Errorf("%s differs in %d", text, differ)
		}
	}
	if misspelt(r, "Li") != "Li" {
		t.Error("a short name was changed")
	}
}

func TestEveryRuleOfTheBenchmarkCompiles(t *testing.T) {
	l := language(t)
	all := rulesOf(liveRules)
	if len(all) != liveRules || len(inOrder(all)) != liveRules {
		t.Errorf("%d rules", len(all))
	}
	for _, f := range backfills {
		all[f.what] = f.rule
	}
	for key, source := range all {
		if _, err := l.Compile(source); err != nil {
			t.Errorf("%s: %s: %v", key, source, err)
		}
	}
}

// published is a message as the service publishes it.
func published(id, event, who, segment string) []byte {
	return fmt.Appendf(nil, `{"id":%q,"subject":%q,"type":"acme.customers.%s.v1","data":{"fields":{"segment":%q}}}`, id, who, event, segment)
}

func TestALostOrADoubledMembershipIsNoticed(t *testing.T) {
	who := uuid.UUID{1}
	for name, c := range map[string]struct {
		messages [][]byte
		left     int
		doubled  int
	}{
		"as it should be":    {[][]byte{published("1", "CustomerSegmentAssigned", who.String(), "one-order")}, 0, 0},
		"lost":               {nil, 1, 0},
		"of somebody else":   {[][]byte{published("1", "CustomerSegmentAssigned", "x", "one-order")}, 1, 0},
		"published twice":    {[][]byte{published("1", "CustomerSegmentAssigned", who.String(), "one-order"), published("1", "CustomerSegmentAssigned", who.String(), "one-order")}, 0, 1},
		"twice in":           {[][]byte{published("1", "CustomerSegmentAssigned", who.String(), "one-order"), published("2", "CustomerSegmentAssigned", who.String(), "one-order")}, 0, 1},
		"in, out, and again": {[][]byte{published("1", "CustomerSegmentAssigned", who.String(), "one-order"), published("2", "CustomerSegmentRemoved", who.String(), "one-order"), published("3", "CustomerSegmentAssigned", who.String(), "one-order")}, 0, 0},
	} {
		n := newNews(&service{ids: []uuid.UUID{who}}, true)
		n.orders[who.String()] = 1
		n.expect(n.follows(who.String()), time.Now())
		e := &ears{news: n, members: map[[2]string]bool{}, ids: map[string]bool{}}
		for _, m := range c.messages {
			e.hear(m, time.Now())
		}
		if len(n.due) != c.left || e.doubled != c.doubled || e.err != nil {
			t.Errorf("%s: %d lost, %d doubled, %v", name, len(n.due), e.doubled, e.err)
		}
	}
}

// What is expected of orders is what their rules say.
func TestWhatFollowsFromOrdersIsWhatTheRulesSay(t *testing.T) {
	l, id := language(t), uuid.UUID{1}
	r := roster.New(customer.DefaultPreferences(), customer.DefaultWeights())
	r.Put([]roster.Person{{ID: id, Version: 1, State: &customer.State{Status: customer.Active}}})
	n := newNews(&service{ids: []uuid.UUID{id}}, true)
	rules, member := rulesOf(5), map[string]bool{}
	for orders := int64(0); orders <= 6; orders++ {
		p := crowd.Make(1)
		p.Activity.Orders = orders
		r.PutActivities([]roster.Did{{State: p.Activity}})
		n.orders[id.String()] = int(orders)
		for _, c := range n.follows(id.String()) {
			member[c.segment] = c.in
		}
		for key, source := range rules {
			compiled, err := l.Compile(source)
			if err != nil {
				t.Fatal(err)
			}
			if is := r.Matches(compiled, 0, crowd.Now); is != member[key] && key != "two-orders-too" {
				t.Errorf("%d orders: %s is %v, and %v was expected", orders, key, is, member[key])
			}
		}
	}
	if member["two-orders-too"] != member["two-orders"] {
		t.Error("who is in one is in the other")
	}
}

func TestFlagsOfSearchThatCannotWorkAreRefused(t *testing.T) {
	if c, err := parse([]string{"-search", "-sizes", "10,20", "-parts", "lag"}); err != nil || !c.searching || len(c.search.sizes) != 2 || c.search.has("ready") {
		t.Errorf("%+v, %v", c, err)
	}
	for _, args := range [][]string{{"-sizes", "0"}, {"-parts", "everything"}, {"-queries", "0"}, {"-ready", "x"}, {"-events", "1ms"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%v was taken", args)
		}
	}
}

// Two orders at once are one step: who had none and has two now never was one of
// those with one.
func TestAStepThatNobodyCouldSeeIsNotExpected(t *testing.T) {
	n := newNews(&service{}, true)
	for n.orders["x"] = 1; n.orders["x"] <= 2; n.orders["x"]++ {
		n.expect(n.follows("x"), time.Now())
	}
	for c := range n.due {
		if c.segment == "one-order" {
			t.Errorf("%+v is due", c)
		}
	}
	if len(n.due) != 2 {
		t.Errorf("%d are due", len(n.due))
	}
}
