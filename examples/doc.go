// Package examples has three small services that live around this one, each a
// program of its own: orders, notifications and marketing. They use the client
// and the bus and nothing of the server. Their tests start the built service
// and look at what they do to it; so does the client's own, which is here
// because the client needs no other module.
package examples
