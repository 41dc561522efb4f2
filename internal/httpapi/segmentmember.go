package httpapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/fault"
)

// MembersPatch changes members of a static segment.
type MembersPatch struct {
	Add    []string `json:"add,omitempty" maxItems:"10000" doc:"Ids of customers"`
	Remove []string `json:"remove,omitempty" maxItems:"10000" doc:"Ids of customers"`
	// By search, everybody is put in or taken out who is found now.
	AddFound    *MembersFound `json:"addFound,omitempty" doc:"Everybody who is found now; at most 100,000"`
	RemoveFound *MembersFound `json:"removeFound,omitempty" doc:"Everybody who is found now"`
}

// MembersFound asks for customers as a search does.
type MembersFound struct {
	Query  string `json:"query,omitempty" maxLength:"200"`
	Filter string `json:"filter,omitempty" maxLength:"4000"`
}

func (f *MembersFound) query() *app.CustomerQuery {
	if f == nil {
		return nil
	}
	return &app.CustomerQuery{Text: f.Query, Filter: f.Filter}
}

type membersInput struct {
	OnSegment
	Fresh
	AsOf   time.Time `query:"asOf" doc:"Members as readers saw them at this instant"`
	Cursor string    `query:"cursor" maxLength:"256" doc:"next of the page before"`
	Limit  int       `query:"limit" minimum:"1" maximum:"10000" default:"100"`
}

type memberInput struct {
	OnSegment
	Fresh
	CustomerID string `path:"customerId" format:"uuid"`
}

type memberChange struct {
	OnSegment
	Once
	CustomerID string `path:"customerId" format:"uuid"`
}

type membersChange struct {
	OnSegment
}

type historyPeriod struct {
	OnSegment
	Fresh
	From time.Time `query:"from"`
	To   time.Time `query:"to" doc:"Exclusive"`
}

type customerSegmentsInput struct {
	OnCustomer
	Fresh
	AsOf time.Time `query:"asOf" doc:"Segments as readers saw them at this instant"`
}

type membersShown struct {
	Body struct {
		Total *int64   `json:"total,omitempty" doc:"Of all members; not with asOf"`
		Items []string `json:"items" doc:"Ids of customers, in the order of their registration"`
		Next  string   `json:"next,omitempty" doc:"The cursor of the next page; absent at the end"`
	} `nameHint:"SegmentMembers"`
}

type memberShown struct{ Body SegmentMember }

type membersChanged struct {
	Body struct {
		Changed int      `json:"changed" doc:"Customers who are in or out now, as was asked for"`
		Unknown []string `json:"unknown,omitempty" doc:"There are no such customers"`
	} `nameHint:"SegmentMembersChanged"`
}

type segmentHistory struct {
	Body struct {
		Members int64         `json:"members" doc:"Now"`
		Items   []SegmentSize `json:"items" doc:"Noted once an hour if somebody came or left, and with each version; before the last 744, one a day (UTC) with everybody who came and left on it, 730 of them"`
	} `nameHint:"SegmentHistory"`
}

type customerSegments struct {
	Body struct {
		Items []CustomerSegment `json:"items"`
	} `nameHint:"CustomerSegments"`
}

const membersPath, memberPath = segmentPath + "/members", segmentPath + "/members/{customerId}"

// isMembers tells whether a path is about all members of some segment.
func isMembers(path string) bool {
	rest, ok := strings.CutPrefix(path, segmentsPath+"/")
	_, what, one := strings.Cut(rest, "/")
	return ok && one && (what == "members" || what == "members/load" || what == "recompute")
}

func (s *service) memberRoutes(a *api, tags []string) {
	plain(a, huma.Operation{OperationID: "listSegmentMembers", Method: http.MethodGet, Path: membersPath, Tags: tags,
		Summary: "List the ids of a segment's members, now or as of an instant"}, s.segmentMembers)
	withBody(a, huma.Operation{OperationID: "changeSegmentMembers", Method: http.MethodPost, Path: membersPath, Tags: tags,
		Summary: "Put many customers into a static segment or take them out"}, s.changeMembers)
	s.loadRoute(a, tags)
	plain(a, huma.Operation{OperationID: "getSegmentMember", Method: http.MethodGet, Path: memberPath, Tags: tags,
		Summary: "Explain whether and why a customer is in a segment"}, s.segmentMember)
	plain(a, huma.Operation{OperationID: "addSegmentMember", Method: http.MethodPut, Path: memberPath, DefaultStatus: http.StatusNoContent, Tags: tags,
		Summary: "Put a customer into a static segment"}, s.changeMember(true))
	plain(a, huma.Operation{OperationID: "removeSegmentMember", Method: http.MethodDelete, Path: memberPath, DefaultStatus: http.StatusNoContent, Tags: tags,
		Summary: "Take a customer out of a static segment"}, s.changeMember(false))
	plain(a, huma.Operation{OperationID: "getCustomerSegments", Method: http.MethodGet, Path: "/v1/customers/{id}/segments", Tags: tags,
		Summary: "List the segments that a customer is in, or was in at an instant"}, s.customerSegments)
}

func (s *service) segmentMembers(ctx context.Context, in *membersInput) (*membersShown, error) {
	scope := "members/" + in.ID + "/" + in.AsOf.UTC().Format(time.RFC3339Nano)
	var from uint32
	if in.Cursor != "" { // the place of whoever comes first on the page: who came or left meanwhile changes nothing for the others
		marks, err := s.cursors.decode(scope, in.Cursor, 1)
		if err != nil {
			return nil, err
		}
		from = uint32(marks[0])
	}
	page, err := s.app.SegmentMembers(ctx, s.called(ctx, in.freshness()), in.ID, in.AsOf, from, in.Limit)
	if err != nil {
		return nil, err
	}
	out := new(membersShown)
	out.Body.Items = idsOf(page.IDs)
	if page.Total >= 0 {
		out.Body.Total = &page.Total
	}
	if page.Next > 0 {
		out.Body.Next = s.cursors.encode(scope, uint64(page.Next))
	}
	return out, nil
}

func (s *service) changeMembers(ctx context.Context, in *membersChange, body *MembersPatch) (*membersChanged, error) {
	call, leave, err := s.changing(ctx, http.StatusOK)
	if err != nil {
		return nil, err
	}
	defer leave()
	bulk := app.BulkMembers{AddFound: body.AddFound.query(), RemoveFound: body.RemoveFound.query()}
	if bulk.Add, err = customerIDs("/add", body.Add); err == nil {
		bulk.Remove, err = customerIDs("/remove", body.Remove)
	}
	if err != nil {
		return nil, err
	}
	done, err := s.app.ChangeMembers(ctx, call, in.ID, bulk)
	if err != nil {
		return nil, err
	}
	out := new(membersChanged)
	out.Body.Changed, out.Body.Unknown = done.Changed, idsOf(done.Unknown)
	return out, nil
}

func customerIDs(pointer string, texts []string) ([]uuid.UUID, error) {
	out := make([]uuid.UUID, len(texts))
	for i, text := range texts {
		id, err := OnCustomer{text}.customerID()
		if err != nil {
			return nil, invalid(pointer, "invalid_id", "these are the ids of customers")
		}
		out[i] = id
	}
	return out, nil
}

func (s *service) segmentMember(ctx context.Context, in *memberInput) (*memberShown, error) {
	id, err := OnCustomer{in.CustomerID}.customerID()
	if err != nil {
		return nil, err
	}
	v, err := s.app.SegmentMember(ctx, s.called(ctx, in.freshness()), in.ID, id)
	if err != nil {
		return nil, err
	}
	out := SegmentMember{CustomerID: id.String(), SegmentID: v.Segment.ID.String(), Segment: v.Segment.State.Key, Member: v.Member, By: string(v.By), Version: v.Standing.Version,
		Criteria: v.Segment.State.Seen()}
	if !v.Since.IsZero() {
		out.Since = v.Since.UTC()
	}
	if v.Explained != nil {
		out.Explained = flat(nil, &v.Explained.Part, 0)
	}
	return &memberShown{out}, nil
}

func (s *service) changeMember(member bool) func(context.Context, *memberChange) (*struct{}, error) {
	return func(ctx context.Context, in *memberChange) (*struct{}, error) {
		id, err := OnCustomer{in.CustomerID}.customerID()
		if err != nil {
			return nil, err
		}
		call, leave, err := s.changing(ctx, http.StatusNoContent)
		if err != nil {
			return nil, err
		}
		defer leave()
		call.IfMatch = nil
		err = s.app.ChangeMember(ctx, call, in.ID, id, member)
		if fault.CodeOf(err) == fault.ErrErased.Code && !member { // and so is out
			return nil, nil
		}
		return nil, err
	}
}

func (s *service) customerSegments(ctx context.Context, in *customerSegmentsInput) (*customerSegments, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	segments, err := s.app.CustomerSegments(ctx, s.called(ctx, in.freshness()), id, in.AsOf)
	if err != nil {
		return nil, err
	}
	out := new(customerSegments)
	out.Body.Items = make([]CustomerSegment, len(segments))
	for i := range segments {
		out.Body.Items[i] = renderStanding(&segments[i])
	}
	return out, nil
}

func (s *service) segmentVersions(ctx context.Context, in *segmentInput) (*segmentVersions, error) {
	v, err := s.app.SegmentVersions(ctx, s.called(ctx, in.freshness()), in.ID)
	if err != nil {
		return nil, err
	}
	out := new(segmentVersions)
	out.Body.Items = make([]SegmentVersion, len(v.State.Versions))
	for i := range v.State.Versions {
		out.Body.Items[i] = renderVersion(&v.State.Versions[i])
	}
	return out, nil
}

func (s *service) segmentHistory(ctx context.Context, in *historyPeriod) (*segmentHistory, error) {
	v, sizes, err := s.app.SegmentHistory(ctx, s.called(ctx, in.freshness()), in.ID, in.From, in.To)
	if err != nil {
		return nil, err
	}
	out := new(segmentHistory)
	out.Body.Members, out.Body.Items = v.Members, renderSizes(sizes)
	return out, nil
}
