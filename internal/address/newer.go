package address

// What the metadata lacks or has too wide. Sources: the posts' own rules, as
// published (Swiss Post, Österreichische Post, PostNL, Deutsche Post, La Poste,
// PostNord, Chunghwa Post's 3+3 codes of 2020).
var patterns = map[string]string{
	"AT": `[1-9]\d{3}`,
	"CH": `[1-9]\d{3}`,
	"DE": `(?:0[1-9]|[1-9]\d)\d{3}`,
	"FR": `(?:0[1-9]|[1-8]\d|9[0-8]) ?\d{3}`,
	"NL": `[1-9]\d{3} ?(?:[A-RT-Z][A-Z]|S[B-CE-RT-Z])`,
	"SE": `[1-9]\d{2} ?\d{2}`,
	"TW": `\d{3}(?:\d{2,3})?`,
}

// closed are the countries whose list of areas is whole: what is not in it is
// wrong. Elsewhere the list may be older than the country.
var closed = map[string]bool{"BR": true, "CA": true, "JP": true, "MX": true, "US": true}
