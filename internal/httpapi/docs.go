package httpapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// The page is rendered here, once: no script, nothing fetched from elsewhere,
// so that it works without a network and its policy can forbid everything.
var (
	//go:embed docs.html
	docsHTML string
	//go:embed docs.css
	docsCSS string
)

// documents renders /openapi.yaml and /docs. Call it after all routes are
// registered.
func (a *api) documents() (openapi, docs http.Handler, err error) {
	yaml, err := a.huma.OpenAPI().YAML()
	if err != nil {
		return nil, nil, fmt.Errorf("httpapi: openapi.yaml: %w", err)
	}
	page, err := renderDocs(a.huma.OpenAPI())
	if err != nil {
		return nil, nil, err
	}
	style := sha256.Sum256([]byte(docsCSS))
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(style[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return document(yaml, "application/openapi+yaml", ""), document(page, "text/html; charset=utf-8", policy), nil
}

// document serves bytes that hold no personal data and may be cached shortly.
func document(content []byte, media, policy string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", media)
		h.Set("Cache-Control", "public, max-age=60")
		if policy != "" {
			h.Set("Content-Security-Policy", policy)
		}
		_, _ = w.Write(content)
	})
}

func renderDocs(o *huma.OpenAPI) ([]byte, error) {
	page, err := template.New("docs").Funcs(template.FuncMap{
		"style":    func() template.CSS { return template.CSS(docsCSS) }, // ours, not input
		"ref":      func(s *huma.Schema) string { return strings.TrimPrefix(s.Ref, "#/components/schemas/") },
		"limits":   schemaLimits,
		"required": func(s *huma.Schema, name string) bool { return slices.Contains(s.Required, name) },
		"lower":    strings.ToLower,
		"own": func(all []*huma.Param) []*huma.Param { // but for what every operation takes
			return slices.DeleteFunc(slices.Clone(all), func(p *huma.Param) bool { return p.Ref != "" })
		},
	}).Parse(docsHTML)
	if err != nil {
		return nil, fmt.Errorf("httpapi: docs page: %w", err)
	}
	var out bytes.Buffer
	err = page.Execute(&out, map[string]any{"API": o, "Operations": described(o), "Schemas": o.Components.Schemas.Map()})
	return out.Bytes(), err
}

// described lists the operations by path, then method.
func described(o *huma.OpenAPI) []*huma.Operation {
	var out []*huma.Operation
	for _, path := range slices.Sorted(maps.Keys(o.Paths)) {
		for _, op := range operations(o.Paths[path]) {
			out = append(out, op)
		}
	}
	return out
}

// operations gives the operations of a path by method.
func operations(item *huma.PathItem) iter.Seq2[string, *huma.Operation] {
	return func(yield func(string, *huma.Operation) bool) {
		if item == nil {
			return
		}
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil && !yield(op.Method, op) {
				return
			}
		}
	}
}

// schemaLimits words what a schema demands beyond its type.
func schemaLimits(s *huma.Schema) string {
	var out []string
	if s.Format != "" {
		out = append(out, s.Format)
	}
	if s.MinLength != nil {
		out = append(out, fmt.Sprintf("at least %d characters", *s.MinLength))
	}
	if s.MaxLength != nil {
		out = append(out, fmt.Sprintf("at most %d characters", *s.MaxLength))
	}
	if s.Minimum != nil {
		out = append(out, fmt.Sprintf("at least %v", *s.Minimum))
	}
	if s.Maximum != nil {
		out = append(out, fmt.Sprintf("at most %v", *s.Maximum))
	}
	if s.MaxItems != nil {
		out = append(out, fmt.Sprintf("at most %d items", *s.MaxItems))
	}
	if s.Pattern != "" {
		out = append(out, "matches "+s.Pattern)
	}
	if len(s.Enum) > 0 {
		out = append(out, fmt.Sprintf("one of %v", s.Enum))
	}
	if s.Nullable {
		out = append(out, "or null")
	}
	return strings.Join(out, ", ")
}
