// Package importer brings customers from a file into a running service.
//
// Read it in the order in which a row goes:
//
//   - format.go      what kind of file it is
//   - csv.go, jsonl.go, mapping.go, target.go
//     how a row becomes a registration, or a reason why not
//   - batch.go       how rows are cut into requests
//   - run.go         several requests in flight, accounted in the rows' order
//   - reject.go      the rows that were not taken: where and why, never what
//   - checkpoint.go  what was accounted, so that a killed import continues
//   - progress.go    how far it is
//
// The promise: every row is taken once or listed as rejected, whatever happens
// in between: lost connections, a killed import, a service that restarts. It
// rests on three things: a checkpoint never says more than what the service
// has answered; a batch that is cut again is cut the same and so has the same
// idempotency key; and rows of one customer are never in flight together.
//
// Not promised: a file that changes between two runs is noticed by its size
// and its first and last block only, and the service remembers idempotency
// keys for 24 hours: an import that continues later should be an upsert.
package importer
