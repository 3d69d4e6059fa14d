package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"simplecap/analyze/result"
	"simplecap/capture"
)

// filters returns Wireshark display filters that open the first limit frames,
// one for each file, with the file's name before it where there are several.
// The elements of a set are separated by commas: Wireshark 3.6 and later takes
// nothing else.
func filters(frames []capture.Ref, inputs []capture.Input, limit int) []string {
	frames = slices.Compact(slices.Sorted(slices.Values(frames)))
	more := max(len(frames)-limit, 0)
	frames = frames[:len(frames)-more]
	var lines []string
	for len(frames) > 0 {
		n := 1
		for n < len(frames) && frames[n].File() == frames[0].File() {
			n++
		}
		lines = append(lines, filePrefix(frames[0].File(), inputs)+filter(frames[:n]))
		frames = frames[n:]
	}
	if more > 0 {
		lines = append(lines, "and "+count(uint64(more), "more frame")+" in --format json")
	}
	return lines
}

// filter is the display filter for frames of one file.
func filter(frames []capture.Ref) string {
	if len(frames) == 1 {
		return "frame.number == " + strconv.FormatUint(frames[0].Number(), 10)
	}
	var numbers []string
	for _, f := range frames {
		numbers = append(numbers, strconv.FormatUint(f.Number(), 10))
	}
	return "frame.number in {" + strings.Join(numbers, ", ") + "}"
}

// maxFilter is how many frames a display filter names.
const maxFilter = 200

// DisplayFilter is a Wireshark display filter that opens the messages of transactions: by
// the numbers of their frames where these are of one file and few, else by their Call-IDs.
func DisplayFilter(transactions []result.Transaction) string {
	var frames []capture.Ref
	var calls []string
	for i := range transactions {
		t := &transactions[i]
		frames = append(append(frames, t.RequestFrames...), t.ResponseFrames...)
		if call := fmt.Sprintf("sip.Call-ID == %q", Clean(t.CallID, 0)); !slices.Contains(calls, call) {
			calls = append(calls, call)
		}
	}
	if lines := filters(frames, nil, len(frames)); len(lines) == 1 && len(frames) <= maxFilter {
		return lines[0]
	}
	return strings.Join(calls, " || ")
}

func filePrefix(file int, inputs []capture.Input) string {
	if len(inputs) < 2 || file < 1 || file > len(inputs) {
		return ""
	}
	return Clean(inputs[file-1].Name, cellWidth) + ": "
}
