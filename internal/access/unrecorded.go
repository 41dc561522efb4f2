//go:build unrecorded

package access

// A build of the benchmarks only: it answers without a record, so that what the
// record costs can be measured. It says so at every start.
const recorded = false
