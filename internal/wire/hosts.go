package wire

import (
	"encoding/binary"
	"slices"

	"simplecap/capture"
)

// hostsOf are the two addresses of a frame, nil where it is none of IP.
func hostsOf(f *capture.Frame) []string {
	header, kind := 14, 12
	if f.Link == capture.LinkSLL2 {
		header, kind = 20, 0
	} else if f.Link == capture.LinkLinuxSLL {
		header, kind = 16, 14
	}
	if len(f.Data) < header+20 {
		return nil
	}
	ip := f.Data[header:]
	switch binary.BigEndian.Uint16(f.Data[kind:]) {
	case 0x0800:
		return []string{string(ip[12:16]), string(ip[16:20])}
	case 0x86dd:
		if len(ip) >= 40 {
			return []string{string(ip[8:24]), string(ip[24:40])}
		}
	}
	return nil
}

// ByHost splits a capture as if each of its hosts had captured what it sends and
// receives: most frames are seen twice. Every host goes on capturing to the end. It returns
// nil where the frames are not of IP over Ethernet alone, or of one host.
func ByHost(frames []capture.Frame) (hosts [][]capture.Frame) {
	index := map[string]int{}
	for i := range frames {
		for _, host := range hostsOf(&frames[i]) {
			if _, known := index[host]; !known {
				index[host] = len(hosts)
				hosts = append(hosts, nil)
			}
		}
	}
	if len(hosts) < 2 {
		return nil
	}
	last := slices.MaxFunc(frames, func(a, b capture.Frame) int { return int(a.Time - b.Time) })
	last.Data = make([]byte, 64) // of no protocol
	for i := range frames {
		ends := hostsOf(&frames[i])
		if ends == nil {
			return nil
		}
		for _, host := range slices.Compact(ends) {
			hosts[index[host]] = append(hosts[index[host]], frames[i])
		}
	}
	for i := range hosts {
		hosts[i] = append(hosts[i], last)
		for n := range hosts[i] {
			f := &hosts[i][n]
			f.File, f.Number = 1, uint64(n+1)
		}
	}
	return hosts
}

// Merged is all captures as one, in order of time.
func Merged(hosts [][]capture.Frame) (all []capture.Frame) {
	for i, frames := range hosts {
		for _, f := range frames {
			f.File = i + 1
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(a, b capture.Frame) int { return int(a.Time - b.Time) })
	return all
}
