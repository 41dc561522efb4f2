// Package importer brings customers from a file into a running service.
//
// Read it in the order in which a row goes:
//
//   - job.go         an import as a person asks for it
//   - format.go      what kind of file it is
//   - source.go, csv.go, jsonl.go, mapping.go, target.go, address.go
//     how a row becomes a registration, or a reason why not
//   - batch.go       how rows are cut into requests
//   - run.go         several requests in flight
//   - ledger.go      what became of them, accounted in the rows' order
//   - reject.go      the rows that were not taken: where and why, never what
//   - checkpoint.go  what was accounted, so that a killed import continues
//   - progress.go    how far it is
//
// The promise: every row is taken once or listed as rejected, whatever happens
// in between: lost connections, a killed import, a service that restarts. It
// rests on three things: a checkpoint never says more than what the service
// has answered; a batch that is cut again is cut the same and so has the same
// idempotency key; and rows with an identifier in common (e-mail address, user
// id, external id) are never in flight together, so that the later one wins.
//
// Not promised: an order between rows that name one customer by different
// identifiers, which only the service knows to be one. A file that changes
// between two runs is noticed by its size and its first and last block only.
// And the service remembers idempotency keys for 24 hours: an import that is
// continued later than that should be an upsert.
package importer
