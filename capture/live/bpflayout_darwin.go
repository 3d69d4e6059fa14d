package live

// systemBPF is the layout of this system.
var systemBPF = bpfDarwin
