package trust

func scanRole() {}
