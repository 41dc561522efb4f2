package httpapi

import (
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"net/url"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// api is where operations are registered. huma routes them, reads their
// parameters, writes their answers and describes them (OpenAPI 3.1); bodies
// and errors are ours.
type api struct {
	huma   huma.API
	mux    *http.ServeMux
	limits Limits
}

func newAPI(limits Limits) *api {
	replaceHumaErrors()
	mux := http.NewServeMux()
	return &api{huma: humago.New(mux, humaConfig()), mux: mux, limits: limits}
}

func humaConfig() huma.Config {
	format := huma.Format{Marshal: marshal, Unmarshal: func([]byte, any) error {
		panic("httpapi: huma reads a body; register the operation withBody")
	}}
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{Title: "Customers", Version: "1", Description: "ACME's customers: " +
				"identity, contact, profile, lifecycle. Personal data is never in a URL and never in an error."},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT"},
				},
				Parameters: map[string]*huma.Param{"Purpose": {Name: purposeHeader, In: "header", Schema: &huma.Schema{Type: huma.TypeString},
					Description: "What the caller does this for, for the access log: one of the purposes that the service knows. Policies may require it"}},
			},
			Security: []map[string][]string{{"bearer": {}}},
		},
		// Problems have their own media type, which huma looks up here.
		Formats:                      map[string]huma.Format{mediaJSON: format, problemJSON: format},
		DefaultFormat:                mediaJSON,
		RejectUnknownQueryParameters: true,
	}
	config.AllowAdditionalPropertiesByDefault = true // answers may grow; describeBody closes requests
	return config
}

// purposeHeader is what every operation takes, so that no input names it.
const purposeHeader = "X-Purpose"

// plain registers an operation without a body.
func plain[I, O any](a *api, op huma.Operation, handle func(context.Context, *I) (*O, error)) {
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		if err := unrepeated(exchangeOf(ctx).request.URL); err != nil {
			return nil, problemOf(ctx, err)
		}
		out, err := handle(ctx, in)
		if err != nil {
			return nil, problemOf(ctx, err)
		}
		return out, nil
	})
	described := a.described(op)
	described.Parameters = append(described.Parameters, &huma.Param{Ref: "#/components/parameters/Purpose"})
	described.Responses["default"] = &huma.Response{Description: "A refusal (RFC 9457)",
		Content: map[string]*huma.MediaType{problemJSON: {Schema: a.schema(reflect.TypeFor[Problem](), "Problem")}}}
}

// unrepeated refuses a parameter that is given twice, as the decoder does a
// member: which of the two counts would be a guess. huma has refused unknown
// names before, so that the name may be told.
func unrepeated(u *url.URL) error {
	if u.RawQuery == "" {
		return nil
	}
	for name, values := range u.Query() {
		if len(values) > 1 {
			return invalid(parameter+name, "repeated_parameter", "this parameter may be given once")
		}
	}
	return nil
}

// withBody registers an operation whose body is a B. The strict decoder reads
// it; huma sees no body, for it would echo one in its messages, and is told of
// its schema afterwards.
func withBody[I, B, O any](a *api, op huma.Operation, handle func(context.Context, *I, *B) (*O, error)) {
	d, media := newDecoder[B](a.limits), mediaTypes(op.Method)
	plain(a, op, func(ctx context.Context, in *I) (*O, error) {
		body, err := readJSON(exchangeOf(ctx), d, media)
		if err != nil {
			return nil, err
		}
		return handle(ctx, in, body)
	})
	a.describeBody(op, media, reflect.TypeFor[B](), true)
}

// withOptionalBody is withBody for a body that may be left out: then it is zero.
func withOptionalBody[I, B, O any](a *api, op huma.Operation, handle func(context.Context, *I, *B) (*O, error)) {
	d, media := newDecoder[B](a.limits), mediaTypes(op.Method)
	plain(a, op, func(ctx context.Context, in *I) (*O, error) {
		x := exchangeOf(ctx)
		if x.request.ContentLength == 0 { // with or without a media type: many clients always send one
			return handle(ctx, in, new(B))
		}
		body, err := readJSON(x, d, media)
		if err != nil {
			return nil, err
		}
		return handle(ctx, in, body)
	})
	a.describeBody(op, media, reflect.TypeFor[B](), false)
}

// withLines registers an operation that reads its body line by line (NDJSON)
// as it arrives; limit bounds the whole body.
func withLines[I, B, O any](a *api, op huma.Operation, limit int64, handle func(context.Context, *I, lines[B]) (*O, error)) {
	d, media := newDecoder[B](a.limits), []string{mediaLines}
	plain(a, op, func(ctx context.Context, in *I) (*O, error) {
		x := exchangeOf(ctx)
		if err := checkMedia(x.request.Header, media); err != nil {
			return nil, err
		}
		return handle(ctx, in, d.lines(http.MaxBytesReader(x.writer, x.request.Body, limit)))
	})
	a.describeBody(op, media, reflect.TypeFor[B](), true)
}

// withCSV registers an operation that reads its body as CSV, as it arrives;
// limit bounds it.
func withCSV[I, O any](a *api, op huma.Operation, limit int64, handle func(context.Context, *I, io.Reader) (*O, error)) {
	plain(a, op, func(ctx context.Context, in *I) (*O, error) {
		x := exchangeOf(ctx)
		if err := checkMedia(x.request.Header, []string{mediaTable}); err != nil {
			return nil, err
		}
		return handle(ctx, in, http.MaxBytesReader(x.writer, x.request.Body, limit))
	})
	a.described(op).RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{mediaTable: {Schema: &huma.Schema{Type: huma.TypeString}}}}
}

// lineAnswers documents an answer of NDJSON, each line a T.
func lineAnswers[T any](a *api, op huma.Operation) huma.Operation {
	op.Responses = map[string]*huma.Response{"200": {Description: "One value a line",
		Content: map[string]*huma.MediaType{mediaLines: {Schema: a.schema(reflect.TypeFor[T](), "")}}}}
	return op
}

// readJSON reads the body of a request, and what an idempotency key stands for.
func readJSON[B any](x *exchange, d *decoder[B], media []string) (body *B, err error) {
	if err := checkMedia(x.request.Header, media); err != nil {
		return nil, err
	}
	err = readBody(x.writer, x.request, d.limits.Body, func(raw []byte) (err error) {
		x.bodyHash = sha256.Sum256(raw)
		body, err = d.decode(raw)
		return err
	})
	return body, err
}
