package trust

func scanRole()   {}
func brokerRole() {}
func writerRole() {}
