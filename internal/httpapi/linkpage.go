package httpapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/link"
)

// The page that a link opens: plain HTML, no script, nothing from elsewhere.
var (
	//go:embed link.html
	linkHTML string
	//go:embed link.css
	linkCSS string
)

// LinkPage is what the page shows. A template of one's own is given the same.
type LinkPage struct {
	State   string // ask, off (nothing is left to turn off), choose, saved, over, later
	Channel string // of an unsubscription, with
	Topic   string // this or
	Purpose string // this, or neither
	Rows    []LinkRow
}

// LinkRow is a line of switches, one a channel.
type LinkRow struct {
	Topic    string // "": the channel as a whole
	Switches []LinkSwitch
}

// LinkSwitch is one setting.
type LinkSwitch struct {
	Path, Channel string
	On            bool
}

// oneClick is what a mail program posts (RFC 8058).
const oneClick = "List-Unsubscribe"

// maxForm bounds what is posted to a page.
const maxForm = 64 << 10

// linkPages serves /p/{token}: to show changes nothing, for whatever looks into
// messages follows their links; to post does.
type linkPages struct {
	app    *app.App
	page   *template.Template
	policy string
}

// IsLink tells whether a path is that of a link, which must not be written down.
func IsLink(path string) bool { return strings.HasPrefix(path, pagePrefix) }

// ParseLinkPage reads a template for the page, and tries it.
func ParseLinkPage(text string) (*template.Template, error) {
	page, err := template.New("link").Funcs(template.FuncMap{"style": func() template.CSS { return template.CSS(linkCSS) }}).Parse(text) // ours, not input
	if err != nil {
		return nil, err
	}
	for _, state := range []string{"ask", "off", "choose", "saved", "over", "later"} {
		tried := LinkPage{State: state, Channel: "email", Topic: "t", Rows: []LinkRow{{"t", []LinkSwitch{{"topics.t.email", "email", true}}}}}
		if err := page.Execute(new(bytes.Buffer), tried); err != nil {
			return nil, err
		}
	}
	return page, nil
}

// newLinkPages serves a template of one's own, which may have its own style and
// pictures, or ours, which has nothing from elsewhere.
func newLinkPages(a *app.App, own *template.Template) (*linkPages, error) {
	p := &linkPages{app: a, page: own, policy: "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:"}
	if own == nil {
		var err error
		if p.page, err = ParseLinkPage(linkHTML); err != nil {
			return nil, err
		}
		style := sha256.Sum256([]byte(linkCSS))
		p.policy = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(style[:]) + "'"
	}
	p.policy += "; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	return p, nil
}

func (p *linkPages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := exchangeOf(r.Context())
	token := strings.TrimPrefix(r.URL.Path, pagePrefix)
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		opened, err := p.app.OpenLink(r.Context(), token, visit(x))
		p.show(w, r, pageOf(&opened), err)
	case http.MethodPost:
		p.post(w, r, token)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		writeProblem(w, r, fault.ErrNotAllowed)
	}
}

func visit(x *exchange) app.Visit { return app.Visit{Trace: x.traceID(), From: x.from()} }

// post takes what a mail program sends and what the page's own form does.
func (p *linkPages) post(w http.ResponseWriter, r *http.Request, token string) {
	x := exchangeOf(r.Context())
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	err := r.ParseForm() // and all of it: half a form would turn off what it does not name
	if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && media == "multipart/form-data" {
		err = r.ParseMultipartForm(maxForm)
	}
	if err != nil || !r.PostForm.Has(oneClick) && !r.PostForm.Has("form") {
		writeProblem(w, r, fault.ErrMalformed)
		return
	}
	choices := map[string]bool{}
	for _, path := range r.PostForm["setting"] { // every one that was shown; those that are on have their own name, too
		choices[path] = r.PostForm.Has(path)
	}
	opened, err := p.app.UseLink(r.Context(), token, visit(x), r.Header.Get("Sec-GPC") == "1", choices)
	if err == nil && r.PostForm.Get(oneClick) != "" {
		w.WriteHeader(http.StatusOK) // a program reads it
		return
	}
	page := pageOf(&opened)
	if page.State == "choose" {
		page.State = "saved"
	}
	p.show(w, r, page, err)
}

func pageOf(o *app.Opened) LinkPage {
	out := LinkPage{State: "off", Channel: o.Channel, Topic: o.Topic, Purpose: o.Purpose}
	switch {
	case o.Kind == link.Preferences:
		out.State, out.Rows = "choose", rowsOf(o.Settings)
	case o.On:
		out.State = "ask"
	}
	return out
}

// rowsOf has the channels first, then the topics by name.
func rowsOf(settings map[string]bool) []LinkRow {
	rows := map[string][]LinkSwitch{}
	for path, on := range settings {
		parts := strings.Split(path, ".")
		topic := ""
		if parts[0] == "topics" {
			topic = parts[1]
		}
		rows[topic] = append(rows[topic], LinkSwitch{path, parts[len(parts)-1], on})
	}
	var out []LinkRow
	for topic, switches := range rows {
		slices.SortFunc(switches, func(a, b LinkSwitch) int {
			return slices.Index(customer.Channels(), a.Channel) - slices.Index(customer.Channels(), b.Channel)
		})
		out = append(out, LinkRow{topic, switches})
	}
	slices.SortFunc(out, func(a, b LinkRow) int { return strings.Compare(a.Topic, b.Topic) })
	return out
}

// show answers with the page; a person reads what went wrong, too.
func (p *linkPages) show(w http.ResponseWriter, r *http.Request, page LinkPage, err error) {
	status := http.StatusOK
	if err != nil {
		problem := problemOf(r.Context(), err)
		page, status = LinkPage{State: "later"}, problem.Status
		if status == http.StatusNotFound || status == http.StatusGone {
			page.State = "over"
		}
		if status >= 500 {
			w.Header().Set("Retry-After", "1")
		}
	}
	var out bytes.Buffer
	if err := p.page.Execute(&out, page); err != nil {
		writeProblem(w, r, fault.ErrInternal.With(err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", p.policy)
	h.Set("X-Robots-Tag", "noindex")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // the reader may be gone; nothing to do about it
}
