package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

func readCodes(js []byte) (map[string]code, error) {
	body, _, _ := strings.Cut(strings.TrimPrefix(string(js), "exports.codes = "), ";\nexports.")
	var codes map[string]code
	if err := json.Unmarshal([]byte(body), &codes); err != nil {
		return nil, fmt.Errorf("%s: %w", zipcodes, err)
	}
	return codes, nil
}

type middle struct{ Latitude, Longitude float64 }

var middleLine = regexp.MustCompile(`"?latitude"?:\s*(-?[0-9.]+),\s*"?longitude"?:\s*(-?[0-9.]+),\s*"?zipCode"?:\s*"(\d{5})"`)

func readCensus() (map[string]middle, error) {
	raw, err := read(census, "package/array.js")
	if err != nil {
		return nil, err
	}
	middles := map[string]middle{}
	for _, m := range middleLine.FindAllStringSubmatch(string(raw[0]), -1) {
		lat, err1 := strconv.ParseFloat(m[1], 64)
		lon, err2 := strconv.ParseFloat(m[2], 64)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("%s: %s", census, m[0])
		}
		middles[m[3]] = middle{lat, lon}
	}
	if len(middles) < 33000 {
		return nil, fmt.Errorf("%s: only %d codes were understood", census, len(middles))
	}
	return middles, nil
}
