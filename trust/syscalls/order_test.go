package syscalls

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"
)

// x writes text as strace -xx does.
func x(text string) string {
	var out strings.Builder
	for _, b := range []byte(text) {
		out.WriteString(`\x` + hex.EncodeToString([]byte{b}))
	}
	return out.String()
}

var ada = Subject{Text: "0192-ada", Raw: []byte{1, 2, 3, 4}}

func about(file, data string) string {
	return "pwrite64(5<" + x(file) + `>, "` + x(data) + `", 10, 0)`
}

var (
	event    = "11 " + about("/d/events.db-wal", "page \x01\x02\x03\x04 page") + " = 10"
	key      = "11 " + about("/d/keys.db-wal", "\x01\x02\x03\x04") + " = 10"
	foreign  = "12 " + about("/d/events.db-wal", "somebody else") + " = 10"
	syncs    = "11 fdatasync(5<" + x("/d/events.db-wal") + ">) = 0"
	keySync  = "11 fsync(6<" + x("/d/keys.db-wal") + ">) = 0"
	failed   = "11 fdatasync(5<" + x("/d/events.db-wal") + ">) = -1 EIO (Input/output error) (INJECTED)"
	other    = "11 fdatasync(7<" + x("/d/access.db-wal") + ">) = 0"
	begins   = "13 fdatasync(5<" + x("/d/events.db-wal") + "> <unfinished ...>"
	ends     = "13 <... fdatasync resumed>)     = 0"
	created  = "14 write(9<" + x("socket:[77]") + `>, "` + x("HTTP/1.1 201 Created\r\n\r\n{\"id\":\"0192-ada\"}") + `", 40) = 40`
	refused  = "14 write(9<" + x("socket:[77]") + `>, "` + x("HTTP/1.1 503 No\r\n\r\n{\"id\":\"0192-ada\"}") + `", 40) = 40`
	stranger = "14 write(9<" + x("socket:[77]") + `>, "` + x("HTTP/1.1 201 Created\r\n\r\n{\"id\":\"0192-bob\"}") + `", 40) = 40`
	killed   = "14 +++ killed by SIGKILL +++"
	nameless = "15 ???( <unfinished ...>"
)

func TestPremature(t *testing.T) {
	tests := []struct {
		name string
		log  []string
		ok   bool

		beside bool // though not otherwise, it is fine beside others
	}{
		{"in order", []string{key, keySync, event, syncs, created, killed}, true, false},
		{"a thread ended on its way into a call", []string{key, keySync, event, syncs, created, nameless, "15 <... ??? resumed>) = ?", killed}, true, false},
		{"a call without a name is no sync", []string{key, keySync, event, nameless, created}, false, false},
		{"another's write is not ours to wait for", []string{key, keySync, event, syncs, foreign, created}, true, false},
		{"a sync by another thread", []string{key, keySync, event, begins, ends, created}, true, false},
		{"no sync", []string{key, keySync, event, created}, false, false},
		{"the sync comes after", []string{key, keySync, event, created, syncs}, false, false},
		{"the sync came before", []string{key, keySync, syncs, event, created}, false, false},
		{"the sync began before", []string{key, keySync, begins, event, ends, created}, false, false},
		{"the sync returns after", []string{key, keySync, event, begins, created, ends}, false, false},
		{"the sync never returns", []string{key, keySync, event, begins, created, killed}, false, false},
		{"the sync failed", []string{key, keySync, event, failed, created}, false, false},
		{"another file's sync", []string{key, keySync, event, other, created}, false, false},
		{"the key is not synced", []string{key, event, syncs, created}, false, false},
		{"no key at all", []string{event, syncs, created}, false, false},
		{"a second page after the sync", []string{key, keySync, event, syncs, event, created}, false, true},
		{"a change", []string{key, keySync, event, syncs, created, key, keySync, event, syncs, created}, true, false},
		{"a change that is not written", []string{key, keySync, event, syncs, created, created}, false, true},
		{"a change that is not synced", []string{key, keySync, event, syncs, created, key, keySync, event, created}, false, true},
		{"answered before anything", []string{created, key, keySync, event, syncs}, false, false},
		{"a refusal may come at any time, but then nothing is answered", []string{refused, key, event}, false, false},
		{"answers about others only", []string{key, keySync, event, syncs, stranger}, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			calls, err := Parse(strings.NewReader(strings.Join(tt.log, "\n") + "\n"))
			if err != nil {
				t.Fatal(err)
			}
			found := Premature(calls, ada, "events.db-wal", "keys.db-wal")
			if (len(found) == 0) != tt.ok {
				t.Errorf("found %q", found)
			}
			if beside := PrematureBeside(calls, ada, "events.db-wal", "keys.db-wal"); (len(beside) == 0) != (tt.ok || tt.beside) {
				t.Errorf("beside others found %q", beside)
			}
		})
	}
}

func TestUnsyncedFiles(t *testing.T) {
	draft, file, folder := "/k/.epoch-1.key.7", "/k/epoch-1.key", "/k"
	made := "11 mkdirat(AT_FDCWD<" + x("/") + `>, "` + x(folder) + `", 0700) = 0`
	parent := "11 fsync(4<>) = 0" // of "/", whose path before the last slash is empty
	content := "11 fsync(4<" + x(draft) + ">) = 0"
	placed := "11 linkat(AT_FDCWD<" + x("/") + `>, "` + x(draft) + `", AT_FDCWD<` + x("/") + `>, "` + x(file) + `", 0) = 0`
	entry := "11 fsync(4<" + x(folder) + ">) = 0"
	tests := []struct {
		name string
		log  []string
		ok   bool
	}{
		{"in order", []string{made, parent, content, placed, entry, created}, true},
		{"content later", []string{made, parent, placed, content, entry, created}, false},
		{"folder not synced", []string{made, parent, content, placed, created}, false},
		{"folder synced before", []string{made, parent, content, entry, placed, created}, false},
		{"folder synced after the answer", []string{made, parent, content, placed, created, entry}, false},
		{"not placed", []string{made, parent, content, entry, created}, false},
		{"parent not synced", []string{made, content, placed, entry, created}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			calls, err := Parse(strings.NewReader(strings.Join(tt.log, "\n") + "\n"))
			if err != nil {
				t.Fatal(err)
			}
			answer, ok := FirstSuccess(calls)
			if !ok {
				t.Fatal("no answer")
			}
			found := slices.Concat(Unsynced(calls, file, answer), UnsyncedFolder(calls, folder, answer))
			if (len(found) == 0) != tt.ok {
				t.Errorf("found %q", found)
			}
		})
	}
}

func TestALogThatIsNotUnderstoodIsAnError(t *testing.T) {
	for _, log := range []string{"strace: Process 7 attached", "13 <... fsync resumed>) = 0", "13 ???(5) = 0"} {
		if _, err := Parse(strings.NewReader(log)); err == nil {
			t.Errorf("%q was passed over", log)
		}
	}
}
