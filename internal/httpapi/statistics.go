package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acme/customers/internal/index"
)

type statistics struct{ Body index.Statistics }

func (s *service) statisticsRoutes(a *api) {
	plain(a, huma.Operation{OperationID: "getStatistics", Method: http.MethodGet, Path: "/v1/statistics/customers", Tags: []string{"Statistics"},
		Summary: "Count customers: by status and type, registrations a day, completeness, the registration funnel"}, s.statistics)
}

func (s *service) statistics(ctx context.Context, in *Fresh) (*statistics, error) {
	counted, err := s.app.Statistics(ctx, s.called(ctx, in.freshness()))
	if err != nil {
		return nil, err
	}
	return &statistics{counted}, nil
}
