package main

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestProfilesAreForThisMachineAndOnlyWhenAskedFor(t *testing.T) {
	var out bytes.Buffer
	con := console{out: &out}
	if err := profiles(t.Context(), "", con); err != nil || out.Len() > 0 {
		t.Errorf("not asked for: %v, %q", err, out.String())
	}
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.com:0"} {
		var c coded
		if err := profiles(t.Context(), address, con); !errors.As(err, &c) || c.code != exitUsage || out.Len() > 0 {
			t.Errorf("%s: %v, %q", address, err, out.String())
		}
	}
	if err := profiles(t.Context(), "127.0.0.1:0", con); err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(strings.TrimPrefix(out.String(), "Profiles:"))
	for path, want := range map[string]int{"goroutine": 200, "cmdline": 404, "": 404} {
		resp, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s%s: %d, want %d", url, path, resp.StatusCode, want)
		}
	}
}
