package app

import (
	"strconv"
	"strings"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
)

// claim says where to look. value is "" for what cannot be such an identifier.
// kind is "" for a customer number.
func (by Lookup) claim() (kind, value string, number int64, err error) {
	given := 0
	for _, s := range []string{by.Email, by.Phone, by.UserID, by.Number, by.ExternalID} {
		if s != "" {
			given++
		}
	}
	switch {
	case given != 1 || (by.ExternalSource == "") != (by.ExternalID == ""):
		return "", "", 0, fault.ErrInvalid.At(fault.Field{Code: "one_of",
			Msg: "give exactly one of email, phone, userId, number, externalId"})
	case by.Email != "":
		if address, ok := customer.NormalEmail(by.Email); ok {
			value = customer.EmailKey(address)
		}
		return customer.ClaimEmail, value, 0, nil
	case by.Phone != "":
		value, _ = customer.NormalPhone(by.Phone)
		return customer.ClaimPhone, value, 0, nil
	case by.UserID != "":
		return customer.ClaimUserID, by.UserID, 0, nil
	case by.ExternalID != "":
		return customer.ClaimExternalID, customer.ExternalIDKey(by.ExternalSource, by.ExternalID), 0, nil
	}
	return "", "", parseNumber(by.Number), nil
}

// parseNumber reads "C-00000001"; 0, which no customer has, when it is not one.
func parseNumber(s string) int64 {
	digits, ok := strings.CutPrefix(strings.ToUpper(strings.TrimSpace(s)), "C-")
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil {
		return 0
	}
	return n
}
