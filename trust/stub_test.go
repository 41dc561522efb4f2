package trust

func scanRole()   {}
func brokerRole() {}
