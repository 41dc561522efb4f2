package httpapi

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/app"
)

// AddressToCheck is an address that is only asked about: by its fields, or by
// the lines of its label.
type AddressToCheck struct {
	AddressLines
	Lines       []string         `json:"lines,omitempty" maxItems:"12" doc:"Instead of the fields but the country: a label, line by line"`
	Coordinates *AddressPosition `json:"coordinates,omitempty"`
}

// AddressReport is what is known of an address.
type AddressReport struct {
	Verdict     string              `json:"verdict" enum:"valid,corrected,unverifiable,invalid"`
	IsValidated bool                `json:"isValidated"`
	Address     AddressLines        `json:"address" doc:"With the corrections that were applied"`
	Checks      []AddressCheck      `json:"checks"`
	Corrections []AddressCorrection `json:"corrections,omitempty"`
	Provider    string              `json:"provider,omitempty"`
	Pending     bool                `json:"pending,omitzero" doc:"The provider did not answer"`
	Coordinates *AddressCoordinates `json:"coordinates,omitempty"`
	Formatted   *FormattedAddress   `json:"formatted"`
}

// AddressFormat is how a country writes addresses: enough to draw a form from.
type AddressFormat struct {
	Country    string              `json:"country"`
	Name       string              `json:"name" doc:"As labels have it"`
	Language   string              `json:"language,omitempty" doc:"BCP 47, of the names of areas"`
	Lines      [][]string          `json:"lines" doc:"Fields in the order of a label, line by line"`
	LatinLines [][]string          `json:"latinLines,omitempty" doc:"Where it differs"`
	Required   []string            `json:"required"`
	Uppercase  []string            `json:"uppercase" doc:"What a label has in capital letters"`
	Types      map[string]string   `json:"types,omitempty" doc:"What fields are called here: state may be a prefecture"`
	PostalCode *AddressPostalCodes `json:"postalCode,omitempty"`
	Areas      []AddressArea       `json:"areas,omitempty" doc:"What state may hold"`
}

// AddressPostalCodes is what a country's postal codes look like.
type AddressPostalCodes struct {
	Pattern  string   `json:"pattern" doc:"Regular expression of a whole code"`
	Examples []string `json:"examples,omitempty"`
	Prefix   string   `json:"prefix,omitempty" doc:"What labels put before it"`
}

// AddressArea is an administrative area.
type AddressArea struct {
	Key   string   `json:"key"`
	Names []string `json:"names,omitempty"`
	Latin string   `json:"latin,omitempty"`
	ISO   string   `json:"iso,omitempty" doc:"ISO 3166-2, without the country"`
}

type formatInput struct {
	Country string `path:"country" maxLength:"2" doc:"ISO 3166-1 alpha-2"`
}

type reportShown struct{ Body *AddressReport }

type formatShown struct{ Body *AddressFormat }

// RevalidationLine is one line of a report on addresses (NDJSON).
type RevalidationLine struct {
	Customers int64  `json:"customers" doc:"Looked at so far"`
	Of        int64  `json:"of" doc:"Customers with addresses"`
	Addresses int64  `json:"addresses"`
	Changed   int64  `json:"changed" doc:"More, or something else, is known than was"`
	Pending   int64  `json:"pending" doc:"The provider does not answer about them"`
	Done      bool   `json:"done,omitzero" doc:"The last line. A report without it broke off"`
	Code      string `json:"code,omitempty" doc:"With done: why the report is not complete"`
}

const revalidatePath = "/v1/addresses/revalidate"

func (s *service) addressCheckRoutes(a *api) {
	tags := []string{"Addresses"}
	plain(a, lineAnswers[RevalidationLine](a, huma.Operation{OperationID: "revalidateAddresses", Method: http.MethodPost, Path: revalidatePath, Tags: tags,
		Summary: "Validate all addresses again", Description: "What is found is stored where it differs, while serving."}), s.revalidateAddresses)
	withBody(a, huma.Operation{OperationID: "validateAddress", Method: http.MethodPost, Path: "/v1/addresses/validate", Tags: tags,
		Summary: "Validate an address", Description: "Nothing is stored."}, s.validateAddress)
	plain(a, huma.Operation{OperationID: "getAddressFormat", Method: http.MethodGet, Path: "/v1/address-formats/{country}", Tags: tags,
		Summary: "Get how a country writes addresses"}, s.addressFormat)
}

func (s *service) validateAddress(ctx context.Context, _ *struct{}, body *AddressToCheck) (*reportShown, error) {
	one := body.domain()
	if len(body.Lines) > 0 {
		if onlyCountry := (address.Address{Country: one.Country}); !reflect.DeepEqual(one, onlyCountry) {
			return nil, invalid("/lines", "one_of", "give the fields or the lines, with the country")
		}
		read, ok := address.Parse(one.Country, body.Lines)
		if !ok {
			return nil, invalid("/lines", "unreadable", "these lines are no address of the country")
		}
		one = read
	}
	r, err := s.app.ValidateAddress(ctx, s.called(ctx, Fresh{}.freshness()), one, body.Coordinates.domain())
	if err != nil {
		return nil, err
	}
	return &reportShown{&AddressReport{Verdict: string(r.Verdict), IsValidated: r.Good(), Address: AddressLines(r.Address),
		Checks: checks(r.Checks), Corrections: corrections(r.Corrections), Provider: r.Provider, Pending: r.Pending,
		Coordinates: coordinates(r.Coordinates), Formatted: formatted(r.Address)}}, nil
}

func (s *service) revalidateAddresses(ctx context.Context, _ *struct{}) (*stream, error) {
	out := &lineWriter{x: exchangeOf(ctx)}
	line := func(r app.Revalidation) RevalidationLine {
		return RevalidationLine{Customers: r.Customers, Of: r.Of, Addresses: r.Addresses, Changed: r.Changed, Pending: r.Pending}
	}
	total, err := s.app.RevalidateAddresses(ctx, s.called(ctx, Fresh{}.freshness()), func(r app.Revalidation) {
		out.write(line(r))
		out.flush()
	})
	if err != nil && !out.begun {
		return nil, err
	}
	last := line(total)
	last.Done = true
	if err != nil {
		last.Code = out.x.failed(ctx, err).Code
	}
	out.write(last)
	return &stream{func(huma.Context) {}}, nil
}

func (s *service) addressFormat(ctx context.Context, in *formatInput) (*formatShown, error) {
	f, err := s.app.AddressFormat(ctx, s.called(ctx, Fresh{}.freshness()), strings.ToUpper(in.Country))
	if err != nil {
		return nil, err
	}
	out := &AddressFormat{Country: f.Country, Name: f.Name, Language: f.Language, Lines: address.PatternLines(f.Pattern),
		Required: f.Required.Names(), Uppercase: f.Uppercase.Names(), Types: f.Types}
	if f.LatinPattern != "" {
		out.LatinLines = address.PatternLines(f.LatinPattern)
	}
	if f.PostalCodePattern != "" {
		out.PostalCode = &AddressPostalCodes{f.PostalCodePattern, f.PostalCodes, f.PostalCodePrefix}
	}
	for _, area := range f.Areas {
		out.Areas = append(out.Areas, AddressArea{area.Key, area.Names, area.Latin, area.ISO})
	}
	return &formatShown{out}, nil
}
