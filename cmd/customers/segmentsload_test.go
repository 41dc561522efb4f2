package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// A file goes in as a spreadsheet wrote it, once however often, and out again;
// lines that are no customers are told by their numbers alone.
func TestASegmentIsLoadedFromAFile(t *testing.T) {
	r := serve(t, filepath.Join(t.TempDir(), "data"))
	file, where := filepath.Join(t.TempDir(), "vip.csv"), []string{"--url", r.url, "--data", r.data}
	admin := r.token(t, "--role", "admin")
	for i := range 3 {
		if status, made := r.call(t, admin, "POST", "/v1/customers", fmt.Sprintf(`{"email":"p%d@quixotic.test"}`, i)); status != 201 {
			t.Fatal(status, made)
		}
	}
	if status, made := r.call(t, admin, "POST", "/v1/segments", `{"key":"vip","name":"VIP","type":"static"}`); status != 201 {
		t.Fatal(status, made)
	}
	load := func(content string, flags ...string) (string, int) {
		t.Helper()
		write(t, file, content)
		out, err := cmdline(t, append(append([]string{"segments", "load", "vip", file}, flags...), where...)...)
		if text := out + fmt.Sprint(err); strings.Contains(text, "quixotic") {
			t.Errorf("a value is told: %s", text)
		}
		if err == nil {
			return out, 0
		}
		return out, exitCode(err)
	}
	members := func() int {
		t.Helper()
		_, now := r.call(t, admin, "GET", "/v1/segments/vip", "")
		return int(now["members"].(float64))
	}
	for _, tc := range []struct {
		file  string
		flags []string
		out   string
		code  int
		after int
	}{
		{"\ufeffName;E-Mail;Email\r\nP;x;p0@quixotic.test\r\nQ;y;P2@Quixotic.test\r\n", nil, "2 customers by email\n", 0, 2},
		{"number\nC-00000001\nC-00000009\nnone\nC-00000002\n", nil, "2 customers by number\n1 lines name nobody: 3\n1 lines are not understood: 4\n", exitPartial, 3},
		{"number\nC-00000001\n\"C-00000002\n", []string{"--remove"}, "", exitFailed, 3},
		{"name\nP\n", nil, "", exitFailed, 3},
		{"number\nC-00000001\nC-00000002\n", []string{"--remove"}, "2 customers by number\n", 0, 1},
	} {
		for range 2 {
			if out, code := load(tc.file, tc.flags...); out != tc.out || code != tc.code || members() != tc.after {
				t.Errorf("%q: %q, exit %d, %d members", tc.file, out, code, members())
			}
		}
	}
	if _, err := cmdline(t, append([]string{"segments", "load", "vip", file + ".none"}, where...)...); exitCode(err) != exitUsage {
		t.Errorf("a file that is not there: %v", err)
	}
}
