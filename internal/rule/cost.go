package rule

import (
	"strings"

	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/env"
)

// What one rule may be and may cost. The cost is CEL's estimate for the largest
// customer that can be: about one for each comparison or function.
const (
	maxLength  = 4000 // characters
	maxNesting = 60
	maxNodes   = 4000
	maxCost    = 5000
)

// What a customer has at most, as the domain limits it.
const (
	maxTexts = 50   // tags; segments are only asked for
	maxText  = 50   // characters of a tag
	maxValue = 1000 // characters of an attribute, the longest text
)

// subset names what rules use of CEL's functions. Left out is what needs a time
// zone, makes lists or maps, or looks at types.
func subset() *env.LibrarySubset {
	var functions []*env.Function
	for name := range strings.FieldsSeq("_?_:_ _&&_ _||_ !_ _==_ _!=_ _<_ _<=_ _>_ _>=_ _+_ _-_ _*_ _/_ _%_ -_ _[_] @in " +
		"@not_strictly_false __not_strictly_false__ size contains startsWith endsWith matches duration timestamp int double string") {
		functions = append(functions, env.NewFunction(name))
	}
	for name, overload := range map[string]string{"getFullYear": "timestamp_to_year", "getMonth": "timestamp_to_month",
		"getDate": "timestamp_to_day_of_month_1_based", "getDayOfWeek": "timestamp_to_day_of_week", "getHours": "timestamp_to_hours"} {
		functions = append(functions, env.NewFunction(name, &env.Overload{ID: overload}))
	}
	return env.NewLibrarySubset().AddIncludedFunctions(functions...).AddIncludedMacros("has", "exists", "all")
}

// sizes tells CEL how large the values of a customer can be.
type sizes struct{}

// EstimateSize is part of cost.Estimator.
func (sizes) EstimateSize(e cost.AstNode) *cost.SizeEstimate {
	path := e.Path()
	switch {
	case len(path) == 0 || path[0] != "customer":
		return nil
	case path[len(path)-1] == "@items":
		return &cost.SizeEstimate{Max: maxText}
	case strings.Join(path, ".") == vocabulary[Tags].Path:
		return &cost.SizeEstimate{Max: maxTexts}
	}
	return &cost.SizeEstimate{Max: maxValue}
}

// EstimateCallCost leaves functions to CEL.
func (sizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}
