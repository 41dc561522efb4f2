package main

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What another system knew goes in with its times, once however often, and
// comes out for an audit in a file that says itself what it is.
func TestConsentsGoInAndOut(t *testing.T) {
	r := serve(t, filepath.Join(t.TempDir(), "data"))
	dir, where := t.TempDir(), []string{"--url", r.url, "--data", r.data}
	admin := r.token(t, "--role", "admin")
	var ids []string
	for i := range 3 {
		status, made := r.call(t, admin, "POST", "/v1/customers", fmt.Sprintf(`{"email":"p%d@example.test","externalIds":{"crm":"%d"}}`, i, i))
		if status != 201 {
			t.Fatal(status)
		}
		ids = append(ids, made["id"].(string))
	}
	file := filepath.Join(dir, "old.csv")
	write(t, file, "\ufeffemail,externalSource,externalId,purpose,act,at,noticeVersion,method\n"+
		"p0@example.test,,,marketing,grant,2024-03-01T10:00:00+01:00,2026-01,checkbox\n"+
		"P0@Example.test,,,marketing,revoke,2025-03-01T10:00:00+01:00,2026-01,\n"+
		",crm,1,analytics,deny,2024-04-01T10:00:00Z,2026-01,\n"+
		",crm,77,analytics,deny,2024-04-01T10:00:00Z,2026-01,\n"+ // nobody
		"p1@example.test,,,gossip,grant,2024-04-01T10:00:00Z,2026-01,\n"+
		"p1@example.test,,,marketing,grant,,2026-01,\n"+
		"p1@example.test,,,marketing,grant,2024-04-01T10:00:00Z,1999,\n")
	lines := filepath.Join(dir, "old.jsonl")
	write(t, lines, "\ufeff\n"+`{"details":{"form":"7"},"id":"`+ids[2]+`","purpose":"marketing","act":"grant","at":"2025-05-01T10:00:00Z","noticeVersion":"2026-01"}`+"\n")
	rejects := filepath.Join(dir, "rejects.csv")
	for range 2 {
		out, err := cmdline(t, append([]string{"consents", "import", file, "--rejects", rejects, "--batch", "2"}, where...)...)
		if exitCode(err) != exitPartial || !strings.Contains(out, "7 rows: 3 taken, 4 rejected") {
			t.Errorf("%v %s", err, out)
		}
		raw, _ := os.ReadFile(rejects)
		for _, want := range []string{"4,not_found,", "5,not_found,", "6,missing,", "7,unknown_notice,"} {
			if !strings.Contains(string(raw), want) || strings.Contains(string(raw), "@") {
				t.Errorf("the rejects lack %s: %s", want, raw)
			}
		}
		if out, err := cmdline(t, append([]string{"consents", "import", lines}, where...)...); err != nil || !strings.Contains(out, "1 rows: 1 taken") {
			t.Errorf("%v %s", err, out)
		}
	}
	for name, want := range map[string]int{"all.jsonl": 7, "all.csv": 7} { // three grants or refusals with what asked for them, and a revocation
		r.audited(t, filepath.Join(dir, name), want, where...)
	}
	r.audited(t, filepath.Join(dir, "2024.csv"), 4, append(where, "--from", "2024-01-01", "--to", "2025-01-01")...)
	r.audited(t, filepath.Join(dir, "march.csv"), 2, append(where, "--purpose", "marketing", "--to", "2024-04-01")...)
	r.audited(t, filepath.Join(dir, "recorded.csv"), 0, append(where, "--by", "record", "--to", "2025-01-01")...)
	for _, args := range [][]string{{"--from", "yesterday"}, {"--by", "mood"}, {"--format", "xml"}} {
		if _, err := cmdline(t, append([]string{"consents", "export", filepath.Join(dir, "bad")}, append(args, where...)...)...); exitCode(err) != exitUsage {
			t.Errorf("%v: %v", args, err)
		}
	}
	for content, why := range map[string]string{"a,b\n": "a column", "": "", "id,purpose\nx\n": "line 2", "{\"id\":1}\n": "row 1", "{\"name\":\"x\"}": "row 1"} {
		write(t, file, content)
		_, err := cmdline(t, append([]string{"consents", "import", file}, where...)...)
		if (err == nil) != (why == "") || err != nil && !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v", content, err)
		}
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// audited exports to a file and holds it to its manifest.
func (r *running) audited(t *testing.T, path string, rows int, args ...string) {
	t.Helper()
	if out, err := cmdline(t, append([]string{"consents", "export", path}, args...)...); err != nil {
		t.Fatalf("%s: %v %s", path, err, out)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	about, _ := os.ReadFile(path + ".manifest.json")
	if err := json.Unmarshal(about, &m); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	if m.SHA256 != hex.EncodeToString(sum[:]) || m.Rows != int64(rows) || !strings.Contains(string(m.Purposes), "2026-01") || m.Through < int64(rows) {
		t.Errorf("%s has %d rows of %d: %s\n%s", path, m.Rows, rows, about, raw)
	}
	names := make([]string, len(m.Fields))
	for i, f := range m.Fields {
		names[i] = f.Name
	}
	if strings.HasSuffix(path, ".csv") {
		table, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
		if err != nil || len(table) != rows+1 || !slices.Equal(table[0], names) {
			t.Errorf("%s: %v, %d lines, columns %v, the manifest says %v", path, err, len(table), table[0], names)
		}
	} else if n := strings.Count(string(raw), "\n"); n != rows {
		t.Errorf("%s has %d lines", path, n)
	}
	if left, _ := filepath.Glob(filepath.Dir(path) + "/*.part"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Half an export is none: nothing is kept of it under its name.
func TestAnExportThatBreaksOffIsNotKept(t *testing.T) {
	for name, rest := range map[string]func(http.ResponseWriter){
		"cut":        func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"no trailer": func(http.ResponseWriter) {},
		"another content": func(w http.ResponseWriter) {
			w.Header().Set("Customers-Rows", "1")
			w.Header().Set("Content-Digest", "sha-256=:AAAA:")
		},
		"control: all well": func(w http.ResponseWriter) {
			w.Header().Set("Customers-Rows", "1")
			w.Header().Set("Content-Digest", "sha-256=:hA/C+clsfTRdkU7BkM7hr8NwE889fC0SuJ+WGV23luk=:")
		},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/purposes" {
				fmt.Fprint(w, `{"items":[]}`)
				return
			}
			w.Header().Set("Trailer", "Customers-Rows, Content-Digest")
			w.Header().Set("Customers-Through", "9")
			fmt.Fprint(w, `{"position":9}`+"\n")
			_ = http.NewResponseController(w).Flush()
			rest(w)
		}))
		path := filepath.Join(t.TempDir(), "a.jsonl")
		_, _, code := command(t, server.URL, "", "consents", "export", path)
		left, _ := filepath.Glob(path + "*")
		if whole := code == 0; whole != strings.HasPrefix(name, "control") || len(left) != map[bool]int{true: 2}[whole] {
			t.Errorf("%s: exit %d, kept %v", name, code, left)
		}
		server.Close()
	}
}
