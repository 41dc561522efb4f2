package roster

import (
	"cmp"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// tailored are the languages (BCP 47) whose collation may be another than the
// root's, as x/text has them.
var tailored = func() map[string]bool {
	all := map[string]bool{}
	for _, tag := range collate.Supported() {
		all[tag.String()] = true
	}
	return all
}()

// sameAs are those whose collation is that of another: the root's, or one that
// CLDR takes over from another language and x/text's tables do not.
var sameAs = map[string]string{"bg": Root, "bs-Cyrl": Root, "de": Root, "el": Root, "en": Root, "en-US": Root, "fa-AF": "fa", "fr": Root, "fr-CA": Root, "mk": Root,
	"ru": Root, "sr": Root, "bs": "hr", "sr-Latn": "hr", "no": "nn"}

// CollationOf gives the collation that orders names as a language does: that of
// most languages is Root. known is the language that it is of, as far as that
// matters to the order; Root for what is no language.
func CollationOf(lang string) (collation, known string) {
	tag, err := language.Parse(lang)
	if err != nil {
		return Root, Root
	}
	tag, _ = language.All.Canonicalize(tag)
	base, sure := tag.Base()
	if sure < language.High {
		return Root, Root
	}
	known = cmp.Or(tailoredFor(base, tag), base.String())
	switch same := sameAs[known]; {
	case same != "":
		return same, known
	case tailored[known]:
		return known, known
	}
	return Root, known
}

// tailoredFor finds the nearest of tailored, as collate.New does: by the kind of
// collation that is asked for if there is such a one, with the script, without.
func tailoredFor(base language.Base, tag language.Tag) string {
	_, script, region := tag.Raw()
	if region != (language.Region{}) { // the region tells the script
		parent, _ := language.Raw.Compose(base, script, region)
		_, script, _ = parent.Parent().Raw()
	}
	kinds := []string{""}
	if kind := tag.TypeForKey("co"); kind != "" {
		kinds = []string{"-u-co-" + kind, ""}
	}
	for _, kind := range kinds {
		for _, parts := range [][]any{{base, script, region}, {base, script}, {base}} {
			if t, err := language.Raw.Compose(parts...); err == nil && tailored[t.String()+kind] {
				return t.String() + kind
			}
		}
	}
	return ""
}
