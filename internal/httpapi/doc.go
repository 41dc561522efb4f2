// Package httpapi is the HTTP entrance: REST and JSON under /v1.
//
// Read it from the outside in:
//
//   - server.go    the listener: timeouts, TLS, drain
//   - chain.go     what happens to every request, top-down in one function
//   - strict.go    how a request body becomes a Go value, or a refusal
//   - problem.go   how a fault becomes an answer (RFC 9457); the only place
//   - api.go       how an operation is registered: huma routes and documents,
//     but it reads no body and words no error
//
// Handlers are plain functions from an input struct to an output struct and an
// error. They decode, call one use case, and encode; no rule lives here.
//
// What a caller sent never comes back in an error, a header or a log line:
// errors name the place (a JSON pointer of names that we know), never the value.
package httpapi
