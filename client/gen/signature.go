package main

import (
	"cmp"
	"fmt"
	"strings"
)

// docOf is the comment of a method.
func docOf(m *method, path string, o operation) []string {
	doc := []string{fmt.Sprintf("%s is %s %s: %s.", m.Name, m.HTTP, path, strings.ToLower(o.Summary[:1])+o.Summary[1:])}
	if o.Description != "" {
		doc = append(doc, o.Description)
	}
	names := map[string]string{"takesIfMatch": "IfMatch", "takesIfNoneMatch": "IfNoneMatch", "takesFresh": "MinPosition, MaxAge", "takesAsOf": "AsOf", "takesAt": "At", "takesSource": "Source", "takesKey": "Key"}
	var takes []string
	for _, bit := range m.Takes {
		if names[bit] != "" {
			takes = append(takes, names[bit])
		}
	}
	if len(takes) > 0 {
		doc = append(doc, "It takes the options "+strings.Join(takes, ", ")+".")
	}
	return doc
}

// Result is the method's result type.
func (m *method) Result() string {
	switch {
	case m.Events:
		return "iter.Seq2[Event[" + m.Out + "], error]"
	case m.Lines:
		return "iter.Seq2[" + m.Out + ", error]"
	case m.Out == "":
		return "error"
	}
	return "(" + m.Out + ", error)"
}

// Signature is the list of parameters between ctx and opts.
func (m *method) Signature() string {
	var out strings.Builder
	for _, a := range m.Args {
		out.WriteString(", " + a.Name + " string")
	}
	out.WriteString(m.queryArgument(true))
	switch {
	case m.Batch:
		out.WriteString(", lines []" + m.In)
	case m.Raw:
		out.WriteString(", file []byte")
	case m.In != "":
		out.WriteString(", in " + m.In)
	case m.Events:
		out.WriteString(", lastEventID string")
	}
	return out.String()
}

// Arguments passes a page's on.
func (m *method) Arguments() string {
	var out strings.Builder
	for _, a := range m.Args {
		out.WriteString(", " + a.Name)
	}
	return out.String() + m.queryArgument(false)
}

func (m *method) queryArgument(typed bool) string {
	name, typ := "", ""
	switch {
	case m.Params != "":
		name, typ = "p", m.Params
	case len(m.Query) == 1:
		name, typ = m.Query[0].Name, m.Query[0].Type
	default:
		return ""
	}
	if typed {
		return ", " + name + " " + typ
	}
	return ", " + name
}

// Op is the description of the operation at run time.
func (m *method) Op() string {
	takes := cmp.Or(strings.Join(m.Takes, " | "), "0")
	return fmt.Sprintf("op{%q, %q, %q, %q, %s}", m.ID, m.HTTP, m.Path, m.InMedia, takes)
}

// Ask is the expression of a call's arguments.
func (m *method) Ask() string {
	var ids, query strings.Builder
	for _, a := range m.Args {
		ids.WriteString(", " + a.Name)
	}
	for _, q := range m.Query {
		value := q.Name
		if m.Params != "" {
			value = "p." + q.Field
		}
		query.WriteString(fmt.Sprintf(", %q, %s", q.JSON, value))
	}
	out := "c.ask(" + m.Op() + ", opts" + ids.String() + ")"
	if query.Len() > 0 {
		out += ".query(" + query.String()[2:] + ")"
	}
	return out
}

// Call is the body of the method.
func (m *method) Call() string {
	switch {
	case m.Events:
		return "follow[" + m.Out + "](ctx, " + m.Ask() + ", lastEventID)"
	case m.Batch:
		return "batch[" + m.Out + "](ctx, " + m.Ask() + ", lines)"
	case m.Lines && m.In != "":
		return "stream[" + m.Out + "](ctx, " + m.Ask() + ".body(in))"
	case m.Lines:
		return "stream[" + m.Out + "](ctx, " + m.Ask() + ")"
	}
	ask := m.Ask()
	switch {
	case m.Raw:
		ask += ".raw(file)"
	case m.In != "":
		ask += ".body(in)"
	}
	if m.Out == "" {
		return ask + ".done(ctx)"
	}
	return "answer[" + m.Out + "](ctx, " + ask + ")"
}
