// Package client is the customer service's API for Go programs: one method an
// operation, with retries, idempotency, paging and streams. It needs nothing
// but the standard library, and nothing of the server.
//
//	c, err := client.New("https://customers.example", client.Token(source))
//	customer, err := c.GetCustomer(ctx, id)
//	for entry, err := range c.AllTimeline(ctx, id, client.GetTimelineParams{}) { … }
//
// # What is sent again
//
// On a broken connection, 429, 503 and what proxies say in their place (502,
// 504) a call is sent again, with growing pauses of random length and never
// before Retry-After, but only where that cannot do it twice: reads, calls that
// the service recognises by an id in them, and changes that carry an
// Idempotency-Key. The client gives every change that takes one a fresh key,
// the same for each attempt; Key gives another, to go on after a crash. A
// refused If-Match (412) is the caller's to decide, and is not sent again.
//
// # What errors tell
//
// A refusal is a *Problem (RFC 9457): use errors.As, or Code. Errors name the
// operation, the status, the code and the places that are wrong; neither what
// was sent nor the URL is in them, so that they can be logged.
//
// # What is generated
//
// Files that end in .gen.go are made from openapi.yaml by the module in gen,
// whose comment says why it is our own; its test fails when they are stale.
package client

//go:generate go -C gen run .
