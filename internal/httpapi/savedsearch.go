package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/savedsearch"
)

// SearchToSave is a search to be kept.
type SearchToSave struct {
	Name      string   `json:"name" maxLength:"100"`
	Query     string   `json:"query,omitempty" maxLength:"200"`
	Filter    string   `json:"filter,omitempty" maxLength:"4000"`
	Sort      string   `json:"sort,omitempty" enum:"relevance,registeredAt,-registeredAt,lastActivityAt,-lastActivityAt,name,-name"`
	Collation string   `json:"collation,omitempty" maxLength:"20"`
	Facets    []string `json:"facets,omitempty" maxItems:"10"`
	Shared    bool     `json:"shared,omitzero" doc:"Whoever may search sees it"`
}

// SavedSearch is a search that is kept.
type SavedSearch struct {
	ID        string    `json:"id" format:"uuid"`
	Name      string    `json:"name"`
	Query     string    `json:"query,omitempty"`
	Filter    string    `json:"filter,omitempty"`
	Sort      string    `json:"sort,omitempty"`
	Collation string    `json:"collation,omitempty"`
	Facets    []string  `json:"facets,omitempty"`
	Shared    bool      `json:"shared"`
	Mine      bool      `json:"mine" doc:"The caller saved it"`
	CreatedAt time.Time `json:"createdAt"`
	ChangedAt time.Time `json:"changedAt"`
}

// OnSearch is the input of an operation on one saved search.
type OnSearch struct {
	ID string `path:"id" format:"uuid" doc:"The saved search's id"`
}

type savedInput struct {
	OnSearch
	Fresh
}

type savedChange struct {
	OnSearch
	Matching
	Once
}

type savedShown struct {
	Status   int
	ETag     string `header:"ETag" doc:"The search's version, for If-Match"`
	Location string `header:"Location"`
	Body     *SavedSearch
}

type savedList struct {
	Body struct {
		Items []SavedSearch `json:"items"`
	} `nameHint:"SavedSearches"`
}

const savedPath, oneSavedPath = "/v1/searches", "/v1/searches/{id}"

func (s *service) savedRoutes(a *api) {
	tags := []string{"Search"}
	plain(a, huma.Operation{OperationID: "listSavedSearches", Method: http.MethodGet, Path: savedPath, Tags: tags,
		Summary: "List the caller's saved searches and those that are shared, by name"}, s.listSaved)
	withBody(a, huma.Operation{OperationID: "saveSearch", Method: http.MethodPost, Path: savedPath, DefaultStatus: http.StatusCreated, Tags: tags,
		Summary: "Save a search"}, s.saveSearch)
	plain(a, huma.Operation{OperationID: "getSavedSearch", Method: http.MethodGet, Path: oneSavedPath, Tags: tags,
		Summary: "Get a saved search"}, s.getSaved)
	withBody(a, huma.Operation{OperationID: "replaceSavedSearch", Method: http.MethodPut, Path: oneSavedPath, Tags: tags,
		Summary: "Change a saved search"}, s.replaceSaved)
	plain(a, huma.Operation{OperationID: "deleteSavedSearch", Method: http.MethodDelete, Path: oneSavedPath, DefaultStatus: http.StatusNoContent, Tags: tags,
		Summary: "Keep a saved search no longer"}, s.deleteSaved)
}

func (in OnSearch) searchID() (uuid.UUID, error) {
	id, err := uuid.Parse(in.ID)
	if err != nil {
		return uuid.Nil, fault.ErrNotFound
	}
	return id, nil
}

func (s *service) listSaved(ctx context.Context, in *Fresh) (*savedList, error) {
	all, err := s.app.SavedSearches(ctx, s.called(ctx, in.freshness()))
	if err != nil {
		return nil, err
	}
	out := new(savedList)
	out.Body.Items = make([]SavedSearch, len(all))
	for i := range all {
		out.Body.Items[i] = *renderSaved(&all[i])
	}
	return out, nil
}

func (s *service) getSaved(ctx context.Context, in *savedInput) (*savedShown, error) {
	id, err := in.searchID()
	if err != nil {
		return nil, err
	}
	v, err := s.app.SavedSearch(ctx, s.called(ctx, in.freshness()), id)
	if err != nil {
		return nil, err
	}
	return &savedShown{Status: http.StatusOK, ETag: etag(v.Version), Body: renderSaved(&v)}, nil
}

func (s *service) saveSearch(ctx context.Context, _ *Once, body *SearchToSave) (*savedShown, error) {
	call, leave, err := s.changing(ctx, http.StatusCreated)
	if err != nil {
		return nil, err
	}
	defer leave()
	v, err := s.app.SaveSearch(ctx, call, body.search())
	if err != nil {
		return nil, err
	}
	return &savedShown{http.StatusCreated, etag(v.Version), savedPath + "/" + v.ID.String(), renderSaved(&v)}, nil
}

func (s *service) replaceSaved(ctx context.Context, in *savedChange, body *SearchToSave) (*savedShown, error) {
	id, err := in.searchID()
	if err != nil {
		return nil, err
	}
	call, leave, err := s.changing(ctx, http.StatusOK)
	if err != nil {
		return nil, err
	}
	defer leave()
	v, err := s.app.ReplaceSearch(ctx, call, id, body.search())
	if err != nil {
		return nil, err
	}
	return &savedShown{Status: http.StatusOK, ETag: etag(v.Version), Body: renderSaved(&v)}, nil
}

func (s *service) deleteSaved(ctx context.Context, in *savedChange) (*struct{}, error) {
	id, err := in.searchID()
	if err != nil {
		return nil, err
	}
	call, leave, err := s.changing(ctx, http.StatusNoContent)
	if err != nil {
		return nil, err
	}
	defer leave()
	return nil, s.app.DropSearch(ctx, call, id)
}

func (b *SearchToSave) search() savedsearch.Search {
	return savedsearch.Search{Name: b.Name, Query: b.Query, Filter: b.Filter, Sort: b.Sort, Collation: b.Collation, Facets: b.Facets, Shared: b.Shared}
}

func renderSaved(v *app.SavedSearch) *SavedSearch {
	q := v.State.Search
	return &SavedSearch{ID: v.ID.String(), Name: q.Name, Query: q.Query, Filter: q.Filter, Sort: q.Sort, Collation: q.Collation, Facets: q.Facets, Shared: q.Shared, Mine: v.Mine,
		CreatedAt: v.State.CreatedAt.UTC(), ChangedAt: v.State.ChangedAt.UTC()}
}
