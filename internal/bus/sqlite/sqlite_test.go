package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/bus/bustest"
	"github.com/acme/customers/internal/bus/sqlite"
)

func TestDeadLetters(t *testing.T) {
	bustest.DeadLetters(t, func(t *testing.T) bus.DeadLetters {
		d, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "dead.db"))
		if err != nil {
			t.Fatal(err)
		}
		return d
	})
}

func TestLettersSurviveARestartAndAreNotReadableOnDisk(t *testing.T) {
	scan := func(unsealed bool) (found, all int) {
		dir := t.TempDir()
		path := filepath.Join(dir, "dead.db")
		d, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		sealer := bustest.NewSealer()
		sealer.Unsealed = unsealed
		q := bus.NewQuarantine(d, sealer, 0, nil)
		var secrets []string
		for n := range 200 {
			data, s := bustest.UserRegistered(n)
			secrets = append(secrets, s...)
			if err := q.Put(t.Context(), bus.Letter{Subject: "identity.v1.UserRegistered", Data: data, Code: "invalid"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if found, err = bustest.Scan(dir, secrets); err != nil {
			t.Fatal(err)
		}
		if d, err = sqlite.Open(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		ids, err := bus.NewQuarantine(d, sealer, 0, nil).FindUser(t.Context(), secrets[5])
		if len(ids) != 1 || err != nil {
			t.Errorf("after a restart: %v, %v", ids, err)
		}
		return found, len(secrets)
	}
	if found, _ := scan(false); found != 0 {
		t.Errorf("%d values are readable", found)
	}
	if found, all := scan(true); found != all {
		t.Errorf("control: unsealed, only %d of %d values were found", found, all)
	}
}
