package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// initialisms are written in capitals in Go names.
var initialisms = map[string]string{"Id": "ID", "Ids": "IDs", "Url": "URL", "Iso": "ISO"}

// exported makes a Go name of a JSON name: customerId is CustomerID.
func exported(name string) string {
	var out strings.Builder
	if order, descending := strings.CutPrefix(name, "-"); descending { // "-name" orders the other way round
		return exported(order) + "Descending"
	}
	for _, word := range words(name) {
		word = strings.ToUpper(word[:1]) + word[1:]
		if short, ok := initialisms[word]; ok {
			word = short
		}
		out.WriteString(word)
	}
	return out.String()
}

// unexported makes the name of an argument.
func unexported(name string) string {
	all := words(name)
	return strings.ToLower(all[0][:1]) + all[0][1:] + exported(strings.Join(all[1:], "-"))
}

// words splits at capitals and at whatever is no letter or digit.
func words(name string) (all []string) {
	start := 0
	add := func(end int) {
		if end > start {
			all = append(all, name[start:end])
		}
	}
	for i, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			add(i)
			start = i + 1
		case unicode.IsUpper(r) && i > start && !unicode.IsUpper(rune(name[i-1])):
			add(i)
			start = i
		}
	}
	add(len(name))
	return all
}

// enumNames shortens what the first use of an enumeration would call it.
var enumNames = map[string]string{
	"AddressCheckOutcome": "CheckOutcome", "AddressCoordinatesPrecision": "Precision", "AddressReportVerdict": "Verdict", "BatchOutcomeOutcome": "Outcome",
	"BatchRegisterCustomersMode": "BatchMode", "ConsentAuditBy": "AuditBy", "ConsentAuditFormat": "AuditFormat", "ConsentLineSource": "ConsentSource",
	"BatchGetContextFor": "ContextForm", "ContactDecisionDecision": "Decision", "ContactLineChannel": "Channel", "DisplayPatchTheme": "Theme",
	"LinkLineKind": "LinkKind", "ListAddressesType": "AddressType", "NotificationsPatchFrequency": "Frequency", "NotificationsPatchPeriod": "Period", "TimelineEntryKind": "EntryKind",
}

// enum is a type of strings with a constant for each value that is known.
type enum struct {
	Name   string
	Values []string
	users  []string // schemas and operations
}

// enums finds each set of values once.
type enums map[string]*enum

// use names the type of a set of values; the first use names it.
func (e enums) use(owner, member string, values []string) *enum {
	key := strings.Join(values, "|")
	if e[key] == nil {
		name := exported(owner) + exported(member)
		if short := enumNames[name]; short != "" {
			name = short
		}
		e[key] = &enum{Name: name, Values: values}
	}
	e[key].users = append(e[key].users, owner)
	return e[key]
}

// check refuses names that two things would have.
func check(names []string) error {
	slices.Sort(names)
	for i := 1; i < len(names); i++ {
		if names[i] == names[i-1] {
			return fmt.Errorf("two things would be called %s", names[i])
		}
	}
	return nil
}
