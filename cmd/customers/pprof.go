package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// profiles serves CPU and memory profiles until ctx ends, to this machine
// alone and only when --pprof asks for it: whoever can ask for profiles can
// slow the service down. The command line is not among them, for it may hold
// passwords.
func profiles(ctx context.Context, address string, con console) error {
	if address == "" {
		return nil
	}
	if !loopback(address) {
		return coded{exitUsage, errors.New("--pprof must be a loopback address")}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return coded{exitUsage, errors.New("--pprof: the address cannot be listened on")}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	for _, name := range []string{"heap", "allocs", "goroutine", "mutex", "block"} {
		mux.Handle("GET /debug/pprof/"+name, pprof.Handler(name))
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
	_, err = fmt.Fprintf(con.out, "Profiles:    http://%s/debug/pprof/\n", listener.Addr())
	return err
}
