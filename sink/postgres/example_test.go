package postgres_test

import (
	"fmt"
	"log"

	"simplecap/sink"
	"simplecap/sink/postgres"
)

// Open a database. Nothing is sent before the first rows, with which its tables are made.
func Example() {
	address, err := sink.Parse("postgres://alice:secret@db.example.com/calls?schema=sip&sample=0.1&every=30s")
	if err != nil {
		log.Fatal(err)
	}
	store, err := postgres.Open(address, sink.NewSchema())
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	// As any store: sink.New(sink.Options{}, output) is a handler of an analysis.
	output := sink.Output{Name: address.String(), Store: store, Sample: address.Sample, Every: address.Every}
	fmt.Println(output.Name, output.Sample, output.Every)
	// Output:
	// postgres://alice:xxxxx@db.example.com/calls 0.1 30s
}
