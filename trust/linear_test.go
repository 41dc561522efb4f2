package trust

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/acme/customers/trust/cluster"
	"github.com/acme/customers/trust/service"
)

// For every customer, what many clients see could have happened one
// after another, in an order that no client's own watch contradicts; also
// across kills and across instances.

// A client's operation on one of few customers, found by slot.
type operation struct {
	slot    int
	kind    string // register, get, patch
	value   string
	ifMatch int64 // 0: unconditional
}

// outcome is what the client was told. An unknown one may take effect at any
// later time, or never.
type outcome struct {
	status  int // 0: unknown
	version int64
	value   string
}

// register is a customer as the model knows it; version 0 is none.
type cell struct {
	version int64
	value   string
}

// customerModel says what is right. Every change is one event.
var customerModel = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		bySlot := map[int][]porcupine.Operation{}
		for _, op := range history {
			slot := op.Input.(operation).slot
			bySlot[slot] = append(bySlot[slot], op)
		}
		var parts [][]porcupine.Operation
		for _, part := range bySlot {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return cell{} },
	Step: func(state, input, output any) (bool, any) {
		return step(state.(cell), input.(operation), output.(outcome))
	},
	Equal: func(a, b any) bool { return a == b },
}

func step(s cell, in operation, out outcome) (bool, cell) {
	next := cell{s.version + 1, in.value}
	exists := s.version > 0
	switch in.kind {
	case "get":
		if out.status == http.StatusNotFound {
			return !exists, s
		}
		return exists && out.version == s.version && out.value == s.value, s
	case "register":
		switch {
		case out.status == http.StatusConflict:
			return exists, s
		case exists:
			return out.status == 0, s
		}
		return out.status == 0 || out.version == 1, next
	}
	applies := exists && (in.ifMatch == 0 || in.ifMatch == s.version)
	switch out.status {
	case 0:
		if applies {
			return true, next
		}
		return true, s
	case http.StatusPreconditionFailed:
		return in.ifMatch != 0 && !applies, s
	case http.StatusConflict: // too many tries against others: no effect
		return in.ifMatch == 0, s
	}
	return applies && out.version == next.version, next
}

// slots are the customers of one history.
type slots struct {
	run string
	ids []atomic.Value // string, once known
}

func newSlots(run string, n int) *slots { return &slots{run, make([]atomic.Value, n)} }

func (s *slots) key(i int) string { return fmt.Sprintf("%s-%d", s.run, i) }

func (s *slots) id(i int) string {
	id, _ := s.ids[i].Load().(string)
	return id
}

// perform sends an operation. sent is false if it certainly never left, or if
// a read got no answer: then nothing is known and nothing happened.
func (s *slots) perform(c *service.Client, in operation) (out outcome, sent bool) {
	id := s.id(in.slot) // once: another client may learn it meanwhile
	a, err := s.send(c, in, id)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return out, false
	case err != nil || a.Status >= 500:
		return out, in.kind != "get"
	case in.kind == "get" && id == "":
		items, err := found(a)
		if err != nil || len(items) == 0 {
			return outcome{status: http.StatusNotFound}, err == nil
		}
		s.ids[in.slot].Store(items[0].ID)
		return outcome{200, items[0].Version, items[0].Name.Preferred}, true
	case !a.OK():
		return outcome{status: a.Status}, true
	}
	got, err := a.Customer()
	if err != nil {
		return outcome{status: -1}, true
	}
	if in.kind == "register" {
		s.ids[in.slot].Store(got.ID)
	}
	return outcome{a.Status, got.Version, got.Name.Preferred}, true
}

func (s *slots) send(c *service.Client, in operation, id string) (service.Answer, error) {
	key := s.key(in.slot)
	switch {
	case in.kind == "register":
		return c.Do("POST", "/v1/customers", service.Registration{Name: service.Name{Given: "Slot", Preferred: in.value},
			Email: key + "@linear.example", ExternalIDs: map[string]string{"linear": key}})
	case in.kind == "get" && id == "":
		return c.Do("POST", "/v1/customers/lookup", map[string]any{"externalId": map[string]any{"source": "linear", "id": key}})
	case in.kind == "get":
		return c.Do("GET", "/v1/customers/"+id, nil)
	case in.ifMatch > 0:
		return c.Do("PATCH", "/v1/customers/"+id, map[string]any{"name": map[string]any{"preferred": in.value}}, "If-Match", fmt.Sprintf(`"%d"`, in.ifMatch))
	}
	return c.Do("PATCH", "/v1/customers/"+id, map[string]any{"name": map[string]any{"preferred": in.value}})
}

// history lets many clients at few customers and records what each was told.
// disturb is called once when half of the operations are done.
func history(clients []*service.Client, run string, operations int, disturb func()) []porcupine.Operation {
	const customers, workers = 4, 8
	s, start := newSlots(run, customers), time.Now()
	var mu sync.Mutex
	var recorded []porcupine.Operation
	var done atomic.Int64
	var half sync.Once
	var all sync.WaitGroup
	for w := range workers {
		random := rand.New(rand.NewPCG(uint64(w), uint64(len(run))))
		c := clients[w%len(clients)]
		all.Go(func() {
			versions := make([]int64, customers)
			for n := 0; done.Load() < int64(operations); n++ {
				in := s.draw(random, versions, fmt.Sprintf("%d-%d", w, n))
				call := time.Since(start)
				out, sent := s.perform(c, in)
				returned := time.Since(start)
				if !sent {
					time.Sleep(time.Millisecond) // it is being restarted
					continue
				}
				if out.version > 0 {
					versions[in.slot] = out.version
				}
				if out.status == 0 {
					returned = 1 << 62 // open for ever
				}
				mu.Lock()
				recorded = append(recorded, porcupine.Operation{ClientId: w, Input: in, Call: int64(call), Output: out, Return: int64(returned)})
				mu.Unlock()
				if done.Add(1) >= int64(operations)/2 && disturb != nil {
					half.Do(disturb)
				}
			}
		})
	}
	all.Wait()
	return recorded
}

func (s *slots) draw(random *rand.Rand, versions []int64, value string) operation {
	in := operation{slot: random.IntN(len(versions)), kind: "get", value: value}
	switch n := random.IntN(10); {
	case s.id(in.slot) == "" && n < 5:
		in.kind = "register"
	case s.id(in.slot) == "" || n < 5:
	case n < 8:
		in.kind = "patch"
	default:
		in.kind, in.ifMatch = "patch", versions[in.slot]
	}
	return in
}

// judge gives the verdict on a history, and where it got stuck.
func judge(t *testing.T, recorded []porcupine.Operation) (porcupine.CheckResult, string) {
	t.Helper()
	kinds := map[string]int{}
	for _, op := range recorded {
		kinds[fmt.Sprint(op.Input.(operation).kind, " ", op.Output.(outcome).status)]++
	}
	t.Logf("%d operations: %v", len(recorded), kinds)
	result, info := porcupine.CheckOperationsVerbose(customerModel, recorded, 2*time.Minute)
	return result, stuck(info)
}

// stuck shows where the longest order that is possible ends, and what is left.
func stuck(info porcupine.LinearizationInfo) string {
	var out strings.Builder
	for _, part := range info.PartialLinearizationsOperations() {
		longest := slices.MaxFunc(part, func(a, b []porcupine.Operation) int { return len(a) - len(b) })
		for _, op := range longest[max(0, len(longest)-6):] {
			fmt.Fprintf(&out, "  %+v -> %+v [%d, %d]\n", op.Input, op.Output, op.Call, op.Return)
		}
		fmt.Fprintf(&out, "%d in this order\n", len(longest))
	}
	return out.String()
}

func TestEachCustomerIsLinearizableAcrossKills(t *testing.T) {
	s := service.Start(t, service.Config{})
	c := s.Client(t)
	for n := range count(4, 200) {
		recorded := history([]*service.Client{c}, fmt.Sprintf("h%d", n), count(800, 2000), func() { s.Kill(); s.Start(t) })
		if r, where := judge(t, recorded); r != porcupine.Ok {
			t.Fatalf("history %d: %s\n%s", n, r, where)
		}
	}
}

// Two instances on one PostgreSQL: each sees at once what the other has
// acknowledged, while one of them is killed.
func TestEachCustomerIsLinearizableAcrossInstances(t *testing.T) {
	a, b := twoInstances(t)
	ca, cb := a.Client(t), b.Client(t)
	for n := range count(3, 100) {
		victim := []*service.Service{a, b}[n%2]
		recorded := history([]*service.Client{ca, cb}, fmt.Sprintf("i%d", n), count(600, 2000), func() { victim.Kill(); victim.Start(t) })
		if r, where := judge(t, recorded); r != porcupine.Ok {
			t.Fatalf("history %d: %s\n%s", n, r, where)
		}
	}
}

// twoInstances run on the same databases, keys and broker.
func twoInstances(t *testing.T) (a, b *service.Service) {
	t.Helper()
	events, keys, broker := cluster.Start(t), cluster.Start(t), startBroker(t)
	dir := t.TempDir()
	start := func() *service.Service {
		return service.Start(t, service.Config{Store: events.DSN(), Keys: keys.DSN(), Flags: []string{
			"--keyring", filepath.Join(dir, "keyring"), "--kms", "file:" + filepath.Join(dir, "root.key"), "--nats", broker.URL}})
	}
	return start(), start()
}

// A reader whose answers are up to 50 ms old must be caught.
func TestStaleReadsAreCaught(t *testing.T) {
	s := service.Start(t, service.Config{})
	c := s.Client(t)
	old := *c.HTTP
	old.Transport = &stale{next: c.HTTP.Transport, kept: map[string]*keptAnswer{}}
	stale := &service.Client{Base: c.Base, Token: c.Token, HTTP: &old}
	if r, _ := judge(t, history([]*service.Client{c, stale}, "stale", 600, nil)); r != porcupine.Illegal {
		t.Errorf("stale reads are %s", r)
	}
}

// And so must a lost write, whatever the clients saw between: the checker
// itself, on a history that cannot be.
func TestImpossibleHistoriesAreCaught(t *testing.T) {
	op := func(client int, in operation, call int64, out outcome, ret int64) porcupine.Operation {
		return porcupine.Operation{ClientId: client, Input: in, Call: call, Output: out, Return: ret}
	}
	born := op(0, operation{kind: "register", value: "a"}, 0, outcome{201, 1, "a"}, 1)
	changed := op(0, operation{kind: "patch", value: "b"}, 2, outcome{200, 2, "b"}, 3)
	for name, history := range map[string][]porcupine.Operation{
		"a lost write":               {born, changed, op(1, operation{kind: "get"}, 4, outcome{200, 1, "a"}, 5)},
		"a customer that vanishes":   {born, op(1, operation{kind: "get"}, 4, outcome{status: 404}, 5)},
		"two winners":                {born, op(1, operation{kind: "patch", value: "x", ifMatch: 1}, 2, outcome{200, 2, "x"}, 5), op(2, operation{kind: "patch", value: "y", ifMatch: 1}, 2, outcome{200, 2, "y"}, 5)},
		"a refusal without a reason": {born, op(1, operation{kind: "patch", value: "x", ifMatch: 1}, 2, outcome{status: 412}, 5)},
		"registered twice":           {born, op(1, operation{kind: "register", value: "b"}, 2, outcome{201, 1, "b"}, 3)},
		"a value of nobody":          {born, op(1, operation{kind: "get"}, 4, outcome{200, 1, "z"}, 5)},
	} {
		if r := porcupine.CheckOperationsTimeout(customerModel, history, time.Minute); r != porcupine.Illegal {
			t.Errorf("%s is %s", name, r)
		}
	}
	open := []porcupine.Operation{born, op(1, operation{kind: "patch", value: "x"}, 2, outcome{}, 1<<62), op(0, operation{kind: "get"}, 4, outcome{200, 1, "a"}, 5),
		op(0, operation{kind: "get"}, 6, outcome{200, 2, "x"}, 7)}
	if r := porcupine.CheckOperationsTimeout(customerModel, open, time.Minute); r != porcupine.Ok {
		t.Errorf("an unanswered write that shows up later is %s", r)
	}
}
