// Command generate writes a capture for benchmarks to standard output:
//
//	go run ./internal/wire/generate -profile rtp90 -bytes 400000000 > rtp90.pcap
package main

import (
	"flag"
	"fmt"
	"os"

	"simplecap/internal/wire"
)

func main() {
	name := flag.String("profile", "udp", "udp, tcp, tls, tls-short, rtp90, rtp99, lossy, proxy, fragmented or sms")
	keys := flag.String("keys", "", "write the TLS key log to this file")
	transactions := flag.Int("transactions", 0, "how many transactions; 0 goes by -bytes")
	bytes := flag.Int64("bytes", 0, "size of the file at least; 0 goes by -transactions")
	flag.Parse()
	if err := run(*name, *keys, *transactions, *bytes); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(name, keys string, transactions int, bytes int64) error {
	if transactions == 0 && bytes == 0 {
		return fmt.Errorf("want -transactions or -bytes")
	}
	profile, err := wire.ProfileByName(name)
	if err != nil {
		return err
	}
	if keys != "" {
		log, err := os.Create(keys)
		if err != nil {
			return err
		}
		defer log.Close()
		profile.Keys = log
	}
	n, err := wire.Generate(os.Stdout, profile, transactions, bytes)
	fmt.Fprintln(os.Stderr, "generate:", n, "transactions")
	return err
}
