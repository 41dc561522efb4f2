package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/segment"
)

// NewSegment is a segment to be made.
type NewSegment struct {
	Key         string `json:"key,omitempty" maxLength:"64" doc:"What rules and messages call it: lower-case letters, digits and dashes; made of the name if left out. It stays"`
	Name        string `json:"name" maxLength:"100"`
	Description string `json:"description,omitempty" maxLength:"1000"`
	Type        string `json:"type" enum:"static,dynamic"`
	Criteria    string `json:"criteria,omitempty" maxLength:"4000" doc:"The rule of a dynamic segment"`
}

// SegmentPatch changes what it names.
type SegmentPatch struct {
	Name        Optional[string] `json:"name,omitzero"`
	Description Optional[string] `json:"description,omitzero"`
	Criteria    Optional[string] `json:"criteria,omitzero" doc:"A new version of the rule"`
	RollBackTo  Optional[int]    `json:"rollBackTo,omitzero" minimum:"1" doc:"The version whose rule is to hold again"`
}

// SegmentTrial is a rule to be tried.
type SegmentTrial struct {
	Criteria string `json:"criteria" maxLength:"4000"`
	Segment  string `json:"segment,omitempty" maxLength:"64" doc:"The id or key of the segment that the rule is to become that of: then what would change is told, too"`
}

// SegmentsToOverlap names segments.
type SegmentsToOverlap struct {
	Segments []string `json:"segments" minItems:"2" maxItems:"64" doc:"Ids or keys"`
}

// OnSegment is the input of an operation on one segment.
type OnSegment struct {
	ID string `path:"id" maxLength:"64" doc:"The segment's id or key"`
}

type segmentInput struct {
	OnSegment
	Fresh
}

type segmentChange struct {
	OnSegment
	Matching
	Once
}

type segmentShown struct {
	Status   int
	ETag     string `header:"ETag" doc:"The segment's version, for If-Match"`
	Location string `header:"Location"`
	Body     *Segment
}

type segmentsShown struct {
	Body struct {
		Items []Segment `json:"items"`
	} `nameHint:"SegmentList"`
}

type segmentVersions struct {
	Body struct {
		Items []SegmentVersion `json:"items"`
	} `nameHint:"SegmentVersions"`
}

type trialShown struct {
	Body SegmentPreview
}

type recomputedShown struct{ Body SegmentRecomputed }

type overlapShown struct{ Body SegmentOverlaps }

const segmentsPath, segmentPath = "/v1/segments", "/v1/segments/{id}"

func (s *service) segmentRoutes(a *api) {
	tags := []string{"Segments"}
	plain(a, huma.Operation{OperationID: "listSegments", Method: http.MethodGet, Path: segmentsPath, Tags: tags,
		Summary: "List the segments, by key"}, s.listSegments)
	withBody(a, huma.Operation{OperationID: "createSegment", Method: http.MethodPost, Path: segmentsPath, DefaultStatus: http.StatusCreated, Tags: tags,
		Summary: "Make a segment; the members of a dynamic one come in behind the answer"}, s.createSegment)
	plain(a, huma.Operation{OperationID: "getSegment", Method: http.MethodGet, Path: segmentPath, Tags: tags,
		Summary: "Get a segment"}, s.getSegment)
	withBody(a, huma.Operation{OperationID: "patchSegment", Method: http.MethodPatch, Path: segmentPath, Tags: tags,
		Summary: "Change a segment; its members by a new rule are calculated behind the answer, and readers see those by the rule before until they are all known"}, s.patchSegment)
	plain(a, huma.Operation{OperationID: "deleteSegment", Method: http.MethodDelete, Path: segmentPath, DefaultStatus: http.StatusNoContent, Tags: tags,
		Summary: "Delete a segment that no other asks for; its members leave it behind the answer"}, s.deleteSegment)
	withBody(a, huma.Operation{OperationID: "previewSegment", Method: http.MethodPost, Path: segmentsPath + "/preview", Tags: tags,
		Summary: "Try a rule: whom it selects, and what it would change of a segment"}, s.previewSegment)
	withBody(a, huma.Operation{OperationID: "overlapSegments", Method: http.MethodPost, Path: segmentsPath + "/overlap", Tags: tags,
		Summary: "Count who is in which combination of some segments"}, s.overlapSegments)
	plain(a, huma.Operation{OperationID: "recomputeSegment", Method: http.MethodPost, Path: segmentPath + "/recompute", Tags: tags,
		Summary: "Hold a segment's rule against every customer again, and record what differs"}, s.recomputeSegment)
	plain(a, huma.Operation{OperationID: "listSegmentVersions", Method: http.MethodGet, Path: segmentPath + "/versions", Tags: tags,
		Summary: "List the versions of a segment's rule"}, s.segmentVersions)
	plain(a, huma.Operation{OperationID: "getSegmentHistory", Method: http.MethodGet, Path: segmentPath + "/history", Tags: tags,
		Summary: "Get a segment's size over time"}, s.segmentHistory)
	s.memberRoutes(a, tags)
}

func (s *service) listSegments(ctx context.Context, in *Fresh) (*segmentsShown, error) {
	all, err := s.app.ListSegments(ctx, s.called(ctx, in.freshness()))
	if err != nil {
		return nil, err
	}
	out := new(segmentsShown)
	out.Body.Items = make([]Segment, len(all))
	for i := range all {
		out.Body.Items[i] = *renderSegment(&all[i])
	}
	return out, nil
}

func (s *service) getSegment(ctx context.Context, in *segmentInput) (*segmentShown, error) {
	v, err := s.app.GetSegment(ctx, s.called(ctx, in.freshness()), in.ID)
	if err != nil {
		return nil, err
	}
	return &segmentShown{Status: http.StatusOK, ETag: etag(v.Version), Body: renderSegment(&v)}, nil
}

func (s *service) createSegment(ctx context.Context, _ *Once, body *NewSegment) (*segmentShown, error) {
	call, leave, err := s.changing(ctx, http.StatusCreated)
	if err != nil {
		return nil, err
	}
	defer leave()
	v, err := s.app.CreateSegment(ctx, call, segment.Create{Key: body.Key, Name: body.Name, Description: body.Description, Type: segment.Type(body.Type), Criteria: body.Criteria})
	if err != nil {
		return nil, err
	}
	return &segmentShown{http.StatusCreated, etag(v.Version), segmentsPath + "/" + v.ID.String(), renderSegment(&v)}, nil
}

func (s *service) patchSegment(ctx context.Context, in *segmentChange, body *SegmentPatch) (*segmentShown, error) {
	call, leave, err := s.changing(ctx, http.StatusOK)
	if err != nil {
		return nil, err
	}
	defer leave()
	v, err := s.app.PatchSegment(ctx, call, in.ID, app.SegmentChange{Name: body.Name.patch(), Description: body.Description.patch(),
		Criteria: body.Criteria.patch(), RollBackTo: body.RollBackTo.patch()})
	if err != nil {
		return nil, err
	}
	return &segmentShown{Status: http.StatusOK, ETag: etag(v.Version), Body: renderSegment(&v)}, nil
}

func (s *service) deleteSegment(ctx context.Context, in *segmentChange) (*struct{}, error) {
	call, leave, err := s.changing(ctx, http.StatusNoContent)
	if err != nil {
		return nil, err
	}
	defer leave()
	return nil, s.app.DeleteSegment(ctx, call, in.ID)
}

func (s *service) previewSegment(ctx context.Context, _ *struct{}, body *SegmentTrial) (*trialShown, error) {
	p, err := s.app.PreviewSegment(ctx, s.called(ctx, Fresh{}.freshness()), body.Criteria, body.Segment)
	if err != nil {
		return nil, err
	}
	out := SegmentPreview{Count: p.Count, Sample: idsOf(p.Sample)}
	if body.Segment != "" {
		out.Change = &SegmentDelta{Entering: p.Entering, Leaving: p.Leaving, EnteringSample: idsOf(p.EnteringSample), LeavingSample: idsOf(p.LeavingSample)}
	}
	return &trialShown{out}, nil
}

func (s *service) recomputeSegment(ctx context.Context, in *OnSegment) (*recomputedShown, error) {
	done, err := s.app.RecomputeSegment(ctx, s.called(ctx, Fresh{}.freshness()), in.ID)
	if err != nil {
		return nil, err
	}
	if done.Unsized {
		return new(recomputedShown), nil
	}
	return &recomputedShown{SegmentRecomputed{&done.Members, &done.Entered, &done.Left}}, nil
}

func (s *service) overlapSegments(ctx context.Context, _ *struct{}, body *SegmentsToOverlap) (*overlapShown, error) {
	found, err := s.app.OverlapSegments(ctx, s.called(ctx, Fresh{}.freshness()), body.Segments)
	if fault.CodeOf(err) == fault.ErrNotFound.Code {
		return nil, invalid("/segments", "unknown_segment", "one of them is no segment")
	}
	if err != nil {
		return nil, err
	}
	return &overlapShown{renderOverlaps(&found)}, nil
}
