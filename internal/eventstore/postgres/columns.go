package postgres

import "github.com/google/uuid"

// columns turns rows into one array a column, the arguments of unnest.
type columns struct {
	args []any
	size int
}

func newColumns(size int) *columns { return &columns{size: size} }

// row adds a row; the first one decides the columns' types.
func (c *columns) row(values ...any) {
	if c.args == nil {
		c.args = make([]any, len(values))
		for i, v := range values {
			c.args[i] = c.array(v)
		}
	}
	for i, v := range values {
		switch a := c.args[i].(type) {
		case []string:
			c.args[i] = append(a, v.(string))
		case []int64:
			c.args[i] = append(a, v.(int64))
		case []int:
			c.args[i] = append(a, v.(int))
		case []bool:
			c.args[i] = append(a, v.(bool))
		case [][]byte:
			c.args[i] = append(a, v.([]byte))
		case [][16]byte:
			c.args[i] = append(a, v.(uuid.UUID))
		}
	}
}

func (c *columns) array(v any) any {
	switch v.(type) {
	case string:
		return make([]string, 0, c.size)
	case int64:
		return make([]int64, 0, c.size)
	case int:
		return make([]int, 0, c.size)
	case bool:
		return make([]bool, 0, c.size)
	case []byte:
		return make([][]byte, 0, c.size)
	case uuid.UUID:
		return make([][16]byte, 0, c.size)
	}
	panic("postgres: a column of an unknown type") // a mistake in this package, found by its first test
}
