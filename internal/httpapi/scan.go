package httpapi

// Limits bound what a request body may cost before its meaning is looked at.
type Limits struct {
	Body   int64 // bytes of a whole body
	Line   int   // bytes of one line of a batch
	Depth  int   // nested objects and arrays
	Values int   // members and elements in all
	String int   // bytes of one string, as sent
	Number int   // characters of one number, as sent
}

// DefaultLimits are far above what a person's data needs, and far below what
// hurts.
func DefaultLimits() Limits {
	return Limits{Body: 1 << 20, Line: 64 << 10, Depth: 16, Values: 10_000, String: 64 << 10, Number: 40}
}

// breach is the first limit that a body breaks, and where.
type breach struct {
	code   string // empty: none
	offset int
}

// scan walks over the tokens of a body without judging its grammar, which is
// the decoder's work: it only has to be right about bodies that are JSON, and
// to be cheap about those that are not. It also reports whether a null may
// occur outside strings, because few bodies have one and looking closer costs.
func scan(body []byte, l Limits) (nulls bool, _ breach) {
	depth, values := 0, 0
	for i := 0; i < len(body); i++ {
		switch c := body[i]; c {
		case '"':
			end := stringEnd(body, i+1)
			if end-i-1 > l.String {
				return nulls, breach{"too_long", i}
			}
			i = end
		case '{', '[':
			depth++
			values++
			if depth > l.Depth {
				return nulls, breach{"too_deep", i}
			}
		case '}', ']':
			depth--
		case ',':
			values++
		case 'n':
			nulls = true
		case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			end := numberEnd(body, i+1)
			if end-i > l.Number {
				return nulls, breach{"number_too_long", i}
			}
			i = end - 1
		}
		if values > l.Values {
			return nulls, breach{"too_many_values", i}
		}
	}
	return nulls, breach{}
}

// stringEnd is the index of the closing quote, or the length of the body.
func stringEnd(body []byte, i int) int {
	for i < len(body) && body[i] != '"' {
		if body[i] == '\\' {
			i++
		}
		i++
	}
	return min(i, len(body))
}

func numberEnd(body []byte, i int) int {
	for i < len(body) {
		switch c := body[i]; {
		case c >= '0' && c <= '9', c == '.', c == 'e', c == 'E', c == '+', c == '-':
			i++
		default:
			return i
		}
	}
	return i
}
