package trust

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/acme/customers/trust/service"
)

// Segments are what their rules say, whoever is killed and however time passes,
// over the API and on the bus; a search is whole, or refused.

// fast lets one person ask as often as a program.
var fast = []string{"--rate-people", "100000"}

// staff is the service with those who ask it.
type staff struct {
	*service.Service
	all   *service.Client // a service with every scope
	admin *service.Client
}

func staffOf(t *testing.T, s *service.Service) staff {
	t.Helper()
	c := s.Client(t)
	return staff{s, c, c.As(service.Token(t, s.Data, "admin"))}
}

// asked sends a request that has to succeed, and reads its answer.
func asked[T any](t *testing.T, c *service.Client, method, path string, body any) (out T) {
	t.Helper()
	a, err := patient(c, method, path, body)
	if err != nil || !a.OK() {
		t.Fatalf("%s %s: %v %v", method, path, a, err)
	}
	if len(a.Body) > 0 {
		if err := json.Unmarshal(a.Body, &out); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

type aSegment struct {
	ID                        string
	Key                       string
	Members, Version, Applied int
}

func (s staff) segment(t *testing.T, key, criteria string) aSegment {
	t.Helper()
	kind := "dynamic"
	if criteria == "" {
		kind = "static"
	}
	return asked[aSegment](t, s.admin, "POST", "/v1/segments", map[string]any{"key": key, "name": key, "type": kind, "criteria": criteria})
}

// in are the ids of a segment's members, sorted.
func (s staff) in(t *testing.T, key string) (ids []string) {
	t.Helper()
	for cursor := ""; ; {
		page := asked[struct {
			Items []string
			Next  string
		}](t, s.all, "GET", "/v1/segments/"+key+"/members?limit=100&cursor="+url.QueryEscape(cursor), nil)
		ids = append(ids, page.Items...)
		if cursor = page.Next; cursor == "" {
			slices.Sort(ids)
			return ids
		}
	}
}

// numbered counts the users of these tests.
var numbered atomic.Int64

// tagged registers people, every third with the tag x and the others with y.
func (s staff) tagged(t *testing.T, n int) map[string]string {
	t.Helper()
	tags := map[string]string{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := w; i < n; i += 8 {
				tag := []string{"x", "y", "y"}[i%3]
				a, err := s.all.Do("POST", "/v1/customers", service.Registration{UserID: fmt.Sprint("user-", numbered.Add(1)), Name: service.Name{Given: "Somebody"}, Tags: []string{tag}})
				c, err2 := a.Customer()
				if err != nil || err2 != nil || a.Status != 201 {
					t.Errorf("%v %v %v", a, err, err2)
					return
				}
				mu.Lock()
				tags[c.ID] = tag
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return tags
}

func withTag(tags map[string]string, tag string) (ids []string) {
	for id, has := range tags {
		if has == tag {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// window is how long a customer is in the segment of those who are new.
const window = 2 * time.Second

func TestSegmentsAreTheSameAfterAnyKill(t *testing.T) {
	for _, p := range []place{embedded, {"postgres", onPostgres}} {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			cfg := p.make(t)
			open, bus := onBus(t)
			cfg.Flags, cfg.Env = append(open.Flags, fast...), open.Env
			s := staffOf(t, service.Start(t, cfg))
			s.segment(t, "turning", `"x" in customer.tags`)
			s.segment(t, "new", fmt.Sprintf("now - customer.registeredAt < duration(%q)", window))
			s.segment(t, "lapsed", fmt.Sprintf(`now - customer.registeredAt >= duration(%q) && "turning" in customer.segments`, window))
			tags := s.tagged(t, count(120, 3000))
			rounds, tag := count(2, 50), "x"
			for round := range rounds {
				for id, has := range s.tagged(t, 6) { // their time comes while nobody is there
					tags[id] = has
				}
				tag = map[string]string{"x": "y", "y": "x"}[tag]
				s.turn(t, tag)
				for range rand.IntN(6) { // it is being calculated
					asked[aSegment](t, s.all, "GET", "/v1/segments/turning", nil)
				}
				s.Kill()
				if round == 0 {
					if code, out := s.Verify(t); code != 0 {
						t.Fatalf("verify exits %d: %s", code, out)
					}
				}
				s.Start(t)
				s.settles(t, tags, tag)
			}
			s.lapse(t, tags)
			if err := s.AwaitRelay(); err != nil {
				t.Fatal(err)
			}
			s.cameAndWent(t, bus)
			s.Stop(t)
			if code, out := s.Verify(t); code != 0 {
				t.Errorf("verify exits %d: %s", code, out)
			}
		})
	}
}

// turn changes the rule of a segment, as soon as the one before is applied.
func (s staff) turn(t *testing.T, tag string) {
	t.Helper()
	await(t, "the rule to be changed", func() bool {
		a, err := patient(s.admin, "PATCH", "/v1/segments/turning", map[string]any{"criteria": fmt.Sprintf("%q in customer.tags", tag)})
		if err != nil || !a.OK() && a.Code() != "segment_calculating" {
			t.Fatalf("%v %v", a, err)
		}
		return a.OK()
	})
}

// settles waits until segments have whom they should: nothing happens meanwhile
// but that time passes.
func (s staff) settles(t *testing.T, tags map[string]string, tag string) {
	t.Helper()
	var seen string
	defer func() {
		if t.Failed() {
			t.Log(seen)
		}
	}()
	want := withTag(tags, tag)
	await(t, "segments to be what their rules say", func() bool {
		turning, fresh, lapsed := s.in(t, "turning"), s.in(t, "new"), s.in(t, "lapsed")
		seen = fmt.Sprintf("of %d customers %d have the tag; %d turning, %d new, %d lapsed", len(tags), len(want), len(turning), len(fresh), len(lapsed))
		return slices.Equal(turning, want) && len(fresh) == 0 && slices.Equal(lapsed, want)
	})
}

// lapse has one more customer, and looks at when it stopped to be new: by time
// alone, and not before its time.
func (s staff) lapse(t *testing.T, tags map[string]string) {
	t.Helper()
	for id := range s.tagged(t, 1) {
		tags[id] = "x"
		var one struct {
			Member bool
			Since  time.Time
		}
		await(t, "a customer to be new", func() bool {
			one.Member = false
			a, err := s.admin.Do("GET", "/v1/segments/new/members/"+id, nil)
			return err == nil && json.Unmarshal(a.Body, &one) == nil && !one.Since.IsZero()
		})
		await(t, "a customer to be new no more", func() bool {
			one = asked[struct {
				Member bool
				Since  time.Time
			}](t, s.admin, "GET", "/v1/segments/new/members/"+id, nil)
			return !one.Member && !one.Since.IsZero()
		})
		found := asked[struct {
			Items []struct{ RegisteredAt time.Time }
		}](t, s.all, "POST", "/v1/customers/search", map[string]any{"sort": "-registeredAt", "limit": 1})
		late := one.Since.Sub(found.Items[0].RegisteredAt.Add(window))
		t.Logf("recorded %s after its time", late)
		if late < 0 {
			t.Errorf("a customer is new for %s less than it should be", -late)
		}
	}
}

// coming is what the bus told of a customer and a segment.
type coming struct {
	customer, segment string
	in                bool
}

// unlike lists comings that follow comings, and goings that follow goings.
func unlike(all []coming) (wrong []string) {
	last := map[[2]string]bool{}
	for i, c := range all {
		if last[[2]string{c.customer, c.segment}] == c.in {
			wrong = append(wrong, fmt.Sprintf("message %d: twice %v", i, c.in))
		}
		last[[2]string{c.customer, c.segment}] = c.in
	}
	return wrong
}

// cameAndWent holds what was published against what the API says.
func (s staff) cameAndWent(t *testing.T, bus string) {
	t.Helper()
	var all []coming
	for _, h := range overheard(t, bus) {
		var m struct {
			Data struct{ Fields struct{ Segment string } }
		}
		name := h.name()
		if name != "CustomerSegmentAssigned" && name != "CustomerSegmentRemoved" {
			continue
		}
		if err := json.Unmarshal([]byte(h.raw[strings.Index(h.raw, "{"):]), &m); err != nil {
			t.Fatal(err)
		}
		all = append(all, coming{h.Customer, m.Data.Fields.Segment, name == "CustomerSegmentAssigned"})
	}
	if wrong := unlike(all); len(wrong) > 0 {
		t.Errorf("of %d comings and goings %d are wrong, first %s", len(all), len(wrong), wrong[0])
	}
	members := map[string][]string{}
	for i, c := range all {
		if c.in {
			members[c.segment] = append(members[c.segment], c.customer)
		} else {
			members[c.segment] = slices.DeleteFunc(members[c.segment], func(id string) bool { return id == c.customer })
		}
		if i < 20 && len(unlike(append(slices.Clone(all[:i+1]), c))) == 0 {
			t.Errorf("control: message %d twice goes unseen", i)
		}
	}
	for _, key := range []string{"turning", "new", "lapsed"} {
		slices.Sort(members[key])
		if now := s.in(t, key); !slices.Equal(now, members[key]) {
			t.Errorf("%s: %d members by the API, %d by the bus", key, len(now), len(members[key]))
		}
	}
	t.Logf("%d comings and goings", len(all))
}

// overheard is every message of the stream, whole.
func overheard(t *testing.T, bus string) (all []heard) {
	t.Helper()
	st, err := connect(t, bus).Stream(t.Context(), "customers")
	if err != nil {
		t.Fatal(err)
	}
	c, err := st.OrderedConsumer(t.Context(), jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for n := st.CachedInfo().State.Msgs; n > 0; n-- {
		m, err := c.Next(jetstream.FetchMaxWait(10 * time.Second))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, heard{read(t, m), m.Subject() + fmt.Sprint(m.Headers()) + string(m.Data())})
	}
	return all
}

// While a service comes up, a search finds all or is refused, and so says
// /readyz/search: first no, and from then on yes.
func TestASearchIsWholeOrRefused(t *testing.T) {
	s := staffOf(t, service.Start(t, service.Config{Flags: fast}))
	s.segment(t, "all", `size(customer.tags) > 0`)
	n := count(900, 50_000)
	s.tagged(t, n)
	await(t, "the members", func() bool { return asked[aSegment](t, s.all, "GET", "/v1/segments/all", nil).Members == n })
	refused := false
	for life := 0; life < 3 || life < 30 && !refused; life++ {
		s.Kill()
		before := s.URL()
		var over atomic.Bool
		var wg sync.WaitGroup
		poll := func(what string, do func() (status int, whole bool)) {
			wg.Go(func() {
				for was := 0; !over.Load() || was != 200; {
					if s.URL() == before {
						continue
					}
					status, whole := do()
					switch {
					case status == 0: // it does not listen yet
						continue
					case status != 200 && status != 503:
						t.Errorf("%s: %d", what, status)
						return
					case status == 503 && was == 200:
						t.Errorf("%s: no after yes", what)
					case status == 200 && !whole:
						t.Errorf("%s: a part is given for all", what)
					}
					refused = refused || status == 503
					was = status
				}
			})
		}
		var mu sync.Mutex
		ask := func(method, path string, body any, whole func(a service.Answer) bool) func() (int, bool) {
			return func() (int, bool) {
				a, err := s.all.Do(method, path, body)
				if err != nil {
					return 0, false
				}
				mu.Lock()
				defer mu.Unlock()
				return a.Status, whole(a)
			}
		}
		total := func(a service.Answer) bool {
			var found struct {
				Total, Members int
				Facets         map[string][]struct{ Count int }
			}
			_ = json.Unmarshal(a.Body, &found)
			return found.Total == n || found.Members == n
		}
		poll("/readyz/search", func() (int, bool) {
			resp, err := http.Get(s.URL() + "/readyz/search")
			if err != nil {
				return 0, false
			}
			resp.Body.Close()
			mu.Lock()
			defer mu.Unlock()
			return resp.StatusCode, true
		})
		poll("a text", ask("POST", "/v1/customers/search", map[string]any{"query": "somebody", "limit": 1}, total))
		poll("a filter", ask("POST", "/v1/customers/search", map[string]any{"filter": `"all" in customer.segments`, "limit": 1}, total))
		poll("members", ask("GET", "/v1/segments/all/members?limit=1", nil, total))
		poll("a segment", ask("GET", "/v1/segments/all", nil, total))
		s.Start(t)
		over.Store(true)
		wg.Wait()
	}
	if !refused {
		t.Error("nobody ever asked too early")
	}
}

// What was acknowledged by one instance is found at every instance, at once.
func TestASearchIsNeverStaleOnAnyInstance(t *testing.T) {
	a, b := twoInstances(t)
	one, other := staffOf(t, a), staffOf(t, b)
	one.segment(t, "vip", "")
	people := count(200, 10_000) / 8
	var rounds, stale, noticed atomic.Int64
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range people {
				here, there := one, other
				if i%2 == 1 {
					here, there = other, one
				}
				if err := freshly(here, there, letters(w*people+i), &rounds, &stale, &noticed); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if t.Logf("%d rounds", rounds.Load()); stale.Load() > 0 {
		t.Errorf("%d of %d times a search was stale", stale.Load(), rounds.Load())
	}
	if noticed.Load() < rounds.Load() {
		t.Errorf("control: of %d answers of before %d were noticed", rounds.Load(), noticed.Load())
	}
}

// letters spells a number in letters, far from every other.
func letters(n int) string {
	r := rand.New(rand.NewPCG(uint64(n), 31))
	out := make([]byte, 14)
	for i := range out {
		out[i] = byte('a' + r.IntN(26))
	}
	return string(out)
}

// freshly makes changes of a customer here and there, and looks for each at both
// instances.
func freshly(here, there staff, name string, rounds, stale, noticed *atomic.Int64) error {
	id, family := "", strings.ToUpper(name[7:]+name[:7])
	finds := func(s staff, body map[string]any) (bool, error) {
		a, err := patient(s.all, "POST", "/v1/customers/search", body)
		if err != nil || a.Status != 200 {
			return false, fmt.Errorf("a search: %v %w", a, err)
		}
		return strings.Contains(string(a.Body), `"total":1`), nil
	}
	for step, change := range []struct {
		by           staff
		method, path string
		body         any
		found        map[string]any
	}{
		{here, "POST", "/v1/customers", service.Registration{UserID: "user-" + name, Name: service.Name{Given: "N" + name}}, map[string]any{"query": "n" + name}},
		{there, "PATCH", "", map[string]any{"name": map[string]any{"family": family}}, map[string]any{"query": family}},
		{here, "PATCH", "/contact", map[string]any{"email": "e" + name + "@example.test"}, map[string]any{"query": "e" + name + "@exam"}},
		{there, "PATCH", "", map[string]any{"tags": []string{"t" + name}}, map[string]any{"filter": fmt.Sprintf("%q in customer.tags", "t"+name)}},
		{here, "PUT", "vip", nil, map[string]any{"query": "n" + name, "filter": `"vip" in customer.segments`}},
	} {
		path := change.path
		switch {
		case path == "vip":
			path = "/v1/segments/vip/members/" + id
		case step > 0:
			path = "/v1/customers/" + id + path
		}
		before, err := finds(there, change.found)
		if err != nil {
			return err
		}
		a, err := patient(change.by.all, change.method, path, change.body)
		if err != nil || !a.OK() {
			return fmt.Errorf("step %d: %v %w", step, a, err)
		}
		if step == 0 {
			c, err := a.Customer()
			if err != nil {
				return err
			}
			id = c.ID
		}
		rounds.Add(1)
		if !before { // an answer of before would have been seen
			noticed.Add(1)
		}
		for _, s := range []staff{there, here} {
			if now, err := finds(s, change.found); err != nil {
				return err
			} else if !now {
				stale.Add(1)
			}
		}
	}
	return nil
}
