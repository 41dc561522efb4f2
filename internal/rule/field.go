package rule

import "slices"

// ID names a field of the vocabulary for those who hold the values.
type ID uint8

// The fields.
const (
	Status ID = iota
	Type
	Tags
	Country
	AddressCount
	Locale
	LocaleLanguage
	Timezone
	Currency
	Gender
	Age
	Attributes
	ByEmail
	BySMS
	ByPush
	ByMail
	DisplayLanguage
	DisplayCurrency
	DisplayTimezone
	DisplayTheme
	DataSharing
	ActivityTracking
	Analytics
	Consents
	OrderCount
	OrderTotal
	FirstOrderAt
	LastOrderAt
	OpenTickets
	LastActivityAt
	RegisteredAt
	EmailVerified
	PhoneVerified
	EmailPresent
	PhonePresent
	Completeness
	Segments
)

// Kind is what a field holds.
type Kind uint8

// The kinds. The last three are kept by key: customer.consents["marketing"].
const (
	Text      Kind = iota // "" is unknown
	Texts                 // a list of them
	Number                // a whole number, always known
	Truth                 // always known
	Time                  // microseconds since 1970, may be unknown
	Years                 // completed years since a date, which may be unknown
	Attribute             // a text, a number or a truth, or not there
	Consent               // a status; none is "notRequested"
	Amount                // none is 0
)

// Keyed reports whether a field is asked for by key.
func (k Kind) Keyed() bool { return k >= Attribute }

// Stream is the kind of stream whose events change a field.
type Stream string

// The kinds of stream. Membership is that of the segments themselves.
const (
	CustomerStream   Stream = "customer"
	ConsentStream    Stream = "consent"
	ActivityStream   Stream = "activity"
	MembershipStream Stream = "membership"
)

// Field is one word of the vocabulary.
type Field struct {
	ID     ID
	Path   string // as a rule writes it
	Kind   Kind
	Group  string   // the permission group that a caller needs
	Stream Stream   // where its changes come from
	Values []string // all that it can be; nil: anything
	Doc    string
}

var (
	statuses = []string{"pending", "active", "inactive", "archived"}
	kinds    = []string{"individual", "business"}
	answers  = []string{notRequested, "pending", "granted", "denied", "revoked", "expired"}
)

// notRequested is the status of a consent that nobody asked for.
const notRequested = "notRequested"

// vocabulary is the one table: the types of CEL, what may be seen, what a rule
// depends on and docs/rules.md follow from it. It is in the order of the IDs.
var vocabulary = []Field{
	{Status, "customer.status", Text, "identity", CustomerStream, statuses, "where the relationship stands"},
	{Type, "customer.type", Text, "identity", CustomerStream, kinds, "a person or a business"},
	{Tags, "customer.tags", Texts, "tags", CustomerStream, nil, "the tags"},
	{Country, "customer.country", Text, "addresses", CustomerStream, nil, "country of the default shipping address, ISO 3166-1 alpha-2"},
	{AddressCount, "customer.addresses.count", Number, "addresses", CustomerStream, nil, "how many addresses there are"},
	{Locale, "customer.profile.locale", Text, "demographics", CustomerStream, nil, "the locale, BCP 47"},
	{LocaleLanguage, "customer.profile.language", Text, "demographics", CustomerStream, nil, "the language of the locale"},
	{Timezone, "customer.profile.timezone", Text, "demographics", CustomerStream, nil, "the time zone, IANA"},
	{Currency, "customer.profile.currency", Text, "demographics", CustomerStream, nil, "the currency, ISO 4217"},
	{Gender, "customer.profile.gender", Text, "demographics", CustomerStream, nil, "the gender as told"},
	{Age, "customer.age", Years, "dateOfBirth", CustomerStream, nil, "completed years today, in UTC; only compared with a whole number"},
	{Attributes, "customer.attributes", Attribute, "attributes", CustomerStream, nil, "a custom attribute: a text, a number or a truth"},
	{ByEmail, "customer.preferences.communication.email", Truth, "preferences", CustomerStream, nil, "wants e-mail, as it holds"},
	{BySMS, "customer.preferences.communication.sms", Truth, "preferences", CustomerStream, nil, "wants text messages, as it holds"},
	{ByPush, "customer.preferences.communication.push", Truth, "preferences", CustomerStream, nil, "wants push messages, as it holds"},
	{ByMail, "customer.preferences.communication.mail", Truth, "preferences", CustomerStream, nil, "wants letters, as it holds"},
	{DisplayLanguage, "customer.preferences.display.language", Text, "preferences", CustomerStream, nil, "the language to show, as it holds"},
	{DisplayCurrency, "customer.preferences.display.currency", Text, "preferences", CustomerStream, nil, "the currency to show, as it holds"},
	{DisplayTimezone, "customer.preferences.display.timezone", Text, "preferences", CustomerStream, nil, "the time zone to show, as it holds"},
	{DisplayTheme, "customer.preferences.display.theme", Text, "preferences", CustomerStream, nil, "the theme to show, as it holds"},
	{DataSharing, "customer.preferences.privacy.dataSharing", Truth, "preferences", CustomerStream, nil, "lets data be shared, as it holds"},
	{ActivityTracking, "customer.preferences.privacy.activityTracking", Truth, "preferences", CustomerStream, nil, "lets activity be tracked, as it holds"},
	{Analytics, "customer.preferences.privacy.analytics", Truth, "preferences", CustomerStream, nil, "lets data be analysed, as it holds"},
	{Consents, "customer.consents", Consent, "consents", ConsentStream, answers, "the consent to a purpose, by its name"},
	{OrderCount, "customer.orders.count", Number, "activity", ActivityStream, nil, "how many orders were placed"},
	{OrderTotal, "customer.orders.total", Amount, "activity", ActivityStream, nil, "what the orders in a currency add up to"},
	{FirstOrderAt, "customer.orders.firstAt", Time, "activity", ActivityStream, nil, "when the first order was placed"},
	{LastOrderAt, "customer.orders.lastAt", Time, "activity", ActivityStream, nil, "when the last order was placed"},
	{OpenTickets, "customer.tickets.open", Number, "activity", ActivityStream, nil, "how many tickets are open"},
	{LastActivityAt, "customer.lastActivityAt", Time, "activity", ActivityStream, nil, "when the customer was last active"},
	{RegisteredAt, "customer.registeredAt", Time, "identity", CustomerStream, nil, "when the customer was registered"},
	{EmailVerified, "customer.email.verified", Truth, "contact", CustomerStream, nil, "the e-mail address was confirmed"},
	{PhoneVerified, "customer.phone.verified", Truth, "contact", CustomerStream, nil, "the phone number was confirmed"},
	{EmailPresent, "customer.email.present", Truth, "contact", CustomerStream, nil, "there is an e-mail address"},
	{PhonePresent, "customer.phone.present", Truth, "contact", CustomerStream, nil, "there is a phone number"},
	{Completeness, "customer.completeness", Number, "completeness", CustomerStream, nil, "how complete the profile is, 0 to 100"},
	{Segments, "customer.segments", Texts, "segments", MembershipStream, nil, `the segments; only asked as "key" in customer.segments`},
}

// Vocabulary lists every field, for documentation.
func Vocabulary() []Field { return slices.Clone(vocabulary) }

// Of gives a field by its ID.
func Of(id ID) Field { return vocabulary[id] }

// Ref is a field as a rule mentions it: by key, where it is kept by key.
type Ref struct {
	ID  ID
	Key string
}

// Field is the word of the vocabulary.
func (r Ref) Field() Field { return vocabulary[r.ID] }
