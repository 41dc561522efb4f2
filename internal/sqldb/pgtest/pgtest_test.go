package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestEveryCallGivesAnEmptyDatabaseThatIsDropped(t *testing.T) {
	var first string
	t.Run("in use", func(t *testing.T) {
		first = Start(t)
		if second := Start(t); second == first {
			t.Error("two calls gave the same database")
		}
		if err := run(first, "CREATE TABLE t (x int)"); err != nil {
			t.Error(err)
		}
	})
	if err := run(first, "SELECT 1"); err == nil {
		t.Error("the database is still there")
	}
}

func TestTheServerSyncs(t *testing.T) {
	conn, err := pgx.Connect(t.Context(), Start(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var fsync string
	if err := conn.QueryRow(t.Context(), "SHOW fsync").Scan(&fsync); err != nil || fsync != "on" {
		t.Errorf("fsync is %s, %v; want on", fsync, err)
	}
}

// However the test process ends, its server and folder go with it. A process
// of its own is killed here; before that its server answers.
func TestAKilledProcessLeavesNothing(t *testing.T) {
	if os.Getenv("PGTEST_CHILD") != "" {
		fmt.Println("dsn", Start(t))
		select {}
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestAKilledProcessLeavesNothing$", "-test.v")
	cmd.Env = append(os.Environ(), "PGTEST_CHILD=1", "TEST_POSTGRES_URL=")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var dsn string
	for dsn == "" {
		var word string
		if _, err := fmt.Fscan(out, &word); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(word, "postgres://") {
			dsn = word
		}
	}
	if err := run(dsn, "SELECT 1"); err != nil {
		t.Errorf("control: the server does not answer before: %v", err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	folder := u.Query().Get("host")
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(folder); os.IsNotExist(err) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the folder of the server is still there")
		}
	}
	if err := run(dsn, "SELECT 1"); err == nil {
		t.Error("the server still answers")
	}
}
