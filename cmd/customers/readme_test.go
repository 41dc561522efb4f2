package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// step is one command of the README's tour with the answer that it shows.
type step struct{ command, answer string }

// tour reads the README's console blocks.
func tour(readme string) (steps []step) {
	inside := false
	for line := range strings.Lines(readme) {
		switch {
		case strings.HasPrefix(line, "```"):
			inside = strings.HasPrefix(line, "```console")
		case !inside:
		case strings.HasPrefix(line, "$ "):
			steps = append(steps, step{command: strings.TrimPrefix(line, "$ ")})
		default:
			steps[len(steps)-1].answer += line
		}
	}
	return steps
}

// changing is what differs from run to run.
var changing = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[0-9:.]+Z|"deliveryId":"[^"]*"`)

func steady(s string) string { return changing.ReplaceAllString(s, "…") }

// The README's tour is run as it is written, and answers what it shows.
func TestTheTourOfTheReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	steps := tour(string(readme))
	if len(steps) < 15 {
		t.Fatalf("%d steps: the tour was not found", len(steps))
	}
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "bin", "customers"), ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	r := serve(t, filepath.Join(dir, "data"))
	var script strings.Builder
	const mark = "--next--"
	for _, s := range steps {
		script.WriteString(s.command + "echo " + mark + "\n")
	}
	bash := exec.CommandContext(t.Context(), "bash", "-eu", "-c", strings.ReplaceAll(script.String(), "http://127.0.0.1:8080", r.url))
	bash.Dir, bash.Env = dir, append(os.Environ(), "CUSTOMERS_URL="+r.url)
	var problems bytes.Buffer
	bash.Stderr = &problems
	out, err := bash.Output()
	if err != nil {
		t.Errorf("the tour broke off: %v\n%s", err, problems.String())
	}
	answers := strings.Split(string(out), mark+"\n")
	for i, s := range steps {
		if i >= len(answers) {
			break
		}
		got := strings.TrimRight(answers[i], "\n")
		if diff := cmp.Diff(steady(strings.TrimRight(s.answer, "\n")), steady(got)); diff != "" {
			t.Errorf("$ %s(-README +real):\n%s", s.command, diff)
		}
	}
}
