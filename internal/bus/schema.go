package bus

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
)

// schema is the part of JSON Schema (draft 7, as AsyncAPI has it) that is
// needed here. Its encoding is deterministic: fields in this order, map keys
// sorted.
type schema struct {
	Schema      string             `json:"$schema,omitempty"`
	ID          string             `json:"$id,omitempty"`
	Ref         string             `json:"$ref,omitempty"`
	Title       string             `json:"title,omitempty"`
	Description string             `json:"description,omitempty"`
	AllOf       []*schema          `json:"allOf,omitempty"`
	Type        any                `json:"type,omitempty"` // a name, or a list of names
	Format      string             `json:"format,omitempty"`
	Pattern     string             `json:"pattern,omitempty"`
	Const       string             `json:"const,omitempty"`
	Enum        []string           `json:"enum,omitempty"`
	Minimum     *int               `json:"minimum,omitempty"`
	Items       *schema            `json:"items,omitempty"`
	Required    []string           `json:"required,omitempty"`
	Properties  map[string]*schema `json:"properties,omitempty"`
	Values      *schema            `json:"additionalProperties,omitempty"`
}

var (
	timeType = reflect.TypeFor[time.Time]()
	uuidType = reflect.TypeFor[uuid.UUID]()
	textType = reflect.TypeFor[encoding.TextMarshaler]()
)

// schemaOf describes how encoding/json writes a Go type. Objects stay open:
// a consumer must accept fields that are added later.
func schemaOf(t reflect.Type) *schema {
	switch {
	case t == timeType:
		return &schema{Type: "string", Format: "date-time"}
	case t == uuidType:
		return &schema{Type: "string", Format: "uuid"}
	case t.Kind() == reflect.Pointer:
		return schemaOf(t.Elem())
	case t.Implements(textType):
		return &schema{Type: "string"}
	}
	switch t.Kind() {
	case reflect.Bool:
		return &schema{Type: "boolean"}
	case reflect.String:
		return &schema{Type: "string"}
	case reflect.Float32, reflect.Float64:
		return &schema{Type: "number"}
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return &schema{Type: "string", Description: "base64"}
		}
		return &schema{Type: []string{"array", "null"}, Items: schemaOf(t.Elem())}
	case reflect.Map:
		return &schema{Type: []string{"object", "null"}, Values: schemaOf(t.Elem())}
	case reflect.Struct:
		return structSchema(t)
	case reflect.Interface:
		return &schema{}
	}
	return &schema{Type: "integer"} // what is left of what encoding/json takes
}

func structSchema(t reflect.Type) *schema {
	s := &schema{Type: "object", Properties: map[string]*schema{}}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		p := schemaOf(f.Type)
		p.Description = f.Tag.Get("doc")
		s.Properties[name] = p
		if !strings.Contains(options, "omit") {
			s.Required = append(s.Required, name)
		}
	}
	return s
}

// envelopeSchema is what every published event has. It describes appendEvent
// and appendData; a test holds them together.
func envelopeSchema() *schema {
	one := 1
	text := func(doc string) *schema { return &schema{Type: "string", Description: doc} }
	id := func(doc string) *schema { return &schema{Type: "string", Format: "uuid", Description: doc} }
	at := func(doc string) *schema { return &schema{Type: "string", Format: "date-time", Description: doc} }
	return &schema{
		Description: "A CloudEvent 1.0 without personal data. Fetch values over the API. Consumers ignore what they do not know.",
		Type:        "object",
		Required:    []string{"specversion", "id", "source", "type", "time", "datacontenttype", "lineage", "position", "partitionkey", "data"},
		Properties: map[string]*schema{
			"specversion":     {Type: "string", Const: "1.0"},
			"id":              text("lineage:position; the same event always has the same id"),
			"source":          {Type: "string", Const: Source},
			"type":            text("acme.customers.<Event>.v<schema>"),
			"subject":         id("the customer; absent when the event is about nobody"),
			"time":            at("when it happened"),
			"datacontenttype": {Type: "string", Const: "application/json"},
			"lineage":         id("of the log; another one means that the stream was filled anew after a restore"),
			"position":        {Type: "string", Pattern: "^[1-9][0-9]*$", Description: "in the log: 1, 2, 3, without a gap"},
			"partitionkey":    id("events with the same key are in order"),
			"traceparent":     text("W3C trace context"),
			"data": {
				Type:     "object",
				Required: []string{"aggregate", "aggregateId", "version", "actor", "source", "recordedAt", "changed"},
				Properties: map[string]*schema{
					"aggregate":   text("the kind of stream"),
					"aggregateId": id("the stream"),
					"version":     {Type: "integer", Minimum: &one, Description: "of the stream after the event"},
					"actor":       {Type: "string", Description: "what kind of caller acted", Enum: actors()},
					"source":      text("the channel"),
					"recordedAt":  at("when it was committed"),
					"changed":     {Type: "array", Items: &schema{Type: "string"}, Description: "names of the fields that the event sets"},
				},
			},
		},
	}
}

func actors() []string {
	return []string{string(event.ActorCustomer), string(event.ActorSupport), string(event.ActorMarketing), string(event.ActorCompliance),
		string(event.ActorAdmin), string(event.ActorService), string(event.ActorSystem)}
}

// eventSchema is what an event has besides: its type and its public fields.
func eventSchema(d *event.Definition) *schema {
	data := &schema{Type: "object", Properties: map[string]*schema{
		"changed": {Type: "array", Items: &schema{Type: "string", Enum: topNames(d.Type)}},
	}}
	if t := d.Codec.PublicType(); t != nil {
		data.Required = []string{"fields"}
		data.Properties["fields"] = structSchema(t)
	}
	return &schema{Type: "object", Properties: map[string]*schema{
		"type": {Type: "string", Const: TypeOf(d.Name, d.Schema)},
		"data": data,
	}}
}

func topNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// Schemas gives one self-contained JSON Schema per event, by file name, e.g.
// "CustomerRegistered.v1.json".
func Schemas(defs []event.Definition) (map[string][]byte, error) {
	out := map[string][]byte{}
	for i := range defs {
		d := &defs[i]
		s := &schema{Schema: "http://json-schema.org/draft-07/schema#", ID: "https://schemas.acme.example/customers/" + messageName(d) + ".json",
			Title: d.Name, Description: d.Doc, AllOf: []*schema{envelopeSchema(), eventSchema(d)}}
		raw, err := json.MarshalIndent(s, "", "  ")
		if err != nil {
			return nil, err
		}
		out[messageName(d)+".json"] = append(raw, '\n')
	}
	return out, nil
}
