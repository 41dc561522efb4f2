package postgres_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/acme/customers/internal/sqldb/pgtest"
	"github.com/acme/customers/internal/vault"
)

// An insert that meets a floor that is being raised waits for it and then
// obeys it. Without the lock it would see the old floor, add the row, and the
// sweep that follows would not see it.
func TestAnInsertWaitsForTheFloorThatIsBeingRaised(t *testing.T) {
	dsn := pgtest.Start(t)
	store := open(t, dsn)
	if _, err := store.Bind(t.Context(), uuid.New()); err != nil {
		t.Fatal(err)
	}
	other, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(context.Background())
	raising, err := other.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raising.Exec(t.Context(), `UPDATE vault_binding SET floor = 2`); err != nil {
		t.Fatal(err)
	}
	inserted := make(chan error, 1)
	go func() {
		_, err := store.Insert(t.Context(), []vault.Row{{Subject: uuid.New(), Epoch: 1, Wrapped: make([]byte, vault.WrappedSize)}})
		inserted <- err
	}()
	for waiting := false; !waiting; {
		select {
		case err := <-inserted:
			t.Fatalf("the insert did not wait: %v", err)
		default:
		}
		err := raising.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)`).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := raising.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-inserted; !errors.Is(err, vault.ErrRetired) {
		t.Errorf("got %v, want ErrRetired", err)
	}
}
