package html

// byNumber is a map of numbers that lie close together, as those of transactions and
// deliveries do: a page of it is found in a small map, and a value by its place.
type byNumber[T any] struct {
	pages map[uint64]*numberPage[T]
	free  *numberPage[T] // the last one that became empty
	n     int
}

// pageNumbers is how many numbers one page is for. More of them cost memory where few
// values are left of each.
const pageNumbers = 64

type numberPage[T any] struct {
	values [pageNumbers]*T
	n      int
}

func newByNumber[T any]() byNumber[T] {
	return byNumber[T]{pages: make(map[uint64]*numberPage[T])}
}

// get returns the value of a number, nil where it has none.
func (m *byNumber[T]) get(number uint64) *T {
	page := m.pages[number/pageNumbers]
	if page == nil {
		return nil
	}
	return page.values[number%pageNumbers]
}

// put gives a number that has no value one.
func (m *byNumber[T]) put(number uint64, v *T) {
	page := m.pages[number/pageNumbers]
	if page == nil {
		if page, m.free = m.free, nil; page == nil {
			page = new(numberPage[T])
		}
		m.pages[number/pageNumbers] = page
	}
	page.values[number%pageNumbers] = v
	page.n++
	m.n++
}

// take returns the value of a number, which it has no more; nil where it had none.
func (m *byNumber[T]) take(number uint64) *T {
	page := m.pages[number/pageNumbers]
	if page == nil || page.values[number%pageNumbers] == nil {
		return nil
	}
	v := page.values[number%pageNumbers]
	page.values[number%pageNumbers] = nil
	m.n--
	if page.n--; page.n == 0 {
		delete(m.pages, number/pageNumbers)
		m.free = page
	}
	return v
}

// len is how many numbers have values.
func (m *byNumber[T]) len() int { return m.n }
