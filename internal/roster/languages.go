package roster

import (
	"sync"

	"golang.org/x/text/language"
)

// languages remembers which locale is of which language: there are few, and
// finding out takes longer than all else that is derived of most customers.
type languages struct {
	mu sync.RWMutex
	of map[string]string
}

// most locales that are remembered: whoever makes some up gets no more.
const mostLocales = 1000

func (l *languages) get(locale string) string {
	if locale == "" {
		return ""
	}
	l.mu.RLock()
	found, ok := l.of[locale]
	l.mu.RUnlock()
	if ok {
		return found
	}
	found = languageOf(locale)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == nil || len(l.of) >= mostLocales {
		l.of = map[string]string{}
	}
	l.of[locale] = found
	return found
}

func languageOf(locale string) string {
	tag, err := language.Parse(locale)
	if err != nil {
		return ""
	}
	base, _ := tag.Base()
	return base.String()
}
