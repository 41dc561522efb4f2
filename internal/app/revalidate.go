package app

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/journal"
)

// unanswered is after how many addresses in a row without an answer the
// provider is taken to be down. One says little: it may be the address that the
// provider cannot cope with.
const unanswered = 3

// Revalidation counts what was looked at again.
type Revalidation struct {
	Customers int64 // of Of
	Of        int64
	Addresses int64
	Changed   int64     // more, or something else, is known than was
	Pending   int64     // the provider does not answer: they are left as they were
	Last      uuid.UUID // the customer about whom somebody was asked last
}

// RevalidateAddresses validates all addresses again, as after new tables or a
// new provider, and stores what is found where it differs. While the provider
// is down it is asked as requests ask it, and no longer waited for. progress is
// called now and then.
func (a *App) RevalidateAddresses(ctx context.Context, c Call, progress func(Revalidation)) (Revalidation, error) {
	if _, err := a.allowAny(&c, authz.RevalidateAddresses); err != nil {
		return Revalidation{}, err
	}
	r := &revalidation{App: a, which: func(*customer.Address) bool { return true }, goOn: always, progress: progress}
	return r.run(ctx, index.HasAddress, uuid.Nil)
}

// RevalidatePending asks the provider again about what it did not answer, one
// address at a time, beginning behind the customer after: whoever goes round
// passes what the provider will never answer. It ends when the provider is down,
// or when mine, asked before each address, says so.
func (a *App) RevalidatePending(ctx context.Context, after uuid.UUID, mine func(context.Context) (bool, error)) (Revalidation, error) {
	r := &revalidation{App: a, which: func(one *customer.Address) bool { return one.Validation.Pending }, progress: func(Revalidation) {}}
	r.goOn = func(ctx context.Context) (bool, error) {
		if r.mute >= unanswered {
			return false, nil
		}
		return mine(ctx)
	}
	return r.run(ctx, index.AddressPending, after)
}

func always(context.Context) (bool, error) { return true, nil }

// revalidation is one run.
type revalidation struct {
	*App
	which    func(*customer.Address) bool
	goOn     func(context.Context) (bool, error) // asked before each address
	progress func(Revalidation)
	done     Revalidation
	mute     int // addresses in a row that the provider did not answer about
}

// errEnough ends a run that is not to go on; nobody sees it.
var errEnough = errors.New("app: the run ends here")

func (r *revalidation) run(ctx context.Context, flag index.Flags, after uuid.UUID) (Revalidation, error) {
	if err := r.Model.WaitHead(ctx, index.Freshness{}); err != nil { // who was registered just now is one of them
		return r.done, err
	}
	ids, err := r.Model.Having(ctx, flag)
	if err != nil {
		return r.done, err
	}
	r.done.Of = int64(len(ids))
	for _, id := range behind(ids, after) {
		if err := r.one(ctx, id); errors.Is(err, errEnough) {
			return r.done, nil
		} else if err != nil {
			return r.done, err
		}
		if r.done.Customers++; r.done.Customers%100 == 0 {
			r.progress(r.done)
		}
	}
	return r.done, nil
}

// behind puts the ids in order, those behind after first.
func behind(ids []uuid.UUID, after uuid.UUID) []uuid.UUID {
	slices.SortFunc(ids, compare)
	i, found := slices.BinarySearchFunc(ids, after, compare)
	if found {
		i++
	}
	return slices.Concat(ids[i:], ids[:i])
}

func compare(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }

// one validates a customer's addresses outside any lock. One that somebody
// changes meanwhile was validated with that. Nobody is asked about a customer
// that can no longer change. The order is any: a run that always ended at the same
// address would never come to those behind it.
func (r *revalidation) one(ctx context.Context, id uuid.UUID) error {
	l, err := r.Model.Get(ctx, id)
	if err != nil {
		r.done.Last = id // also when it cannot be read: the next run must get past it
	}
	if err != nil || l.State.Status == customer.IsClosed {
		return gonePast(err)
	}
	list := l.State.AddressList()
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	for _, one := range list {
		if !r.which(&one) {
			continue
		}
		on, err := r.goOn(ctx)
		switch {
		case err != nil:
			return err
		case !on:
			return errEnough
		}
		r.done.Last = id
		if err := r.again(ctx, id, one); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// again keeps what is found. No answer is no finding: what was known before,
// from the same provider perhaps, stays.
func (r *revalidation) again(ctx context.Context, id uuid.UUID, one customer.Address) error {
	by := r.Patient
	if r.mute >= unanswered {
		by = r.Addresses
	}
	found := r.found(ctx, by, &one)
	r.done.Addresses++
	if found.Validation.Pending {
		r.done.Pending++
		r.mute++
		return nil
	}
	r.mute = 0
	as := func(a customer.Address) customer.Address { return a }
	out, err := journal.Execute(ctx, r.Journal, r.Streams.Customers, journal.Command[customer.State, customer.Event]{
		ID: id, Decide: customer.UpdateAddress{AddressID: one.ID, Patch: as, Found: found}.Decide,
		Meta: event.Meta{Actor: event.ActorSystem, Source: "revalidation", At: r.meta(&Call{}).At},
	})
	switch {
	case errors.Is(err, fault.ErrVersion), errors.Is(err, fault.ErrNotFound), errors.Is(err, fault.ErrTransition), errors.Is(err, fault.ErrInvalid):
		return nil
	case err != nil:
		return gonePast(err)
	}
	if out.State.Addresses[one.ID].Version > one.Version {
		r.done.Changed++
		r.Model.Put(id, out)
	}
	return nil
}

// gonePast is nil for a customer that was erased meanwhile.
func gonePast(err error) error {
	if errors.Is(err, fault.ErrErased) || errors.Is(err, fault.ErrNotFound) {
		return nil
	}
	return err
}
