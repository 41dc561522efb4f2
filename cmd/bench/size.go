package main

import (
	"context"
	"path/filepath"

	"github.com/acme/customers/cmd/bench/internal/machine"
	"github.com/acme/customers/cmd/bench/internal/report"
)

// size records what the service takes once everything has settled.
func (b *bench) size(ctx context.Context, s *service) error {
	rss, disk, parts, err := s.measureSize(ctx)
	if err != nil {
		return err
	}
	b.report.Sizes = append(b.report.Sizes, report.Size{Store: s.store, Customers: s.acknowledged,
		RSS: rss, RSSEmpty: s.rssEmpty, Disk: disk, DiskEmpty: s.diskEmpty, Parts: parts})
	return nil
}

// measureSize gives the resident memory of the service's process (not of
// PostgreSQL), and its disk: the data folder, and its databases without
// PostgreSQL's own write-ahead log.
func (s *service) measureSize(ctx context.Context) (rss, disk int64, parts map[string]int64, err error) {
	if rss, err = machine.RSS(s.process.Pid()); err != nil {
		return 0, 0, nil, err
	}
	if parts, err = machine.Disk(filepath.Join(s.folder, "data")); err != nil {
		return 0, 0, nil, err
	}
	for _, name := range s.names {
		if parts[name], err = s.cluster.size(ctx, name); err != nil {
			return 0, 0, nil, err
		}
	}
	for _, n := range parts {
		disk += n
	}
	return rss, disk, parts, nil
}
