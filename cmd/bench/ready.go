package main

import "context"

func (b *bench) measureReady(ctx context.Context) error { return nil }
