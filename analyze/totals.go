package analyze

import (
	"slices"

	"simplecap/analyze/result"
)

// totals counts what is handed on, and leaves out what Options.Where does not want.
type totals struct {
	*run
	handler  Handler
	summary  result.Summary
	statuses statuses
	peers    peers
	rtt      samples
	minute   minute                // live only
	kept     *recent[uint64, bool] // ids of the transactions that Options.Where kept
}

func (sum *totals) init(r *run, h Handler) {
	sum.run, sum.handler = r, h
	sum.peers.init(&r.options)
	sum.kept = newRecent[uint64, bool](16 * r.limits.Watched)
	sum.rtt.exact = r.limits.ExactRTT
}

// settle counts a closed transaction and hands it on, unless Options.Where leaves
// it out: then it reports false.
func (sum *totals) settle(t *result.Transaction) (wanted bool) {
	if !sum.wants(t) {
		return false
	}
	sum.summary.Add(t.Outcome, t.Retransmissions)
	sum.statuses.add(t.Status)
	sum.peers.add(t)
	if t.HasRTT {
		sum.rtt.add(t.RTT)
	}
	sum.handler.Transaction(t)
	return true
}

// wants reports whether Options.Where keeps the transaction, and remembers it so
// that findings about others can be left out.
func (sum *totals) wants(t *result.Transaction) bool {
	if sum.options.Where == nil {
		return true
	}
	if !sum.options.Where(t) {
		return false
	}
	sum.kept.put(t.ID, true)
	return true
}

// show hands on a transaction that is still open, viewed as t.
func (sum *totals) show(tx txn, t *result.Transaction) {
	t.Closed = false
	if sum.wants(t) {
		tx.setIf(isChanged, false)
		tx.set(isShown)
		if t.HasRTT {
			sum.minute.add(t.RTT, sum.clock)
		}
		sum.handler.Transaction(t)
	}
}

// counted is the summary so far.
func (sum *totals) counted() result.Summary {
	s := sum.summary
	s.Statuses = sum.statuses.counts()
	return s
}

// wanted returns the findings without those that are only about transactions that
// Options.Where leaves out.
func (sum *totals) wanted(all []result.Finding) []result.Finding {
	if sum.options.Where == nil {
		return all
	}
	return slices.DeleteFunc(all, func(f result.Finding) bool {
		return len(f.Transactions) > 0 && !slices.ContainsFunc(f.Transactions, func(id uint64) bool {
			_, kept := sum.kept.get(id)
			return kept
		})
	})
}
