package main

import (
	"fmt"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// The media types that the client knows.
const (
	mediaJSON   = "application/json"
	mediaPatch  = "application/merge-patch+json"
	mediaLines  = "application/x-ndjson"
	mediaEvents = "text/event-stream"
	mediaTable  = "text/csv"
)

// options are the parameters that a call takes as an option, and the bit that
// allows it. The others are arguments.
var options = map[string]string{"Idempotency-Key": "takesKey", "If-Match": "takesIfMatch", "If-None-Match": "takesIfNoneMatch",
	"minPosition": "takesFresh", "Cache-Control": "takesFresh", "asOf": "takesAsOf", "at": "takesAt", "Customers-Source": "takesSource", "Last-Event-ID": ""}

// repeatable are the operations that may be sent again although they are not
// safe by their method and take no key: they only ask, or what they tell has
// an id of its own and is recorded once (docs/api.md).
var repeatable = []string{
	"lookupCustomer", "validateAddress", "decideContact", "batchDecideContact", "batchGetContext", "exportConsents", // ask
	"createPreferenceLink", "batchCreatePreferenceLinks", // store nothing
	"recordActivity", "batchRecordActivities", "batchReportMessages", // have ids
	"loadSegmentMembers", // says who is in, and not who comes
}

// method is one operation.
type method struct {
	Name, ID, HTTP, Path string
	Doc                  []string
	Args                 []argument // of the path, in its order
	Query                []argument
	Params               string // the struct of several query parameters
	Takes                []string
	In, InMedia, Out     string
	Lines, Events, Batch bool
	Raw                  bool // what goes in is sent as it is
	// Of a page:
	All, Item, Cursor string
}

type argument struct{ Name, Field, JSON, Type, Doc string }

var braces = regexp.MustCompile(`\{([^}]*)\}`)

func (t *typing) method(path, verb string, o operation) (m method, err error) {
	m = method{Name: exported(o.ID), ID: o.ID, HTTP: strings.ToUpper(verb), Path: braces.ReplaceAllString(path, "{}")}
	for _, name := range braces.FindAllStringSubmatch(path, -1) {
		m.Args = append(m.Args, argument{Name: unexported(name[1]), Type: "string"})
	}
	for _, p := range o.Parameters {
		if err := t.parameter(&m, p); err != nil {
			return m, fmt.Errorf("%s: %w", o.ID, err)
		}
	}
	if m.HTTP == "GET" || slices.Contains(repeatable, o.ID) {
		m.Takes = append(m.Takes, "repeatable")
	}
	slices.Sort(m.Takes)
	m.Takes = slices.Compact(m.Takes)
	if err := m.media(o); err != nil {
		return m, fmt.Errorf("%s: %w", o.ID, err)
	}
	m.params()
	t.pages(&m)
	m.Doc = docOf(&m, path, o)
	return m, nil
}

func (t *typing) parameter(m *method, p parameter) error {
	option, is := options[p.Name]
	switch {
	case is && option != "":
		m.Takes = append(m.Takes, option)
		return nil
	case is, p.In == "path":
		return nil
	case p.In != "query":
		return fmt.Errorf("the parameter %s in %s is unknown", p.Name, p.In)
	}
	typ, err := t.of(m.ID, p.Name, p.Schema)
	m.Query = append(m.Query, argument{unexported(p.Name), exported(p.Name), p.Name, typ, p.Description})
	return err
}

// media finds what goes in and out.
func (m *method) media(o operation) error {
	if in := o.RequestBody.Content; in != nil {
		switch {
		case in[mediaPatch].Schema != nil:
			m.InMedia = mediaPatch
		case in[mediaLines].Schema != nil:
			m.InMedia, m.Batch = mediaLines, true
		case in[mediaTable].Schema != nil:
			m.InMedia, m.Raw = mediaTable, true
		default:
			m.InMedia = mediaJSON
		}
		if in[m.InMedia].Schema == nil {
			return fmt.Errorf("its body is neither JSON nor NDJSON nor CSV")
		}
		m.In = exported(refName(in[m.InMedia].Schema))
	}
	for _, code := range slices.Sorted(maps.Keys(o.Responses)) {
		for media, c := range o.Responses[code].Content {
			switch media {
			case mediaLines, mediaEvents:
				m.Lines, m.Events = media == mediaLines, media == mediaEvents
			case mediaJSON:
			default:
				continue // a problem, or CSV beside NDJSON
			}
			m.Out = exported(refName(c.Schema))
		}
	}
	if m.Batch && !m.Lines {
		return fmt.Errorf("it takes lines and gives none")
	}
	return nil
}

// params makes one argument of the query: the parameter itself where it is
// one, Page or a struct of the operation's where they are several.
func (m *method) params() {
	for i := range m.Query {
		if q := &m.Query[i]; token.IsKeyword(q.Name) {
			q.Name = unexported(q.Type)
		}
	}
	if len(m.Query) < 2 {
		return
	}
	m.Params = m.Name + "Params"
	if len(m.Query) == 2 && m.Query[0].JSON == "cursor" && m.Query[1].JSON == "limit" {
		m.Params = "Page"
	}
}

// pages finds the operations that have a next page.
func (t *typing) pages(m *method) {
	i := slices.IndexFunc(m.Query, func(a argument) bool { return a.JSON == "cursor" || a.JSON == "after" })
	out := t.schemas[m.Out]
	if i < 0 || m.Params == "" || out == nil || out.Properties["next"] == nil || out.Properties["items"] == nil {
		return
	}
	m.Cursor, m.Item = m.Query[i].Field, "string" // ids
	if name := refName(out.Properties["items"].Items); name != "" {
		m.Item = exported(name)
	}
	m.All = "All" + strings.TrimPrefix(strings.TrimPrefix(m.Name, "Get"), "List")
}
