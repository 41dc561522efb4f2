package address

// places holds city and state against what is known of the postal code, and
// the city against the places of the country. Tables to come.
func (r *Report) places(*Format) {}

// locate finds where the address is.
func (r *Report) locate(at *Coordinates) {
	if at != nil {
		r.Coordinates = at
	}
}
