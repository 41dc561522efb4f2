package main

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// scripts says which countries write which scripts beside Latin. A place's
// names in other ones are left out: nobody writes them on a letter to it.
var scripts = map[*unicode.RangeTable]string{
	unicode.Cyrillic:   "RU UA BY BG MK RS BA ME XK KZ KG TJ MN UZ MD TM AM AZ GE EE LV LT",
	unicode.Greek:      "GR CY",
	unicode.Arabic:     "AE BH DZ EG IQ JO KW LB LY MA OM PS QA SA SD SY TN YE MR SO DJ KM TD ER IL EH IR AF PK TJ IN",
	unicode.Hebrew:     "IL PS",
	unicode.Han:        "CN TW HK MO JP SG MY",
	unicode.Hiragana:   "JP",
	unicode.Katakana:   "JP",
	unicode.Hangul:     "KR KP",
	unicode.Thai:       "TH",
	unicode.Lao:        "LA",
	unicode.Khmer:      "KH",
	unicode.Myanmar:    "MM",
	unicode.Devanagari: "IN NP",
	unicode.Bengali:    "BD IN",
	unicode.Gurmukhi:   "IN", unicode.Gujarati: "IN", unicode.Oriya: "IN", unicode.Telugu: "IN",
	unicode.Kannada: "IN", unicode.Malayalam: "IN",
	unicode.Tamil:    "IN LK SG MY",
	unicode.Sinhala:  "LK",
	unicode.Tibetan:  "CN BT",
	unicode.Georgian: "GE",
	unicode.Armenian: "AM",
	unicode.Ethiopic: "ET ER",
	unicode.Thaana:   "MV",
}

// usual tells whether another name of a place may stand in its addresses: it
// is in a script of the country, no code of an airport ("MUC") and no plain
// transliteration, which the source writes in small letters ("mi wnik").
func usual(country, name string) bool {
	first, _ := utf8.DecodeRuneInString(name)
	if first == utf8.RuneError || strings.Contains(name, "/") {
		return false
	}
	latin, upper := true, 0
	for _, r := range name {
		if !unicode.IsLetter(r) || unicode.Is(unicode.Latin, r) {
			if unicode.IsUpper(r) {
				upper++
			}
			continue
		}
		latin = false
		if !written(country, r) {
			return false
		}
	}
	return !latin || upper > 0 && !(upper == len(name) && upper <= 4)
}

func written(country string, r rune) bool {
	for script, countries := range scripts {
		if unicode.Is(script, r) {
			return slices.Contains(strings.Fields(countries), country)
		}
	}
	return r == 'ー' && country == "JP"
}
