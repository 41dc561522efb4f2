package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/acme/customers/internal/customer"
)

// config is everything that can be set. Zero values are the embedded default.
type config struct {
	Data string `help:"Folder of the embedded stores." default:"data" type:"path"`
	HTTP string `help:"Address to listen on." name:"http" default:"127.0.0.1:8080"`

	Store   dsn    `help:"Event store: sqlite:PATH or postgres://… (default: sqlite in the data folder)."`
	Keys    dsn    `help:"Key store: sqlite:PATH or postgres://…, not the event store's backup set (default: sqlite in the data folder)."`
	Keyring string `help:"Folder of the wrapped epoch keys (default: the data folder's name with .keyring)." type:"path"`
	KMS     string `help:"Root key: file:PATH, hcvault://…, aws-kms://…, gcp-kms://… (default: file: the data folder's name with .root.key)."`

	NATS       string `help:"embedded, or nats://… of a server or cluster." name:"nats" default:"embedded"`
	NATSListen string `help:"Let others connect to the embedded NATS server at this address." name:"nats-listen"`
	NATSToken  secret `help:"Token for NATS." name:"nats-token"`
	NATSCreds  string `help:"NATS credentials file." name:"nats-creds" type:"path"`
	NATSCA     string `help:"PEM certificates that vouch for the NATS server (default: those of this machine)." name:"nats-ca" type:"path"`
	Replicas   int    `help:"Replicas of the streams on a NATS cluster." default:"1"`

	TLSCert string `help:"PEM certificate." name:"tls-cert" type:"path"`
	TLSKey  string `help:"PEM private key." name:"tls-key" type:"path"`

	Issuer        string `help:"OIDC issuer whose tokens are accepted (default: our own development issuer)."`
	Audience      string `help:"Audience that tokens must name." default:"customers"`
	RolesClaim    string `help:"Claim with the role." default:"roles"`
	CustomerClaim string `help:"Claim with the customer id." default:"customer_id"`
	Policies      string `help:"Folder of Cedar policies that replace ours." type:"path"`

	ActivateOnEmail bool             `help:"A confirmed e-mail address activates a pending customer." default:"true" negatable:""`
	CodeLife        time.Duration    `help:"How long a verification code holds." default:"15m"`
	CodeAttempts    int              `help:"Wrong codes before one is void." default:"5"`
	CodesPerDay     int              `help:"Codes that may be asked for on a channel within a day." default:"10"`
	FailuresPerDay  int              `help:"Wrong codes on a channel within a day, over all codes." default:"15"`
	Weights         customer.Weights `help:"Completeness weights, e.g. name=20;email=20 (default: built in)."`

	ContactRules string `help:"JSON file of the topics, purposes and defaults of preferences and consents; 'customers rules' prints the built-in ones." type:"path"`

	NoteTypes       string           `help:"JSON file of the types of notes, and which roles read and write them: [{\"name\", \"read\": [], \"write\": []}] (default: support, sales, compliance)." type:"path"`
	ActivitySources string           `help:"JSON file of more sources of activities, with the JSON Schemas of their types." type:"path"`
	Significance    string           `help:"JSON file of rules of what in a timeline is significant: [{\"kind\", \"type\", \"source\", \"actor\", \"fields\": {}, \"significant\": true}], the first that fits (default: the catalogue)." type:"path"`
	ReadPurposes    []string         `help:"What callers may say in X-Purpose that they read for (default: see docs/api.md)."`
	UnusualReads    map[string]int64 `help:"Different customers that one caller of a role may read within an hour before it is told of, e.g. support=200;service=100000 (default: support and marketing 200, compliance and admin 500)." mapsep:";"`
	PublicURL       string           `help:"Where customers reach this service, for the links in messages: https://… (default: the --http address)." name:"public-url"`
	LinkPage        string           `help:"HTML template of the page that such links open, instead of ours." type:"path"`

	AddressProvider string        `help:"Who else is asked about addresses: google, or https://… of our contract (default: nobody)."`
	AddressKey      secret        `help:"API key or token for the address provider."`
	AddressWait     time.Duration `help:"How long a request waits for the address provider; what it did not answer is asked again later." default:"500ms"`
	AddressStrict   []string      `help:"Sources whose invalid addresses are refused; others are stored and marked: api, import." default:"api"`

	CachedStates int            `help:"Customers whose opened state is kept in memory, 1 to 2 kB each." default:"1000000"`
	Index        string         `help:"on keeps what is derived of all customers in memory, for search, segments and statistics; off serves single customers only." enum:"on,off" default:"on"`
	IndexMemory  int64          `help:"MiB that this may take; above it the instance serves single customers only, and says what it would need (default: any)." name:"index-memory"`
	Collations   []string       `help:"Languages (BCP 47) whose order of names is always there, about 150 bytes a customer each, e.g. sv,da. Others are made when somebody asks for them."`
	NoteMemory   int64          `help:"MiB of the text of notes that may be kept in memory to be searched; with more notes than that, they cannot be searched." default:"256"`
	RatePeople   float64        `help:"Requests a second that one person may make; twice as many at once." default:"50"`
	RateServices float64        `help:"Requests a second that one service may make." default:"20000"`
	Proxies      []netip.Prefix `help:"Networks whose X-Forwarded-For is believed, e.g. 10.0.0.0/8."`

	LogLevel slog.Level    `help:"debug, info, warn or error." default:"info"`
	OTLP     string        `help:"OTLP/HTTP endpoint for traces." name:"otlp"`
	Drain    time.Duration `help:"How long /readyz says draining before connections are refused." default:"0s"`
}

// secret is a value that does not print.
type secret string

func (secret) String() string       { return "(withheld)" }
func (secret) LogValue() slog.Value { return slog.StringValue("(withheld)") }

// dsn is a database address; it prints without user, password and options.
type dsn string

func (d dsn) String() string {
	u, err := url.Parse(string(d))
	if err != nil || u.Opaque != "" || u.Scheme == "" || u.Host == "" {
		if d.sqlite() {
			return string(d)
		}
		return "(withheld)"
	}
	return u.Scheme + "://" + u.Host + u.Path
}

func (d dsn) sqlite() bool { return strings.HasPrefix(string(d), "sqlite:") }
func (d dsn) postgres() bool {
	return strings.HasPrefix(string(d), "postgres://") || strings.HasPrefix(string(d), "postgresql://")
}
func (d dsn) path() string { return strings.TrimPrefix(string(d), "sqlite:") }

// fillStores puts in the defaults of the stores, and refuses what is none.
func (c *config) fillStores() error {
	in := func(name string) dsn { return dsn("sqlite:" + filepath.Join(c.Data, name)) }
	if c.Store == "" {
		c.Store = in("events.db")
	}
	if c.Keys == "" {
		c.Keys = in("keys.db")
	}
	if c.Keyring == "" {
		c.Keyring = c.Data + ".keyring"
	}
	if c.KMS == "" {
		c.KMS = "file:" + c.Data + ".root.key"
	}
	for name, d := range map[string]dsn{"--store": c.Store, "--keys": c.Keys} {
		if !d.sqlite() && !d.postgres() {
			return fmt.Errorf("%s is neither sqlite:PATH nor postgres://…", name)
		}
	}
	return nil
}

// fill puts in the defaults that depend on other settings, and refuses what
// cannot work.
func (c *config) fill() error {
	if err := c.fillStores(); err != nil {
		return err
	}
	if len(c.Weights) == 0 {
		c.Weights = customer.DefaultWeights()
	}
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return errors.New("--tls-cert and --tls-key belong together")
	case c.NATS != "embedded" && !strings.HasPrefix(c.NATS, "nats://") && !strings.HasPrefix(c.NATS, "tls://"):
		return errors.New("--nats is neither embedded nor nats://…")
	case slices.ContainsFunc(c.Collations, func(tag string) bool { _, err := language.Parse(tag); return err != nil }):
		return errors.New("--collations are BCP 47 languages, like de or sv")
	case c.IndexMemory < 0:
		return errors.New("--index-memory must not be negative")
	case c.CachedStates < 1 || c.NoteMemory < 1 || c.RatePeople <= 0 || c.RateServices <= 0:
		return errors.New("--cached-states, --note-memory, --rate-people and --rate-services must be positive")
	case c.CodeAttempts < 1 || c.CodeLife <= 0 || c.CodesPerDay < 1 || c.FailuresPerDay < 1:
		return errors.New("--code-attempts, --code-life, --codes-per-day and --failures-per-day must be positive")
	case c.Issuer == "" && !loopback(c.HTTP):
		return errors.New("without --issuer only development tokens exist, and they are accepted on a loopback --http address only")
	}
	if err := c.checkPublicURL(); err != nil {
		return err
	}
	if err := c.checkAddresses(); err != nil {
		return err
	}
	if err := c.checkReads(); err != nil {
		return err
	}
	return c.Weights.Check()
}

// checkPublicURL: without one, links begin with the address that is listened
// on, which is good enough to try them out.
func (c *config) checkPublicURL() error {
	if c.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("--public-url is no address like https://customers.example.com")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(net.JoinHostPort(u.Hostname(), "0"))) {
		return errors.New("--public-url has to be https: whoever sees a link can use it")
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	return nil
}

// loopback tells whether an address can be reached from this machine alone.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// attrs is the whole configuration for the log, secrets withheld.
func (c *config) attrs() []any {
	issuer := c.Issuer
	if issuer == "" {
		issuer = "development"
	}
	return []any{"data", c.Data, "http", c.HTTP, "store", c.Store.String(), "keys", c.Keys.String(), "keyring", c.Keyring,
		"kms", kmsName(c.KMS), "nats", natsName(c.NATS), "nats_listen", c.NATSListen, "nats_token", c.NATSToken != "", "nats_creds", c.NATSCreds,
		"replicas", c.Replicas, "tls", c.TLSCert != "", "issuer", issuer, "audience", c.Audience, "roles_claim", c.RolesClaim,
		"customer_claim", c.CustomerClaim, "policies", c.Policies, "contact_rules", c.ContactRules, "note_types", c.NoteTypes, "activity_sources", c.ActivitySources, "significance", c.Significance, "read_purposes", c.ReadPurposes, "unusual_reads", fmt.Sprint(c.UnusualReads), "public_url", c.PublicURL, "link_page", c.LinkPage, "activate_on_email", c.ActivateOnEmail, "code_life", c.CodeLife.String(),
		"code_attempts", c.CodeAttempts, "codes_per_day", c.CodesPerDay, "failures_per_day", c.FailuresPerDay, "weights", fmt.Sprint(map[string]int(c.Weights)), "log_level", c.LogLevel.String(),
		"cached_states", c.CachedStates, "note_memory", c.NoteMemory, "index", c.Index, "index_memory", c.IndexMemory, "collations", fmt.Sprint(c.Collations), "rate_people", c.RatePeople, "rate_services", c.RateServices, "proxies", fmt.Sprint(c.Proxies),
		"address_provider", addressProvider(c.AddressProvider), "address_key", c.AddressKey != "", "address_wait", c.AddressWait.String(), "address_strict", fmt.Sprint(c.AddressStrict),
		"nats_ca", c.NATSCA, "otlp", c.OTLP != "", "drain", c.Drain.String()}
}

// kmsName shows which key, not how to reach it.
func kmsName(uri string) string {
	scheme, rest, _ := strings.Cut(uri, ":")
	if scheme == "file" {
		return "file:" + rest
	}
	return scheme
}

// addressProvider shows whom, not how to reach them.
func addressProvider(name string) string {
	if u, err := url.Parse(name); err == nil && u.Host != "" {
		return u.Scheme + "://" + u.Host
	}
	return name
}

func natsName(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return "(withheld)"
	}
	return u.Scheme + u.Host + u.Path
}
