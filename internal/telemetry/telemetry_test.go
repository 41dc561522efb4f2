package telemetry

import (
	"context"
	"errors"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
)

func TestScrapeShowsRequestsAndGauges(t *testing.T) {
	tel, err := Open(t.Context(), Config{Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer tel.Close(context.Background())
	requests, err := tel.NewRequests()
	if err != nil {
		t.Fatal(err)
	}
	requests.Observe(t.Context(), "GET", "/v1/customers/{id}", 404, "not_found", time.Millisecond)
	err = tel.Watch(Gauge{Name: "customers.registered", Read: func(context.Context) (float64, error) { return 42, nil }},
		Gauge{Name: "customers.broken", Read: func(context.Context) (float64, error) { return 0, errors.New("down") }})
	if err != nil {
		t.Fatal(err)
	}
	page := httptest.NewRecorder()
	tel.Scrape.ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{"http_server_request_duration_seconds_count", `http_route="/v1/customers/{id}"`, `code="not_found"`, "customers_registered", "42", "go_goroutine"} {
		if !strings.Contains(page.Body.String(), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page.Body.String(), "customers_broken{") {
		t.Error("a gauge that cannot be read is shown")
	}
}

func TestGaugesOfOneNameAreAllShown(t *testing.T) {
	tel, err := Open(t.Context(), Config{Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer tel.Close(context.Background())
	var gauges []Gauge
	statuses := []string{"pending", "active", "archived"}
	for i, status := range statuses {
		gauges = append(gauges, Gauge{Name: "customers.status", Doc: "Customers by status.", Attributes: []attribute.KeyValue{attribute.String("status", status)},
			Read: func(context.Context) (float64, error) { return float64(i), nil }})
	}
	if err := tel.Watch(gauges...); err != nil {
		t.Fatal(err)
	}
	page := httptest.NewRecorder()
	tel.Scrape.ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	for i, status := range statuses {
		if !regexp.MustCompile(`customers_status\{.*status="` + status + `"\} ` + strconv.Itoa(i)).MatchString(page.Body.String()) {
			t.Errorf("the page lacks status %s", status)
		}
	}
}
