package eventstore

import (
	"slices"

	"github.com/google/uuid"
)

func (j *judge) checkClaims(c *Commit) error {
	for _, cl := range c.Add {
		if j.seen.Fenced[cl.Subject] {
			return ErrFenced
		}
		if !cl.Exclusive {
			continue
		}
		holder, held := j.seen.Holders[cl.ClaimHash]
		if held && holder != cl.Subject && !releases(c, cl.ClaimHash, holder) {
			return &ErrClaimed{Kind: cl.Kind, Holder: holder}
		}
	}
	return nil
}

// releases: a commit may move a claim, since its releases come before its adds.
func releases(c *Commit, h ClaimHash, holder uuid.UUID) bool {
	return slices.ContainsFunc(c.Release, func(cl Claim) bool { return cl.ClaimHash == h && cl.Subject == holder })
}

// holding is one subject's hold on one claim.
type holding struct {
	hash      ClaimHash
	subject   uuid.UUID
	exclusive bool
}

type change struct {
	claim Claim
	added bool
}

func (j *judge) release(cl Claim) {
	if j.seen.Holders[cl.ClaimHash] == cl.Subject {
		delete(j.seen.Holders, cl.ClaimHash)
	}
	for _, cl.Exclusive = range []bool{false, true} { // whichever it holds
		j.change(change{claim: cl})
	}
}

func (j *judge) claim(cl Claim) {
	if cl.Exclusive {
		j.seen.Holders[cl.ClaimHash] = cl.Subject
	}
	j.change(change{claim: cl, added: true})
}

func (j *judge) change(ch change) {
	h := holding{ch.claim.ClaimHash, ch.claim.Subject, ch.claim.Exclusive}
	if i, ok := j.claims[h]; ok {
		j.changes[i] = ch
		return
	}
	j.claims[h] = len(j.changes)
	j.changes = append(j.changes, ch)
}

// settle puts what became of the claims into the plan. A release is written
// once, although it ended two holds, and before whatever was added again.
func (j *judge) settle() {
	for i, ch := range j.changes {
		if ch.added {
			j.plan.Add = append(j.plan.Add, ch.claim)
			continue
		}
		other, ok := j.claims[holding{ch.claim.ClaimHash, ch.claim.Subject, !ch.claim.Exclusive}]
		if !ok || j.changes[other].added || i < other {
			j.plan.Release = append(j.plan.Release, ch.claim)
		}
	}
}
