package main

import (
	"encoding/json"
	"fmt"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/remote"
)

// The people are plain and cheap to make, so that making them does not take
// the processor from what is measured; every n gives another person, the same
// in every run. The e-mail address is what makes them different.
var (
	given = []string{"Anna", "Bogdan", "Chloé", "Dmitri", "Élise", "Fatima", "Günther", "Haruka", "Ingrid", "José", "Kwame", "Lucía",
		"Мария", "Nguyễn", "Olumide", "Priya", "Quentin", "Róisín", "Søren", "Thabo", "美咲", "Vikram", "Wanjiru", "Ximena", "Yusuf", "Zoë"}
	family = []string{"Almeida", "Bianchi", "Çelik", "Dubois", "Eriksson", "Fernández", "García", "Horváth", "Ivanov", "Jansen", "Kowalski",
		"Lindqvist", "Müller", "Nakamura", "O’Brien", "Pham", "Quispe", "Rossi", "Schneider", "Tanaka", "Usman", "Virtanen", "Weber", "Xu",
		"Yılmaz", "Zhang", "Иванова", "佐藤", "Ó Súilleabháin"}
	places = []struct{ locale, timezone, currency, phone string }{
		{"de-DE", "Europe/Berlin", "EUR", "+49151"}, {"en-US", "America/New_York", "USD", "+1212"}, {"fr-FR", "Europe/Paris", "EUR", "+3361"},
		{"ja-JP", "Asia/Tokyo", "JPY", "+8190"}, {"pt-BR", "America/Sao_Paulo", "BRL", "+55119"}, {"en-GB", "Europe/London", "GBP", "+4477"},
	}
)

// person is the n-th registration.
func person(n int) remote.Registration {
	p := places[n%len(places)]
	return remote.Registration{
		Name:  remote.Name{Given: given[n%len(given)], Family: family[n/len(given)%len(family)]},
		Email: fmt.Sprintf("person.%d@example.com", n),
		Phone: p.phone + phoneTail(p.phone, n),
		Profile: remote.Profile{DateOfBirth: fmt.Sprintf("%d-%02d-%02d", 1940+n%66, 1+n/66%12, 1+n/792%28),
			Locale: p.locale, Timezone: p.timezone, Currency: p.currency},
	}
}

// phoneTail fills a number to the length that its country has.
func phoneTail(prefix string, n int) string {
	length := map[string]int{"+49151": 8, "+1212": 7, "+3361": 7, "+8190": 8, "+55119": 8, "+4477": 8}[prefix]
	modulus := 1
	for range length - 1 {
		modulus *= 10
	}
	return fmt.Sprintf("2%0*d", length-1, n%modulus)
}

// appendPerson appends the n-th registration as JSON.
func appendPerson(buf []byte, n int) []byte {
	text, err := json.Marshal(person(n))
	if err != nil {
		panic(err) // strings only
	}
	return append(buf, text...)
}

// residences are where people live: one for each of the places.
var residences = []address.Address{
	{Street: []string{"Unter den Linden 1"}, City: "Berlin", PostalCode: "10117", Country: "DE"},
	{Street: []string{"1 Broadway"}, City: "New York", State: "NY", PostalCode: "10004", Country: "US"},
	{Street: []string{"1 rue de Rivoli"}, City: "Paris", PostalCode: "75004", Country: "FR"},
	{Street: []string{"丸の内1-1"}, City: "千代田区", State: "東京都", PostalCode: "100-0005", Country: "JP"},
	{Street: []string{"Avenida Paulista 1"}, City: "São Paulo", State: "SP", PostalCode: "01310-100", Country: "BR"},
	{Street: []string{"10 Downing Street"}, City: "London", PostalCode: "SW1A 2AA", Country: "GB"},
}

// appendResident appends the n-th registration, with an address.
func appendResident(buf []byte, n int) []byte {
	home, err := json.Marshal(residences[n%len(residences)])
	if err != nil {
		panic(err) // strings only
	}
	buf = appendPerson(buf, n)
	buf = append(buf[:len(buf)-1], `,"addresses":[{"type":"shipping",`...)
	return append(append(buf, home[1:]...), "]}"...)
}
