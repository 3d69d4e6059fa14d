package decode

// fragments puts IP fragments together again.
type fragments struct{}

func (f *fragments) init(limits *Limits, stats *Stats) {}
