package address

import (
	"context"
	"errors"
	"time"
)

// Validator checks addresses before they are stored: against the tables, then
// by asking a provider where there is one.
type Validator struct {
	Provider Provider      // nil: the tables alone
	Wait     time.Duration // for the provider, in all; 0 is 3 s
}

// Validate gives what is known. It never fails: a provider that does not answer
// leaves the address unverifiable, and Report.Pending says to ask again. at is
// where the caller says that the address is, or nil.
func (v *Validator) Validate(ctx context.Context, a Address, at *Coordinates) Report {
	r := Offline(a, at)
	if v.Provider != nil && !r.failed(CheckCountry) && !r.failed(CheckRequired) {
		v.ask(ctx, &r, at)
	}
	return r
}

// ask lets the provider overrule the tables: it knows more, and is newer.
func (v *Validator) ask(ctx context.Context, r *Report, at *Coordinates) {
	wait := v.Wait
	if wait == 0 {
		wait = 3 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	opinion, err := v.Provider.Check(ctx, r.Address)
	var about interface{ OfRequest() bool }
	if errors.As(err, &about) && about.OfRequest() { // it works, and has no word for this address: a country that it does not know
		r.add(CheckProvider, "", Unknown, "provider_cannot_say")
		return
	}
	if err != nil {
		r.Pending = true
		r.add(CheckProvider, "", Unknown, "provider_unavailable")
		if r.Verdict != Invalid {
			r.Verdict = Unverifiable
		}
		return
	}
	r.Provider = v.Provider.Name()
	if opinion.Verdict == Valid || opinion.Verdict == Corrected {
		r.overrule()
	}
	r.Checks = append(r.Checks, opinion.Checks...)
	r.Corrections = append(r.Corrections, opinion.Corrections...)
	if r.Verdict = opinion.Verdict; r.Verdict == Valid && len(r.Corrections) > 0 {
		r.Verdict = Corrected
	}
	if at == nil && opinion.Coordinates != nil {
		r.Coordinates = opinion.Coordinates
	}
}

// overrule marks what the tables held against an address that the provider
// knows to be right.
func (r *Report) overrule() {
	for i := range r.Checks {
		if r.Checks[i].Outcome == Failed {
			r.Checks[i].Outcome = Overruled
		}
	}
}
