package tui

// pageLen is how many values are on a page.
const pageLen = 1 << 14

// pages is a list that grows by a page at a time. A million rows in one slice would be
// copied each time it is full, with as much room again that nothing stands in.
type pages[T any] struct {
	n    int
	full []*[pageLen]T
}

func (p *pages[T]) len() int { return p.n }

// at returns value i of those there are, to read or to write.
func (p *pages[T]) at(i int) *T { return &p.full[i/pageLen][i%pageLen] }

// grow makes the list n long at least, with zeros.
func (p *pages[T]) grow(n int) {
	for len(p.full)*pageLen < n {
		p.full = append(p.full, new([pageLen]T))
	}
	p.n = max(p.n, n)
}

func (p *pages[T]) add(v T) {
	p.grow(p.n + 1)
	*p.at(p.n - 1) = v
}

// from returns a copy of what stands at index i and behind it.
func (p *pages[T]) from(i int) []T {
	if i >= p.n {
		return nil
	}
	list := make([]T, 0, p.n-i)
	for i < p.n {
		page := p.full[i/pageLen][i%pageLen : min(pageLen, p.n-i/pageLen*pageLen)]
		list = append(list, page...)
		i += len(page)
	}
	return list
}
