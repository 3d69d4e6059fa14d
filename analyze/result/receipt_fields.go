package result

import (
	"sync"
	"time"

	"simplecap/capture"
)

// ReceiptFields returns the fields of a receipt, in the order of the report.
func ReceiptFields() []FieldOf[Receipt] { return receiptFields() }

// receiptFields is the table. It is not changed.
var receiptFields = sync.OnceValue(func() []FieldOf[Receipt] {
	return []FieldOf[Receipt]{
		text("kind", "what it is", func(r *Receipt) string { return r.Kind }).oneOf(allReceiptKinds).always(),
		frame("frame", "the frame that completes it", func(r *Receipt) capture.Ref { return r.Frame }),
		millis("after_ms", "time since the first transmission of the text; -1 in filters where it is unknown", func(r *Receipt) time.Duration { return r.After }, func(r *Receipt) bool { return r.HasAfter }),
		text("matched_by", "what says that it is about this text; `shared-message-id`, of one of several texts with one id, decides nothing", func(r *Receipt) string { return r.MatchedBy }).oneOf(func() []string {
			return []string{"in-reply-to", "rp-mr", "transaction", "message-id", SharedMessageID, "tp-mr"}
		}),
		number("delivery", "number of the delivery that carried it; 0 where that is none of its own", func(r *Receipt) int64 { return int64(r.Delivery) }).nonZero(),
		number("text", "number of the text that it is as well; 0 for none", func(r *Receipt) int64 { return int64(r.Text) }).nonZero(),
		truth("foreign", "it comes from a host that the text did not go to, and decides nothing", func(r *Receipt) bool { return r.Foreign }).ifTrue(),
		number("cause", "RP-Cause of an RP-ERROR; 0 of others", func(r *Receipt) int64 { return int64(r.Cause) }).where(isRPError),
		text("cause_name", "its number and name", func(r *Receipt) string { return r.Cause.String() }).where(isRPError),
		number("tp_fcs", "TP-FCS; 0 without one", func(r *Receipt) int64 { return int64(r.Failure) }).where(func(r *Receipt) bool { return r.HasFCS }),
		number("status", "TP-ST of a status report, or status of an MSRP response or REPORT; -1 in filters without one", (*Receipt).status).
			where(func(r *Receipt) bool { return isStatusReport(r) || r.Status != 0 }).without(-1),
		text("status_name", "TP-ST of a status report: its value, class and name", func(r *Receipt) string { return r.TPStatus.String() }).where(isStatusReport),
		text("status_word", "status of an IMDN that is none of RFC 5438", func(r *Receipt) string { return r.Name }).as("status").
			where(func(r *Receipt) bool { return r.Name != "" && r.Status == 0 && !isStatusReport(r) }),
		text("message_id", "Message-ID that it names", func(r *Receipt) string { return r.MessageID }),
		text("recipient", "whom it is about, where it says so", func(r *Receipt) string { return r.Recipient }),
		truth("late", "it came after TR1M or TR2M", func(r *Receipt) bool { return r.Late }).ifTrue(),
		truth("duplicate", "it repeats or contradicts an earlier one", func(r *Receipt) bool { return r.Duplicate }).ifTrue(),
	}
})

func isRPError(r *Receipt) bool { return r.Kind == "rp-error" }

func isStatusReport(r *Receipt) bool { return r.Kind == "status-report" }

func (r *Receipt) status() int64 {
	if isStatusReport(r) {
		return int64(r.TPStatus)
	}
	return int64(r.Status)
}
