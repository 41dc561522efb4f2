package journal

import (
	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// Hash is the keyed hash under which a claimed value is stored and found.
func (j *Journal) Hash(kind, value string) eventstore.ClaimHash {
	return eventstore.ClaimHash{Kind: kind, Hash: j.vault.Blind(kind, value)}
}

// claims compares what a subject held before with what it holds now.
func (j *Journal) claims(subject uuid.UUID, before, now []event.Claim) (add, release []eventstore.Claim) {
	had := make(map[event.Claim]bool, len(before))
	for _, c := range before {
		had[c] = true
	}
	for _, c := range now {
		if !had[c] {
			add = append(add, eventstore.Claim{ClaimHash: j.Hash(c.Kind, c.Value), Subject: subject, Exclusive: c.Exclusive})
		}
		delete(had, c)
	}
	for _, c := range before {
		if had[c] {
			release = append(release, eventstore.Claim{ClaimHash: j.Hash(c.Kind, c.Value), Subject: subject, Exclusive: c.Exclusive})
		}
	}
	return add, release
}
