package layers

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

var testName = regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9]*)`")

// missing names the tests that a page speaks of and no file has.
func missing(page, sources string) (names []string) {
	for _, m := range testName.FindAllStringSubmatch(page, -1) {
		if !strings.Contains(sources, "func "+m[1]+"(") {
			names = append(names, m[1])
		}
	}
	return names
}

// docs/trust.md names a test for every promise: a test that was renamed or
// removed must not leave its promise behind.
func TestEveryTestOnTheTrustPageExists(t *testing.T) {
	page, err := os.ReadFile("../docs/trust.md")
	if err != nil {
		t.Fatal(err)
	}
	var sources strings.Builder
	err = fs.WalkDir(os.DirFS(".."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		src, err := os.ReadFile("../" + name)
		sources.Write(src)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range missing(string(page), sources.String()) {
		t.Errorf("docs/trust.md names %s, which does not exist", name)
	}
	if len(testName.FindAllString(string(page), -1)) < 50 {
		t.Error("the page names few tests: are they still found?")
	}
	if len(missing("`TestNobodyWroteThis`", sources.String())) != 1 {
		t.Error("a test that does not exist is not noticed")
	}
}
