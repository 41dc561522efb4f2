package httpapi

import (
	"context"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
)

// Preferences is what a customer prefers: what it chose, and the defaults of
// what it did not choose.
type Preferences struct {
	Communication map[string]any            `json:"communication,omitempty" doc:"By channel: email, sms, push, mail"`
	Topics        map[string]map[string]any `json:"topics,omitempty" doc:"By topic and channel; a channel that is closed closes all topics that are not mandatory"`
	Notifications map[string]any            `json:"notifications,omitempty" doc:"frequency; atMost in a period; quietFrom and quietTo in the customer's time zone"`
	Privacy       map[string]any            `json:"privacy,omitempty" doc:"dataSharing, activityTracking, analytics"`
	Display       map[string]any            `json:"display,omitempty" doc:"language, currency, timezone, theme"`
	Defaulted     []string                  `json:"defaulted,omitempty" doc:"Paths of what was not chosen"`
	Withheld      []string                  `json:"withheld,omitempty" doc:"Members that this caller may not see"`
}

// PreferencesPatch changes what it names; null goes back to the default.
type PreferencesPatch struct {
	Communication CommunicationPatch                   `json:"communication,omitzero"`
	Topics        map[string]map[string]Optional[bool] `json:"topics,omitempty" doc:"By topic and channel"`
	Notifications NotificationsPatch                   `json:"notifications,omitzero"`
	Privacy       PrivacyPatch                         `json:"privacy,omitzero"`
	Display       DisplayPatch                         `json:"display,omitzero"`
}

// CommunicationPatch opens and closes channels.
type CommunicationPatch struct {
	Email Optional[bool] `json:"email,omitzero"`
	SMS   Optional[bool] `json:"sms,omitzero"`
	Push  Optional[bool] `json:"push,omitzero"`
	Mail  Optional[bool] `json:"mail,omitzero"`
}

// NotificationsPatch changes how often and when.
type NotificationsPatch struct {
	Frequency Optional[string] `json:"frequency,omitzero" enum:"realTime,daily,weekly"`
	AtMost    Optional[int]    `json:"atMost,omitzero" minimum:"1" maximum:"1000" doc:"In a period"`
	Period    Optional[string] `json:"period,omitzero" enum:"day,week,month"`
	QuietFrom Optional[string] `json:"quietFrom,omitzero" pattern:"^[0-2][0-9]:[0-5][0-9]$"`
	QuietTo   Optional[string] `json:"quietTo,omitzero" pattern:"^[0-2][0-9]:[0-5][0-9]$"`
}

// PrivacyPatch changes what may be done with data.
type PrivacyPatch struct {
	DataSharing      Optional[bool] `json:"dataSharing,omitzero"`
	ActivityTracking Optional[bool] `json:"activityTracking,omitzero"`
	Analytics        Optional[bool] `json:"analytics,omitzero"`
}

// DisplayPatch changes how things are shown.
type DisplayPatch struct {
	Language Optional[string] `json:"language,omitzero" doc:"BCP 47"`
	Currency Optional[string] `json:"currency,omitzero" doc:"ISO 4217"`
	Timezone Optional[string] `json:"timezone,omitzero" doc:"IANA name"`
	Theme    Optional[string] `json:"theme,omitzero" enum:"light,dark,system"`
}

// TopicsPatch changes topics by channel.
type TopicsPatch struct {
	Topics map[string]map[string]Optional[bool] `json:"topics" doc:"By topic and channel"`
}

type preferencesInput struct {
	OnCustomer
	Fresh
}

type sectionInput struct {
	OnCustomer
	Fresh
	Section string `path:"section" enum:"communication,topics,notifications,privacy,display"`
}

type preferencesShown struct {
	Status   int
	ETag     string `header:"ETag" doc:"The customer's version, for If-Match"`
	Position string `header:"Customers-Position" doc:"What minPosition takes to read this change elsewhere"`
	Replayed string `header:"Idempotency-Replayed" doc:"true if this is the answer to an earlier request with the same key"`
	Body     *Preferences
}

const preferencesPath = "/v1/customers/{id}/preferences"

func (s *service) preferenceRoutes(a *api) {
	tags := []string{"Preferences"}
	plain(a, huma.Operation{OperationID: "getPreferences", Method: http.MethodGet, Path: preferencesPath, Tags: tags,
		Summary: "Get what a customer prefers"}, s.getPreferences)
	plain(a, huma.Operation{OperationID: "getPreferencesSection", Method: http.MethodGet, Path: preferencesPath + "/{section}", Tags: tags,
		Summary: "Get one section of what a customer prefers"}, s.getSection)
	patch(s, a, authz.PatchPreferences, "", "Change preferences", PreferencesPatch{})
	patch(s, a, authz.PatchCommunication, "communication", "Open and close channels", CommunicationPatch{})
	patch(s, a, authz.PatchTopics, "topics", "Change topics by channel", TopicsPatch{})
	patch(s, a, authz.PatchNotifications, "notifications", "Change how often and when a customer is told", NotificationsPatch{})
	patch(s, a, authz.PatchPrivacy, "privacy", "Change what may be done with data", PrivacyPatch{})
	patch(s, a, authz.PatchDisplay, "display", "Change how things are shown", DisplayPatch{})
}

// patch registers the change of one section, or of all.
func patch[B any](s *service, a *api, action authz.Action, section, summary string, _ B) {
	path, prefix := preferencesPath, ""
	if section != "" {
		path, prefix = path+"/"+section, section
	}
	if section == "topics" {
		prefix = "" // its body names them
	}
	withBody(a, huma.Operation{OperationID: string(action), Method: http.MethodPatch, Path: path, Tags: []string{"Preferences"}, Summary: summary,
		Description: "A choice of what is the default anyway is kept when the default changes; null goes back to the default."},
		func(ctx context.Context, in *patchInput, body *B) (*preferencesShown, error) {
			choices := map[string]any{}
			chosen(choices, prefix, reflect.ValueOf(body).Elem())
			out, err := s.changePreferences(ctx, in, action, choices)
			if prefix != "" {
				err = within("/"+prefix, err)
			}
			return out, err
		})
}

// chosen lists what a patch names, by path.
func chosen(out map[string]any, path string, v reflect.Value) {
	if o, ok := v.Interface().(interface{ choice() (any, bool) }); ok {
		if value, set := o.choice(); set {
			out[path] = value
		}
		return
	}
	join := func(name string) string { return strings.TrimPrefix(path+"."+name, ".") }
	switch v.Kind() {
	case reflect.Struct:
		for i, f := range reflect.VisibleFields(v.Type()) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			chosen(out, join(name), v.Field(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			chosen(out, join(key.String()), v.MapIndex(key))
		}
	}
}

// choice is the value as preferences keep it: nil is the default.
func (o Optional[T]) choice() (any, bool) {
	if !o.Set || o.Null {
		return nil, o.Set
	}
	if n, ok := any(o.Value).(int); ok {
		return float64(n), true
	}
	return o.Value, true
}

func (s *service) changePreferences(ctx context.Context, in *patchInput, action authz.Action, choices map[string]any) (*preferencesShown, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	call, leave, err := s.changing(ctx, http.StatusOK)
	if err != nil {
		return nil, err
	}
	defer leave()
	v, err := s.app.PatchPreferences(ctx, call, action, id, choices)
	if err != nil {
		return nil, err
	}
	m := changed(v.View)
	return &preferencesShown{m.Status, m.ETag, m.Position, m.Replayed, renderPreferences(v)}, nil
}

func (s *service) getPreferences(ctx context.Context, in *preferencesInput) (*preferencesShown, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	return s.showPreferences(ctx, id, in.Fresh, "")
}

func (s *service) getSection(ctx context.Context, in *sectionInput) (*preferencesShown, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	return s.showPreferences(ctx, id, in.Fresh, in.Section)
}

func (s *service) showPreferences(ctx context.Context, id uuid.UUID, fresh Fresh, section string) (*preferencesShown, error) {
	v, err := s.app.Preferences(ctx, s.called(ctx, fresh.freshness()), id)
	if err != nil {
		return nil, err
	}
	if section != "" {
		maps.DeleteFunc(v.Settings, func(path string, _ customer.Preference) bool { return !strings.HasPrefix(path, section+".") })
		if v.Shown && len(v.Settings) == 0 {
			return nil, fault.ErrNotFound
		}
	}
	out := &preferencesShown{Status: http.StatusOK, Body: renderPreferences(v)}
	if v.View.Mask.Has(authz.FieldIdentity) {
		out.ETag = etag(v.View.Customer.Version)
	}
	return out, nil
}

func renderPreferences(v app.PreferencesView) *Preferences {
	if !v.Shown {
		return &Preferences{Withheld: []string{"communication", "topics", "notifications", "privacy", "display"}}
	}
	out := &Preferences{Communication: map[string]any{}, Topics: map[string]map[string]any{}, Notifications: map[string]any{}, Privacy: map[string]any{}, Display: map[string]any{}}
	for path, p := range v.Settings {
		parts := strings.Split(path, ".")
		switch parts[0] {
		case "communication":
			out.Communication[parts[1]] = p.Value
		case "notifications":
			out.Notifications[parts[1]] = p.Value
		case "privacy":
			out.Privacy[parts[1]] = p.Value
		case "display":
			out.Display[parts[1]] = p.Value
		case "topics":
			if out.Topics[parts[1]] == nil {
				out.Topics[parts[1]] = map[string]any{}
			}
			out.Topics[parts[1]][parts[2]] = p.Value
		}
		if !p.Chosen {
			out.Defaulted = append(out.Defaulted, path)
		}
	}
	slices.Sort(out.Defaulted)
	return out
}
