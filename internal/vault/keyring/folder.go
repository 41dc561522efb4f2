package keyring

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
)

const (
	suffix    = ".key"
	ringName  = "ring" + suffix
	claimName = "claim" + suffix
	format    = 1 // first byte of each file
)

func epochName(n uint32) string { return "epoch-" + strconv.FormatUint(uint64(n), 10) + suffix }

var serviceRule = regexp.MustCompile(`^[a-z0-9][a-z0-9./-]{0,99}$`)

func serviceName(name string) (string, error) {
	if !serviceRule.MatchString(name) {
		return "", errors.New("keyring: a service key's name is of lower-case letters, digits, '.', '-' and '/'")
	}
	return "service-" + strings.ReplaceAll(name, "/", "_") + suffix, nil
}

// purpose is what a file is bound to: its format, its keyring and its name.
func purpose(id uuid.UUID, name string) string {
	return "customers/keyring/v" + strconv.Itoa(format) + "/" + id.String() + "/" + name
}

// folder is the keyring's directory.
type folder string

func (d folder) path(name string) string { return filepath.Join(string(d), name) }

// prepare makes the folder, durably, and refuses one that others can look into.
func (d folder) prepare() error {
	if err := d.make(); err != nil {
		return err
	}
	info, err := os.Stat(string(d))
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return fmt.Errorf("keyring: the folder %s has mode %04o, want 0700", d, perm)
	}
	return nil
}

// make makes the folder and what is missing above it. A name is on the disk
// when its own folder is synced (fsync(2)): without that a power failure could
// take the keyring away from the customers that are sealed under it.
func (d folder) make() error {
	if _, err := os.Stat(string(d)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := folder(filepath.Dir(string(d)))
	if err := parent.make(); err != nil {
		return err
	}
	if err := os.Mkdir(string(d), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("keyring: %w", err)
	}
	return parent.sync()
}

// lock keeps other processes, and other Rings of this one, from making or
// replacing keys. Reading needs no lock: files appear and change whole.
func (d folder) lock(ctx context.Context) (unlock func(), err error) {
	f, err := os.OpenFile(d.path("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("keyring: lock: %w", err)
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, fmt.Errorf("keyring: lock: %w", err)
		}
		select { // asked again rather than waited for, so that ctx counts
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("keyring: lock: %w", ctx.Err())
		}
	}
}

// names lists the key files.
func (d folder) names() ([]string, error) {
	entries, err := os.ReadDir(string(d))
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), suffix) && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// read gives the wrapped key of a file.
func (d folder) read(name string) ([]byte, error) {
	raw, err := os.ReadFile(d.path(name))
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	if len(raw) < 2 || raw[0] != format {
		return nil, fmt.Errorf("keyring: %s is not a key file of format %d", name, format)
	}
	return raw[1:], nil
}

// publish puts a new file in place, whole and durable, or fails with
// fs.ErrExist and changes nothing: link(2) never replaces.
func (d folder) publish(name string, wrapped []byte) error {
	tmp, err := d.stage(name, wrapped)
	if err != nil {
		return err
	}
	defer os.Remove(tmp)
	if err := os.Link(tmp, d.path(name)); err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	return d.sync()
}

// replace swaps the content of a file, whole and durable, and overwrites what
// was there before.
func (d folder) replace(name string, wrapped []byte) error {
	tmp, err := d.stage(name, wrapped)
	if err != nil {
		return err
	}
	old, err := os.OpenFile(d.path(name), os.O_RDWR, 0)
	if err != nil {
		return errors.Join(fmt.Errorf("keyring: %w", err), os.Remove(tmp))
	}
	defer old.Close()
	if err := os.Rename(tmp, d.path(name)); err != nil {
		return errors.Join(fmt.Errorf("keyring: %w", err), os.Remove(tmp))
	}
	if err := d.sync(); err != nil {
		return err
	}
	return overwrite(old)
}

// stage writes and syncs a temporary file named after its target, so that
// destroy finds what a crash left behind.
func (d folder) stage(name string, wrapped []byte) (string, error) {
	f, err := os.CreateTemp(string(d), "."+name+".*") // mode 0600
	if err != nil {
		return "", fmt.Errorf("keyring: %w", err)
	}
	_, err = f.Write(append([]byte{format}, wrapped...))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("keyring: %w", err), os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// destroy overwrites and removes a file and its staged copies. It is fine
// when there is none.
func (d folder) destroy(name string) error {
	staged, err := filepath.Glob(d.path("." + name + ".*"))
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	for _, path := range append(staged, d.path(name)) {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("keyring: %w", err)
		}
		if err := errors.Join(overwrite(f), f.Close(), os.Remove(path)); err != nil {
			return fmt.Errorf("keyring: %w", err)
		}
	}
	return d.sync()
}

func overwrite(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	_, err = f.WriteAt(make([]byte, info.Size()), 0)
	return errors.Join(err, f.Sync())
}

func (d folder) sync() error {
	f, err := os.Open(string(d))
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	return errors.Join(f.Sync(), f.Close())
}
