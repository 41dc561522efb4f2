//go:build !unrecorded

package access

const recorded = true // see unrecorded.go
