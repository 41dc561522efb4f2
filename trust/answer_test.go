package trust

import (
	"encoding/json"
	"fmt"

	"github.com/acme/customers/trust/service"
)

// found reads the answer to a look-up.
func found(a service.Answer) ([]service.Customer, error) {
	if a.Status != 200 {
		return nil, fmt.Errorf("look-up answers %d %s", a.Status, a.Code())
	}
	var out struct {
		Total int
		Items []service.Customer
	}
	if err := json.Unmarshal(a.Body, &out); err != nil {
		return nil, err
	}
	if out.Total != len(out.Items) {
		return nil, fmt.Errorf("total %d of %d items", out.Total, len(out.Items))
	}
	return out.Items, nil
}
