package html_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"simplecap/analyze"
	"simplecap/capture"
	"simplecap/report/html"
)

// Make the page of a capture.
func Example() {
	src, err := capture.Open([]string{"../../testdata/pcaps/n-v6.pcap"}, capture.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer src.Close()
	var page bytes.Buffer // or a file
	w := html.New(&page, html.Options{Made: html.Made{Version: "1", Command: "example"}})
	found, err := analyze.Run(context.Background(), src, analyze.Options{Joined: w.Joined}, w)
	if err != nil {
		log.Fatal(err)
	}
	if err := w.Close(found); err != nil {
		log.Fatal(err)
	}
	fmt.Println(bytes.Contains(page.Bytes(), []byte("</html>")), found.Summary.Transactions)
	// Output:
	// true 4
}
