// Package demo makes up customers: people of many countries and scripts, each
// with what belongs together (name, locale, time zone, currency, phone number,
// addresses), some complete, some with little more than an identifier.
//
// Nobody is real. Names are common ones put together by chance, e-mail
// addresses are at domains that RFC 2606 reserves, and phone numbers are of
// ranges that a regulator keeps for fiction or that no one is given. Postal
// addresses name real towns with their own postal codes, streets that most
// towns have, and a number by chance: such a door may exist, and nobody of that
// name lives behind it.
//
// A person follows from the seed and the index alone, for ever: fewer people
// are the first of more people, and any two runs agree byte for byte. That is
// why there is no faking library here: its next version would change everyone.
// A golden file holds us to it.
//
//   - person.go        how a person is put together
//   - chance.go        the random numbers
//   - latin.go         names in letters that an e-mail address may have
//   - locale.go        what a locale has, and the list of all
//   - names_*.go       the tables
//   - address.go       where a person lives
//   - homes_*.go       its tables
package demo
