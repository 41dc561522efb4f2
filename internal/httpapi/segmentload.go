package httpapi

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/fault"
)

// Its lines are answered by their numbers, it is longer than JSON may be, and
// remove means nothing to a body that says who is added and who is removed: so it
// is a path of its own.
const loadPath = membersPath + "/load"

// loadedBy is how a first line names its columns.
const loadedBy = "customerId, number, userId, externalId:SOURCE, email"

type loadInput struct {
	OnSegment
	Remove string `query:"remove" enum:"true,false" doc:"Take them out"`
}

type membersLoaded struct {
	Body struct {
		Column        string `json:"column" enum:"customerId,number,userId,externalId,email" doc:"That said who is meant"`
		Lines         int    `json:"lines" doc:"That were read, without the first and empty ones"`
		Changed       int    `json:"changed" doc:"Customers who are in or out now, as was asked for; one who is named twice counts once"`
		Unknown       []int  `json:"unknown,omitempty" doc:"Numbers of the lines that name nobody; the first line of the file is 1"`
		NotUnderstood []int  `json:"notUnderstood,omitempty" doc:"Numbers of the lines that have nothing in the column, nothing that can be what it says, or not as many cells as the first"`
	} `nameHint:"SegmentMembersLoaded"`
}

func (s *service) loadRoute(a *api, tags []string) {
	withCSV(a, huma.Operation{OperationID: "loadSegmentMembers", Method: http.MethodPost, Path: loadPath, Tags: tags,
		Summary: "Put the customers of a CSV file into a static segment or take them out",
		Description: fmt.Sprintf("The first line names the columns. Who is meant is said by the first of these that is among them, whatever else there is: "+loadedBy+". "+
			"Up to %d lines and %d MiB in UTF-8, with commas, semicolons or tabs. A file that is not CSV throughout changes nothing.", app.MaxBulk, maxBatch>>20)}, maxBatch, s.loadMembers)
}

// named is the column that says who is meant.
type named struct {
	by     app.Identifier
	source string // of external ids
}

// find gives the cell of a first line that names the surest identifier, -1 for
// none. Capitals do not matter but in the source, which is a value.
func (n *named) find(head []string) int {
	for _, by := range app.Identifiers() {
		at := slices.IndexFunc(head, func(cell string) bool {
			name, source, has := strings.Cut(cell, ":")
			n.source = strings.TrimSpace(source)
			return strings.EqualFold(strings.TrimSpace(name), string(by)) && has == (by == app.ByExternalID) && (n.source != "") == has
		})
		if at >= 0 {
			n.by = by
			return at
		}
	}
	return -1
}

// loadMembers reads all lines before the first member changes.
func (s *service) loadMembers(ctx context.Context, in *loadInput, body io.Reader) (*membersLoaded, error) {
	x, call := exchangeOf(ctx), s.called(ctx, Fresh{}.freshness())
	if err := s.app.LoadMembersAllowed(call, app.ByCustomerID); err != nil { // before anything is read
		return nil, err
	}
	_ = http.NewResponseController(x.writer).SetReadDeadline(time.Now().Add(batchTime)) // not every connection has deadlines
	var who named
	column, err := newColumn(body, loadedBy, who.find)
	if err == nil {
		err = s.app.LoadMembersAllowed(call, who.by)
	}
	if err != nil {
		return nil, err
	}
	out := new(membersLoaded)
	lines, err := who.lines(column, &out.Body.NotUnderstood)
	if err != nil {
		return nil, err
	}
	done, err := s.app.LoadMembers(ctx, call, in.ID, who.by, lines, in.Remove != "true")
	if err != nil {
		return nil, err
	}
	out.Body.Column, out.Body.Lines = string(who.by), len(lines)+len(out.Body.NotUnderstood)
	out.Body.Changed, out.Body.Unknown = done.Changed, done.Unknown
	return out, nil
}

// lines reads whom the lines name, and adds the numbers of the others.
func (n *named) lines(in *column, others *[]int) (all []app.Named, err error) {
	for {
		cell, line, err := in.next()
		switch {
		case err == io.EOF:
			return all, nil
		case err != nil:
			return nil, err
		case len(all)+len(*others) == app.MaxBulk:
			return nil, fault.ErrTooLarge
		}
		if one, ok := n.by.Named(line, n.source, cell); ok {
			all = append(all, one)
		} else {
			*others = append(*others, line)
		}
	}
}
