package customer

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// setting is one thing that can be chosen.
type setting struct {
	path  string
	check func(value any) (any, bool) // gives the value as it is kept
	want  string                      // what is said to who got it wrong
}

// settings lists everything but the topics, which are configured.
var settings = []setting{
	{"communication.email", isBool, "true or false"},
	{"communication.sms", isBool, "true or false"},
	{"communication.push", isBool, "true or false"},
	{"communication.mail", isBool, "true or false"},
	{"notifications.frequency", oneOf("realTime", "daily", "weekly"), "realTime, daily or weekly"},
	{"notifications.atMost", isCount, "a number from 1 to 1000"},
	{"notifications.period", oneOf("day", "week", "month"), "day, week or month"},
	{"notifications.quietFrom", isClock, "a time of day like 22:00"},
	{"notifications.quietTo", isClock, "a time of day like 07:00"},
	{"privacy.dataSharing", isBool, "true or false"},
	{"privacy.activityTracking", isBool, "true or false"},
	{"privacy.analytics", isBool, "true or false"},
	{"display.language", isLanguage, "a BCP 47 language tag, like de-CH"},
	{"display.currency", isCurrency, "an ISO 4217 code in use, like CHF"},
	{"display.timezone", isZone, "an IANA time zone, like Europe/Zurich"},
	{"display.theme", oneOf("light", "dark", "system"), "light, dark or system"},
}

// preference checks one choice, and gives it as it is kept; nil is the default.
func (p *problems) preference(path string, value any, rules *PreferenceRules) any {
	pointer := "/" + strings.ReplaceAll(path, ".", "/")
	known, ok := findSetting(path)
	if !ok {
		topic, channel, found := topicSetting(path)
		t := rules.Topic(topic)
		switch {
		case !found || t == nil || !slices.Contains(Channels(), channel):
			p.unknownPreference(t)
			return nil
		case t.Mandatory && value == false:
			p.add(pointer, "mandatory_topic", "a customer has to be told about this")
			return nil
		}
		known = setting{check: isBool, want: "true or false"}
	}
	if value == nil {
		return nil
	}
	kept, ok := known.check(value)
	if !ok {
		p.add(pointer, "invalid_preference", "expected "+known.want)
		return nil
	}
	return kept
}

// unknownPreference points no further than to names that are ours.
func (p *problems) unknownPreference(t *Topic) {
	pointer := ""
	if t != nil {
		pointer = "/topics/" + t.Name
	}
	p.add(pointer, "unknown_preference", "there is no such setting, topic or channel")
}

func findSetting(path string) (setting, bool) {
	i := slices.IndexFunc(settings, func(s setting) bool { return s.path == path })
	if i < 0 {
		return setting{}, false
	}
	return settings[i], true
}

// topicSetting reads "topics.newsletter.email".
func topicSetting(path string) (topic, channel string, ok bool) {
	rest, ok := strings.CutPrefix(path, "topics.")
	if !ok {
		return "", "", false
	}
	topic, channel, ok = strings.Cut(rest, ".")
	return topic, channel, ok && !strings.Contains(channel, ".")
}

// quietHours belong together: from and to.
func (p *problems) quietHours(have Preferences, changes map[string]any) {
	set := func(path string) bool {
		if value, changed := changes[path]; changed {
			return value != nil
		}
		return have[path] != nil
	}
	for _, pair := range [][2]string{{"notifications.quietFrom", "notifications.quietTo"}, {"notifications.atMost", "notifications.period"}} {
		if set(pair[0]) != set(pair[1]) {
			missing := pair[0]
			if set(pair[0]) {
				missing = pair[1]
			}
			p.add("/"+strings.ReplaceAll(missing, ".", "/"), "belongs_together", "this needs its other half, too")
		}
	}
}

func isBool(v any) (any, bool) {
	_, ok := v.(bool)
	return v, ok
}

func oneOf(choices ...string) func(any) (any, bool) {
	return func(v any) (any, bool) {
		s, ok := v.(string)
		return v, ok && slices.Contains(choices, s)
	}
}

func isCount(v any) (any, bool) {
	n, ok := v.(float64)
	return v, ok && n >= 1 && n <= 1000 && n == float64(int(n))
}

func isClock(v any) (any, bool) {
	s, ok := v.(string)
	if !ok || len(s) != len("15:04") {
		return v, false
	}
	_, err := time.Parse("15:04", s)
	return v, err == nil
}

func isLanguage(v any) (any, bool) {
	s, ok := v.(string)
	if !ok || s == "" || len(s) > 35 {
		return v, false
	}
	tag, err := language.Parse(s)
	return tag.String(), err == nil && tag != language.Und
}

func isCurrency(v any) (any, bool) {
	s, ok := v.(string)
	return v, ok && knownCurrency(s)
}

func isZone(v any) (any, bool) {
	s, ok := v.(string)
	return v, ok && s != "" && knownZone(s)
}
