package receipt

import (
	"bytes"
	"crypto"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const hash = crypto.SHA256

// schema is Schema, ready. Only who checks a receipt waits for it.
var schema = sync.OnceValue(compile)

func compile() *jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		panic(err) // it is part of the program
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("receipt.json", doc); err != nil {
		panic(err)
	}
	return c.MustCompile("receipt.json")
}
