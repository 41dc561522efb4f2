package bus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2/yaml"

	"github.com/acme/customers/internal/event"
)

// InboundSpec describes a message that we take, for the AsyncAPI document.
type InboundSpec struct {
	Subject string // "identity.v1.UserRegistered"
	Doc     string
	Data    reflect.Type // a struct with json and doc tags; nil is any object
}

// The AsyncAPI 3.0 document, as far as it is used.
type (
	document struct {
		AsyncAPI    string               `json:"asyncapi"`
		Info        info                 `json:"info"`
		ContentType string               `json:"defaultContentType"`
		Channels    map[string]channel   `json:"channels"`
		Operations  map[string]operation `json:"operations"`
		Components  components           `json:"components"`
	}
	info struct {
		Title       string `json:"title"`
		Version     string `json:"version"`
		Description string `json:"description"`
	}
	channel struct {
		Address  string         `json:"address"`
		Messages map[string]ref `json:"messages"`
	}
	operation struct {
		Action   string `json:"action"`
		Summary  string `json:"summary"`
		Channel  ref    `json:"channel"`
		Messages []ref  `json:"messages"`
	}
	components struct {
		Messages map[string]message `json:"messages"`
		Schemas  map[string]*schema `json:"schemas"`
	}
	message struct {
		Name    string `json:"name"`
		Summary string `json:"summary"`
		Payload ref    `json:"payload"`
	}
	ref struct {
		Ref string `json:"$ref"`
	}
)

// AsyncAPI describes, in YAML, every event that we publish and every message
// that we take. The same catalogue gives the same bytes.
func AsyncAPI(defs []event.Definition, inbound ...InboundSpec) ([]byte, error) {
	doc, err := describe(defs, inbound)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = yaml.Convert(&out, bytes.NewReader(raw))
	return out.Bytes(), err
}

func describe(defs []event.Definition, inbound []InboundSpec) (*document, error) {
	doc := &document{
		AsyncAPI: "3.0.0",
		Info: info{"ACME customers", "1", "What happens to customers, as CloudEvents 1.0 in JSON on NATS JetStream, stream customers. " +
			"Events are thin: public fields and the names of what changed. " +
			"Delivery is at least once and in the order of positions; consumers recognise an event by its id."},
		ContentType: ContentType,
		Channels:    map[string]channel{}, Operations: map[string]operation{},
		Components: components{Messages: map[string]message{}, Schemas: map[string]*schema{"CloudEvent": envelopeSchema()}},
	}
	for i := range defs {
		d := &defs[i]
		if d.Codec == nil {
			return nil, fmt.Errorf("bus: event %s has no codec", d.Name)
		}
		s := &schema{Description: d.Doc, AllOf: []*schema{{Ref: "#/components/schemas/CloudEvent"}, eventSchema(d)}}
		if err := doc.add("send", d.Name, SubjectPrefix+d.Name, messageName(d), d.Doc, s); err != nil {
			return nil, err
		}
	}
	for _, in := range inbound {
		name := in.Subject[strings.LastIndexByte(in.Subject, '.')+1:]
		if err := doc.add("receive", name, in.Subject, name, in.Doc, inboundSchema(in, name)); err != nil {
			return nil, err
		}
	}
	return doc, nil
}

// add puts one message into the document: several versions of an event share a
// channel.
func (doc *document) add(action, name, address, key, summary string, s *schema) error {
	if _, twice := doc.Components.Messages[key]; twice {
		return fmt.Errorf("bus: message %s is described twice", key)
	}
	doc.Components.Schemas[key] = s
	doc.Components.Messages[key] = message{Name: key, Summary: summary, Payload: ref{"#/components/schemas/" + key}}
	c, known := doc.Channels[name]
	if !known {
		c = channel{Address: address, Messages: map[string]ref{}}
	}
	c.Messages[key] = ref{"#/components/messages/" + key}
	doc.Channels[name] = c
	op := doc.Operations[action+name]
	op.Action, op.Summary, op.Channel = action, summary, ref{"#/channels/" + name}
	op.Messages = append(op.Messages, ref{"#/channels/" + name + "/messages/" + key})
	doc.Operations[action+name] = op
	return nil
}

// messageName is "CustomerRegistered.v1".
func messageName(d *event.Definition) string { return d.Name + ".v" + strconv.Itoa(d.Schema) }

// inboundSchema is a CloudEvent of another service.
func inboundSchema(in InboundSpec, name string) *schema {
	data := &schema{Type: "object"}
	if in.Data != nil {
		data = structSchema(in.Data)
	}
	text := &schema{Type: "string"}
	return &schema{
		Description: in.Doc, Type: "object", Required: []string{"specversion", "id", "source", "type", "data"},
		Properties: map[string]*schema{
			"specversion": {Type: "string", Const: "1.0"}, "id": text, "source": text, "subject": text,
			"type": {Type: "string", Pattern: `(^|\.)` + name + `(\.|$)`, Description: "names the event as one of its segments"},
			"time": {Type: "string", Format: "date-time"}, "datacontenttype": {Type: "string", Const: "application/json"},
			"data": data,
		},
	}
}
