package importer

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A Checkpoint is a file that tells how far an import came. It is replaced
// whole, so a kill leaves the old one or the new one, and it never says more
// than what the service has answered.
type Checkpoint struct {
	path  string
	state state
}

// state is the file's content. It holds no value of a row; the hashes are of
// blocks that do, so only the owner may read it.
type state struct {
	Format  int      `json:"format"`
	Run     string   `json:"run"` // starts the idempotency keys
	Input   Identity `json:"input"`
	Plan    string   `json:"plan"` // Fingerprint of the settings
	Rejects int64    `json:"rejects"`
	Summary Summary  `json:"summary"`
}

const checkpointFormat = 1

// Identity tells a file from another one. The time of change is no part of
// it: copying a file changes nothing in it.
type Identity struct {
	Size  int64  `json:"size"`
	First string `json:"first"` // SHA-256 of the first block
	Last  string `json:"last"`  // SHA-256 of the last block
}

const identityBlock = 64 << 10

// Identify reads the first and the last block of a file.
func Identify(file io.ReaderAt, size int64) (Identity, error) {
	first, err := hashBlock(file, 0, min(size, identityBlock))
	if err != nil {
		return Identity{}, err
	}
	last, err := hashBlock(file, max(0, size-identityBlock), min(size, identityBlock))
	return Identity{Size: size, First: first, Last: last}, err
}

func hashBlock(file io.ReaderAt, at, size int64) (string, error) {
	block := make([]byte, size)
	if n, err := file.ReadAt(block, at); err != nil && (err != io.EOF || int64(n) < size) {
		return "", err
	}
	sum := sha256.Sum256(block)
	return hex.EncodeToString(sum[:]), nil
}

// Fingerprint stands for the settings that decide what becomes of a row and
// how rows are cut into batches.
func Fingerprint(settings ...any) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %d", checkpointFormat, cutting)
	for _, s := range settings {
		fmt.Fprintf(h, "\x00%#v", s)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// OpenCheckpoint continues the checkpoint at path, or starts one. One that is
// of another file or of other settings is refused: continuing would skip rows.
func OpenCheckpoint(path string, input Identity, plan string) (*Checkpoint, error) {
	c := &Checkpoint{path: path, state: state{Format: checkpointFormat, Run: rand.Text(), Input: input, Plan: plan}}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	var old state
	switch err := json.Unmarshal(raw, &old); {
	case err != nil || old.Format != checkpointFormat || old.Run == "":
		return nil, usage("the checkpoint file is not one of ours; remove it, or name another with --checkpoint")
	case old.Input != input:
		return nil, usage("the checkpoint file is of another input; remove it to import this one from its start")
	case old.Plan != plan:
		return nil, usage("the checkpoint file is of an import with other settings; use the same, or remove it to start anew")
	}
	c.state = old
	return c, nil
}

// Done counts the rows that need not be sent again. A nil checkpoint has none.
func (c *Checkpoint) Done() Summary {
	if c == nil {
		return Summary{}
	}
	return c.state.Summary
}

// RejectsSize is how much of the rejects file belongs to these rows.
func (c *Checkpoint) RejectsSize() int64 {
	if c == nil {
		return 0
	}
	return c.state.Rejects
}

// Save replaces the file, durably.
func (c *Checkpoint) Save() error {
	if err := c.save(); err != nil {
		return fmt.Errorf("write the checkpoint: %w", err)
	}
	return nil
}

func (c *Checkpoint) save() error {
	raw, err := json.Marshal(c.state)
	if err != nil {
		return err
	}
	temp := c.path + ".new"
	file, err := os.OpenFile(temp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(append(raw, '\n'))
	if err := errors.Join(err, file.Chmod(0o600), file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp, c.path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(c.path))
}

// syncFolder makes a rename survive a loss of power.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// Remove ends the checkpoint: everything was imported.
func (c *Checkpoint) Remove() error { return os.Remove(c.path) }
