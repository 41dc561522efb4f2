package trust

import (
	"encoding/json"
	"fmt"
	"time"

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

// patient reads again while a service that has just come back says that it is
// not available: that is no answer about what was lost.
func patient(c *service.Client, method, path string, body any) (a service.Answer, err error) {
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if a, err = c.Do(method, path, body); err != nil || a.Status != 503 {
			break
		}
	}
	return a, err
}
