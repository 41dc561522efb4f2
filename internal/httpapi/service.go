package httpapi

import (
	"cmp"
	"html/template"
	"net/http"
	"time"

	"github.com/acme/customers/internal/app"
)

// Config is what the entrance is built from. Ready, SearchReady and Metrics
// are served as they are; nil ones answer 404.
type Config struct {
	App         *app.App
	Guard       Guard // Public and Longer are filled in
	Ready       http.Handler
	SearchReady http.Handler
	Metrics     http.Handler
	CursorKey   []byte             // shared by all instances; cursors of another key are refused
	LiveTime    time.Duration      // how long one answer of server-sent events goes on; 25 s
	PublicURL   string             // where customers reach this service: what links begin with, without a slash at the end
	LinkPage    *template.Template // of links; nil is ours, see ParseLinkPage
}

// service is what handlers have.
type service struct {
	app       *app.App
	cursors   cursors
	flights   *inFlight
	publicURL string
	liveTime  time.Duration
}

// flightRoom bounds the idempotency keys in flight; more requests than that
// are never handled at once.
const flightRoom = 10_000

// scrapesAtOnce bounds the work of /metrics, which needs no token.
const scrapesAtOnce = 4

// New builds the entrance: routes, documents and the chain around them.
func New(c Config) (http.Handler, error) {
	a := routes(c)
	openapi, docs, err := a.documents()
	if err != nil {
		return nil, err
	}
	c.Guard.Longer = map[string]time.Duration{batchPath: batchTime, decisionsPath: batchTime, consentBatchPath: batchTime, messagesPath: batchTime, linksPath: batchTime, activitiesPath: batchTime, exportPath: maintenanceTime, searchExportPath: maintenanceTime, verifyPath: maintenanceTime, rebuildPath: maintenanceTime, revalidatePath: maintenanceTime}
	c.Guard.Public = map[string]http.Handler{"/livez": Live(), "/openapi.yaml": openapi, "/docs": docs}
	if c.App != nil && c.App.Receipts != nil {
		if c.Guard.Public[keysPath], err = receiptKeys(c.App.Receipts); err != nil {
			return nil, err
		}
	}
	if c.Metrics != nil {
		c.Metrics = shed(scrapesAtOnce, c.Metrics)
	}
	for path, h := range map[string]http.Handler{"/readyz": c.Ready, "/readyz/search": c.SearchReady, "/metrics": c.Metrics} {
		if h != nil {
			c.Guard.Public[path] = h
		}
	}
	if c.Guard.Links, err = newLinkPages(c.App, c.LinkPage); err != nil {
		return nil, err
	}
	return c.Guard.Handler(a.mux), nil
}

// OpenAPI is the document of all routes.
func OpenAPI() ([]byte, error) { return routes(Config{}).huma.OpenAPI().YAML() }

// routes registers every operation. Its id is the authz.Action that the use
// case asks for; a test holds the two lists equal.
func routes(c Config) *api {
	a := newAPI(DefaultLimits())
	s := &service{app: c.App, cursors: newCursors(c.CursorKey), flights: newInFlight(flightRoom), publicURL: c.PublicURL, liveTime: cmp.Or(c.LiveTime, liveTime)}
	s.registerRoutes(a)
	s.batchRoutes(a)
	s.lookupRoutes(a)
	s.readRoutes(a)
	s.patchRoutes(a)
	s.preferenceRoutes(a)
	s.consentRoutes(a)
	s.exportConsentsRoute(a)
	s.contactRoutes(a)
	s.messageRoutes(a)
	s.linkRoutes(a)
	s.noteRoutes(a)
	s.searchNotesRoute(a)
	s.segmentRoutes(a)
	s.searchRoutes(a)
	s.savedRoutes(a)
	s.contextRoutes(a)
	s.activityRoutes(a)
	s.addressRoutes(a)
	s.addressCheckRoutes(a)
	s.verificationRoutes(a)
	s.lifecycleRoutes(a)
	s.historyRoutes(a)
	s.timelineRoutes(a)
	s.liveRoutes(a)
	s.statisticsRoutes(a)
	s.deadLetterRoutes(a)
	s.maintenanceRoutes(a)
	return a
}
