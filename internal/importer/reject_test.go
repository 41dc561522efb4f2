package importer

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/acme/customers/internal/remote"
)

// marker is in every value of the rows below, and in no name of a column.
const marker = "zqx7"

// marked writes rows that are wrong in every way, and all of whose values hold
// the marker.
func marked(t *testing.T) (path string) {
	t.Helper()
	rows := []string{
		"email,given,phone,dob,zone,locale,tags,score,crm,note",
		marker + "@,x%s,030" + marker + ",19%s,Europe/%s,%s!,%s,%s,%s\x01,%s", // everything at once
		marker + "@b.example,%s,,,,,,%s,,",
		"\"" + marker + "\"%s,,,,,,,,,",
		marker + "@b.example,%s",
		"J\xfc" + marker + ",,,,,,,,,%s",
		marker + "@b.example,,,,,,,,,%s" + strings.Repeat("x", remote.MaxLine),
		marker + "@b.example,a\u202e" + marker + ",,,,,,,,",
		marker + "@,x%s,030" + marker + ",19%s,Europe/%s,%s!,%s,,%s\x01,%s",
		marker + "-fine@b.example,,,,,,,,,",
		marker + "-FINE@b.example,,,,,,,,,", // taken
	}
	path = filepath.Join(t.TempDir(), "marked.csv")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(strings.Join(rows, "\n"), "%s", marker)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func importMarked(t *testing.T, damage func(*remote.Outcome)) (rejects, notes string, sum Summary) {
	t.Helper()
	s := newService(t)
	if damage != nil {
		s.damage = damage
	}
	var watch strings.Builder
	j := jobOf(s.client(), marked(t))
	j.Watch, j.RejectsPath = &watch, filepath.Join(t.TempDir(), "rejects.csv")
	j.Options.Mapping.Rules = []string{"zone=profile.timezone", "score=profile.attributes.score:number", "crm=externalIds.crm", "note=profile.attributes.note"}
	j.OnReject = func(r Reject) { fmt.Fprintf(&watch, "%+v\n", r) }
	sum, err := j.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(j.RejectsPath)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	raw, err := os.ReadFile(j.RejectsPath)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw), watch.String(), sum
}

func TestRejectsSayWhereAndWhyAndNeverWhat(t *testing.T) {
	rejects, notes, sum := importMarked(t, nil)
	if sum.Rows != 10 || sum.Created != 1 || sum.Rejected != 9 {
		t.Errorf("%+v", sum)
	}
	if strings.Contains(strings.ToLower(rejects+notes), marker) {
		t.Error("a value is shown")
	}
	records, err := csv.NewReader(strings.NewReader(rejects)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, r := range records {
		got[strings.Join(r[:3], " ")] = true
	}
	for _, want := range []string{"row column code", "2 score invalid_number", "4  csv_syntax", "5  field_count", "7  too_long",
		"8 given control_character", "11 email email_taken",
		"9 email invalid_email", "9 phone invalid_phone", "9 dob invalid_date_of_birth", "9 zone invalid_timezone", "9 locale invalid_locale", "9 crm control_character"} {
		if !got[want] {
			t.Errorf("nothing says %q:\n%s", want, rejects)
		}
	}
}

// The control: a service whose problems repeat values is noticed by the scan.
func TestAValueInTheRejectsIsSeen(t *testing.T) {
	rejects, _, _ := importMarked(t, func(o *remote.Outcome) {
		if o.Problem != nil {
			o.Problem.Errors = nil
			o.Problem.Detail = marker + "@b.example is taken"
		}
	})
	if !strings.Contains(rejects, marker) {
		t.Error("the scan is blind")
	}
}

func TestAnOldRejectsFileBecomesPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r")
	if err := os.WriteFile(path, []byte("old,open,to,all\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := OpenRejects(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Add(Reject{1, "c", "code", "=1+1\x1b"}), f.Close()); err != nil {
		t.Fatal(err)
	}
	info, _ := os.Stat(path)
	raw, _ := os.ReadFile(path)
	if info.Mode().Perm() != 0o600 || string(raw) != "row,column,code,message\n" {
		t.Errorf("%v %q", info.Mode(), raw)
	}
	if _, err := OpenRejects(path, 1000); !errors.Is(err, ErrUsage) {
		t.Errorf("a file that lost its end: %v", err)
	}
}
