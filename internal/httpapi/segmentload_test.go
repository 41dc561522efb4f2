package httpapi

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
)

type loaded struct {
	Column         string
	Lines, Changed int
	Unknown        []int
	NotUnderstood  []int
}

const asCSV = "Content-Type: " + mediaTable

// Each file is loaded into an empty segment: what is in it then, and what the
// answer says of the lines.
func TestASegmentIsFilledFromAFile(t *testing.T) {
	s := newScene(t)
	ids, numbers := []string{}, []string{}
	for i := range 3 {
		c := s.register(t, fmt.Sprintf(`{"email":"Person%d@quixotic.test","userId":"auth|%d","externalIds":{"crm":"%d","erp":"%d"},"phone":"+41446681800"}`, i, i, i, 2-i))
		ids, numbers = append(ids, c.ID), append(numbers, c.Number)
	}
	nobody := uuid.NewString()
	for n, tc := range []struct {
		name, file string
		want       loaded
		members    []string
	}{
		{"ids", "customerId\n" + ids[0] + "\n" + ids[2] + "\n", loaded{Column: "customerId", Lines: 2, Changed: 2}, []string{ids[0], ids[2]}},
		{"numbers", "number\n" + numbers[1] + "\n" + strings.ToLower(numbers[2]) + "\n", loaded{Column: "number", Lines: 2, Changed: 2}, ids[1:]},
		{"addresses, in any case", "email\nperson0@QUIXOTIC.test\n", loaded{Column: "email", Lines: 1, Changed: 1}, ids[:1]},
		{"users", "userId\nauth|1\n", loaded{Column: "userId", Lines: 1, Changed: 1}, ids[1:2]},
		{"ids of a system", "externalId:crm\n0\n", loaded{Column: "externalId", Lines: 1, Changed: 1}, ids[:1]},
		{"ids of another system", "externalId:erp\n0\n", loaded{Column: "externalId", Lines: 1, Changed: 1}, ids[2:]},
		{"as Excel writes it", "\ufeffName;CustomerID;City\r\n\"Ada; the first\";" + ids[0] + ";Bern\r\n;;\r\nBert;" + ids[1] + ";\r\n", loaded{Column: "customerId", Lines: 2, Changed: 2}, ids[:2]},
		{"an export of ours", s.call("admin", "POST", searchExportPath, `{"query":"person1","format":"csv"}`).Body.String(), loaded{Column: "number", Lines: 1, Changed: 1}, ids[1:2]},
		{"several that would do", "email,number,customerId\nperson0@quixotic.test," + numbers[1] + "," + ids[2] + "\n", loaded{Column: "customerId", Lines: 1, Changed: 1}, ids[2:]},
		{"one twice", "number\n" + numbers[0] + "\n" + numbers[0] + "\n", loaded{Column: "number", Lines: 2, Changed: 1}, ids[:1]},
		{"nobody", "customerId\n" + nobody + "\n" + ids[0] + "\n" + uuid.Nil.String() + "\n" + nobody + "\n", loaded{Column: "customerId", Lines: 4, Changed: 1, Unknown: []int{2, 4, 5}}, ids[:1]},
		{"numbers of nobody", "number\nC-00000099\nC-4294967295\nC-4294967297\n" + numbers[0] + "\n", loaded{Column: "number", Lines: 4, Changed: 1, Unknown: []int{2, 3}, NotUnderstood: []int{4}}, ids[:1]},
		{"addresses of nobody", "email\nghost@quixotic.test\nperson0\n\"\"\nperson2@quixotic.test\n", loaded{Column: "email", Lines: 3, Changed: 1, Unknown: []int{2}, NotUnderstood: []int{3}}, ids[2:]},
		{"what is none", "customerId,x\nq4711,1\n,1\n" + ids[0] + ",1,1\n{" + ids[0] + "},1\n" + numbers[0] + ",1\n" + ids[1] + ",1\n", loaded{Column: "customerId", Lines: 6, Changed: 1, NotUnderstood: []int{2, 3, 4, 5, 6}}, ids[1:2]},
		{"nothing", "customerId\n", loaded{Column: "customerId"}, nil},
	} {
		key := fmt.Sprint("s", n)
		s.segment(t, key, "")
		for range 2 { // sent again, it does the same
			w := s.call("admin", "POST", segmentsPath+"/"+key+"/members/load", tc.file, asCSV)
			if w.Code != 200 {
				t.Errorf("%s: %d %s", tc.name, w.Code, w.Body)
				continue
			}
			if d := cmp.Diff(tc.want, read[loaded](t, w)); d != "" {
				t.Errorf("%s (-want +got):\n%s", tc.name, d)
			}
			same(t, tc.name, s.members(t, key, ""), tc.members...)
			if body := w.Body.String(); strings.Contains(body, "quixotic") || strings.Contains(body, "q4711") || slices.ContainsFunc(ids, func(id string) bool { return strings.Contains(body, id) }) {
				t.Errorf("%s: the answer repeats a value: %s", tc.name, body)
			}
		}
		w := s.call("admin", "POST", segmentsPath+"/"+key+"/members/load?remove=true", tc.file, asCSV)
		if got := read[loaded](t, w); w.Code != 200 || got.Changed != tc.want.Changed {
			t.Errorf("%s, taken out: %d %s", tc.name, w.Code, w.Body)
		}
		same(t, tc.name+", taken out", s.members(t, key, ""))
	}
	if log := s.log.String(); strings.Contains(log, "quixotic") || strings.Contains(log, "q4711") {
		t.Errorf("the log has a value: %s", log)
	}
}

// What cannot be read as a whole changes nobody, however good its other lines.
func TestAFileThatIsRefusedChangesNothing(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@quixotic.test"}`).ID
	s.segment(t, "vip", "")
	s.segment(t, "all", `customer.status != "archived"`)
	good := "customerId\n" + id + "\n"
	long := good + strings.Repeat(id+"\n", 898)
	for _, tc := range []struct {
		name, path, file, media string
		status                  int
		code                    string
	}{
		{"line 901 is broken", "vip", long + "\"" + id + "\n" + id + "\n", mediaTable, 400, "malformed"},
		{"a column that is not known", "vip", "id\n" + id + "\n", mediaTable, 422, "invalid"},
		{"external ids of no system", "vip", "externalId\n1\n", mediaTable, 422, "invalid"},
		{"external ids of an unnamed system", "vip", "externalId:\n1\n", mediaTable, 422, "invalid"},
		{"a phone number", "vip", "phone\n+41446681800\n", mediaTable, 422, "invalid"},
		{"too many lines", "vip", good + strings.Repeat("x\n", app.MaxBulk), mediaTable, 413, "too_large"},
		{"too many bytes", "vip", good + strings.Repeat(strings.Repeat(" ", 1000)+"\n", 17<<10), mediaTable, 413, "too_large"},
		{"another segment than there is", "none", good, mediaTable, 404, "not_found"},
		{"a segment with a rule", "all", good, mediaTable, 409, "segment_not_static"},
		{"as JSON", "vip", good, mediaJSON, 415, "unsupported_media_type"},
		{"in another encoding", "vip", good, mediaTable + "; charset=windows-1252", 415, "unsupported_media_type"},
		{"remove twice", "vip/members/load?remove=true&remove=true#", good, mediaTable, 422, "invalid"},
		{"remove perhaps", "vip/members/load?remove=perhaps#", good, mediaTable, 422, "invalid"},
	} {
		path, _, _ := strings.Cut(segmentsPath+"/"+tc.path+"/members/load", "#")
		w := s.call("admin", "POST", path, tc.file, "Content-Type: "+tc.media)
		if w.Code != tc.status || read[Problem](t, w).Code != tc.code || strings.Contains(w.Body.String(), id) {
			t.Errorf("%s: %d %s", tc.name, w.Code, w.Body)
		}
		if tc.name == "line 901 is broken" && !strings.Contains(w.Body.String(), "line 901 ") {
			t.Errorf("which line it is: %s", w.Body)
		}
		same(t, tc.name, s.members(t, "vip", ""))
	}
	s.call("admin", "POST", segmentsPath+"/vip/members/load", long, asCSV, "Content-Type: text/csv; charset=UTF-8; header=present")
	same(t, "the control: without that line", s.members(t, "vip", ""), id)
}

// A caller names customers by what it may see and may look them up by: of an
// address that it may not see it learns neither that it is somebody's nor that it
// is nobody's.
func TestNobodyIsNamedByWhatTheCallerMayNotSee(t *testing.T) {
	s := newScene(t)
	c := s.register(t, `{"email":"ada@quixotic.test","userId":"auth|1","externalIds":{"crm":"1"}}`)
	files := map[string]string{"customerId": "customerId\n" + c.ID, "number": "number\n" + c.Number, "email": "email\nada@quixotic.test", "userId": "userId\nauth|1", "externalId": "externalId:crm\n1"}
	ours, all := []string{"customerId", "number"}, []string{"customerId", "email", "externalId", "number", "userId"}
	for who, may := range map[string][]string{
		"admin":                         all,
		"service;scope=segments:write":  ours,
		"service;scope=customers:read":  nil,
		"support":                       nil,
		"marketing":                     nil,
		"compliance":                    nil,
		"customer;customer=" + c.ID:     nil,
		"service;scope=segments:read":   nil,
		"service;scope=customers:write": nil,
		"service;scope=segments:write;scope=customers:read":                        ours, // sees, and may not look up
		"service;scope=segments:write;scope=customers:lookup":                      ours, // may look up, and sees nothing
		"service;scope=segments:write;scope=customers:read;scope=customers:lookup": all,
	} {
		for column, file := range files {
			s.segment(t, "vip", "")
			w := s.call(who, "POST", segmentsPath+"/vip/members/load", file, asCSV)
			ghost := s.call(who, "POST", segmentsPath+"/vip/members/load", strings.NewReplacer("ada", "eve", "|1", "|2", "\n1", "\n2").Replace(file), asCSV)
			if slices.Contains(may, column) {
				if w.Code != 200 || read[loaded](t, w).Changed != 1 {
					t.Errorf("%s by %s: %d %s", who, column, w.Code, w.Body)
				}
			} else if members := s.members(t, "vip", ""); w.Code != 403 || ghost.Code != w.Code || read[Problem](t, ghost).Code != read[Problem](t, w).Code || len(members) > 0 {
				t.Errorf("%s by %s: %d %s, and of nobody %d %s; %v", who, column, w.Code, w.Body, ghost.Code, ghost.Body, members)
			}
			s.call("admin", "DELETE", segmentsPath+"/vip", "")
		}
	}
}

// What changes many members has the time of a batch, and nothing else there.
func TestWhatIsAboutAllMembersTakesItsTime(t *testing.T) {
	for path, want := range map[string]bool{"/vip/members": true, "/vip/members/load": true, "/vip/recompute": true, "/vip/members/0190a1b2-0000-7000-8000-00000000000a": false, "/vip": false, "/overlap": false, "/vip/members/load/x": false} {
		if isMembers(segmentsPath+path) != want {
			t.Errorf("%s: %v", path, !want)
		}
	}
}
