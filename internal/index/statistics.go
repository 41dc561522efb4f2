package index

// Statistics counts all customers. It holds numbers only.
type Statistics struct {
	Position      int64            `json:"position"` // of the log, up to which it counts
	Total         int64            `json:"total"`
	ByStatus      map[string]int64 `json:"byStatus"`
	ByType        map[string]int64 `json:"byType"`
	Registrations map[string]int64 `json:"registrations"` // by day, UTC, "2026-11-23"
	Completeness  Completeness     `json:"completeness"`
	Funnel        []Stage          `json:"funnel"`
}

// Completeness sums up the scores of all customers.
type Completeness struct {
	Average   float64          `json:"average"`   // 0-100
	Above80   float64          `json:"above80"`   // share 0-1 of customers with a score over 80
	Histogram [10]int64        `json:"histogram"` // scores 0-9, 10-19, …, 90-100
	Missing   map[string]int64 `json:"missing"`   // customers that lack a part
}

// Stage is one step of the registration funnel.
type Stage struct {
	Name  string  `json:"name"` // registered, verification_requested, email_verified, activated
	Count int64   `json:"count"`
	Share float64 `json:"share"` // of the registered
}
