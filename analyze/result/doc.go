// Package result is what an analysis finds: transactions, deliveries with their hops,
// texts with their receipts, findings, and the report that sums them up. It holds
// values and what can be said of one value alone; nothing in it pairs, judges or
// prints. Package analyze makes the values; package report, sinks and programs of your
// own read them.
//
// A Transaction is one MESSAGE request on one hop, a Delivery all transactions that
// carry the same message, a Text what a person, a handset or a service sent.
//
// # Fields
//
// Fields and TextFields are the tables of all that can be asked of a value by name:
// CSV, filters, policies, documents and sinks walk them. A Field says what its values
// are (FieldType), what they mean, and how to get one.
//
// # Strings
//
// Strings hold bytes from the wire as they came: whoever prints them makes them safe.
// Times are nanoseconds since 1970 UTC by the capture's clock.
package result
