package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/savedsearch"
)

// MaxSaved is how many searches one caller keeps.
const MaxSaved = 200

// SavedSearch is a search that is kept.
type SavedSearch struct {
	ID uuid.UUID
	index.LoadedSearch
	Mine bool
}

// SavedSearches lists the caller's searches and those that are shared, by name.
func (a *App) SavedSearches(ctx context.Context, c Call) ([]SavedSearch, error) {
	if _, err := a.overAll(ctx, &c, authz.ListSavedSearches); err != nil {
		return nil, err
	}
	out := []SavedSearch{}
	for id, l := range a.Model.Searches().Each() {
		if v, err := a.saved(&c, id, l); err == nil {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b SavedSearch) int {
		return cmp.Or(strings.Compare(a.State.Search.Name, b.State.Search.Name), slices.Compare(a.ID[:], b.ID[:]))
	})
	return out, nil
}

// saved shows a search to whom it is for; to others it is not there.
func (a *App) saved(c *Call, id uuid.UUID, l index.LoadedSearch) (SavedSearch, error) {
	if l.State == nil || !l.State.Exists() {
		return SavedSearch{}, fault.ErrNotFound
	}
	v := SavedSearch{id, l, l.State.Owner == c.Caller.Subject}
	if !v.Mine && !l.State.Search.Shared {
		return v, fault.ErrNotFound
	}
	return v, nil
}

// SavedSearch gives one.
func (a *App) SavedSearch(ctx context.Context, c Call, id uuid.UUID) (SavedSearch, error) {
	if _, err := a.overAll(ctx, &c, authz.GetSavedSearch); err != nil {
		return SavedSearch{}, err
	}
	l, _ := a.Model.Searches().Get(id)
	return a.saved(&c, id, l)
}

// SaveSearch keeps a search that its caller may make.
func (a *App) SaveSearch(ctx context.Context, c Call, in savedsearch.Search) (SavedSearch, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return SavedSearch{}, err
	}
	return a.keepSearch(ctx, &c, authz.SaveSearch, id, true, in)
}

// ReplaceSearch changes one of the caller's own; an admin changes any.
func (a *App) ReplaceSearch(ctx context.Context, c Call, id uuid.UUID, in savedsearch.Search) (SavedSearch, error) {
	if err := a.owns(ctx, &c, authz.ReplaceSavedSearch, id); err != nil {
		return SavedSearch{}, err
	}
	return a.keepSearch(ctx, &c, authz.ReplaceSavedSearch, id, false, in)
}

// DropSearch ends one of the caller's own; an admin ends any.
func (a *App) DropSearch(ctx context.Context, c Call, id uuid.UUID) error {
	if err := a.owns(ctx, &c, authz.DeleteSavedSearch, id); err != nil {
		return err
	}
	_, err := a.changeSearch(ctx, &c, journal.Command[savedsearch.State, savedsearch.Event]{ID: id, IfMatch: c.IfMatch, Decide: savedsearch.Drop{}.Decide})
	return err
}

func (a *App) owns(ctx context.Context, c *Call, action authz.Action, id uuid.UUID) error {
	if _, err := a.overAll(ctx, c, action); err != nil {
		return err
	}
	l, _ := a.Model.Searches().Get(id)
	v, err := a.saved(c, id, l)
	switch {
	case action == authz.DeleteSavedSearch && c.Caller.Role == authz.RoleAdmin: // unseen: it may stand in the way of a segment
		return nil
	case err != nil:
		return err
	case !v.Mine && c.Caller.Role != authz.RoleAdmin:
		return fault.ErrNotYours
	}
	return nil
}

func (a *App) keepSearch(ctx context.Context, c *Call, action authz.Action, id uuid.UUID, fresh bool, in savedsearch.Search) (v SavedSearch, err error) {
	mask, err := a.overAll(ctx, c, action)
	if err != nil {
		return v, err
	}
	err = a.defining(ctx, func() error { // a filter may ask for a segment that is being deleted
		q := CustomerQuery{Text: in.Query, Filter: in.Filter, Sort: in.Sort, Collation: in.Collation, Facets: in.Facets, Limit: 1}
		if _, err := a.query(&q, mask); err != nil {
			return err
		}
		if fresh && a.savedBy(c) >= MaxSaved {
			refusal := a.answered(ctx, c, fault.ErrInvalid.At(fault.Field{Code: "too_many", Msg: fmt.Sprintf("a caller keeps at most %d searches", MaxSaved)}))
			if replay := (*eventstore.ErrReplay)(nil); !errors.As(refusal, &replay) {
				return refusal
			}
		}
		v, err = a.changeSearch(ctx, c, journal.Command[savedsearch.State, savedsearch.Event]{ID: id, New: fresh, Nobody: fresh, IfMatch: c.IfMatch,
			Decide: savedsearch.Save{Search: in, Owner: c.Caller.Subject}.Decide})
		return err
	})
	return v, err
}

// savedBy counts the caller's searches.
func (a *App) savedBy(c *Call) (mine int) {
	for _, l := range a.Model.Searches().Each() {
		if l.State.Exists() && l.State.Owner == c.Caller.Subject {
			mine++
		}
	}
	return mine
}

func (a *App) changeSearch(ctx context.Context, c *Call, cmd journal.Command[savedsearch.State, savedsearch.Event]) (SavedSearch, error) {
	cmd.Meta, cmd.Request = a.meta(c), a.request(c)
	l, err := journal.Execute(ctx, a.Journal, a.Streams.Searches, cmd)
	err = a.answered(ctx, c, err)
	var replay *eventstore.ErrReplay
	if errors.As(err, &replay) {
		if replay.Request.Hash != c.Idempotency.Hash {
			return SavedSearch{}, fault.ErrIdempotencyReuse
		}
		cmd.ID = replay.Request.Stream.ID
		l, err = journal.AtVersion(ctx, a.Journal, a.Streams.Searches, cmd.ID, replay.Request.Version)
	}
	if err != nil {
		return SavedSearch{}, err
	}
	a.Model.PutSearch(cmd.ID, l)
	return SavedSearch{cmd.ID, l, l.State.Owner == c.Caller.Subject}, nil
}
