"use strict";

// h makes an element: h("p", {class: "quiet"}, "text", child). Text is text, whatever is
// in it; properties that begin with "on" are listeners.
function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

function say(text) {
  document.getElementById("say").textContent = text;
}

// formatTime is a time of day, with its day where the rows are of several.
function formatTime(µs) {
  if (µs === null) return "";
  const text = formatStamp(µs);
  return rows.days.size > 1 ? text.slice(0, 19) : text.slice(11);
}

function formatStamp(µs) {
  return µs === null ? "" : new Date(Math.floor(µs / 1000)).toISOString().slice(0, 23).replace("T", " ");
}

// ends is an address in parts: where there is no room the domain goes first, then the
// middle of the user, and never its last characters, in which numbers differ.
function ends(address) {
  const [user] = address.split(/[@;]/, 1);
  let at = Math.max(0, user.length - 4);
  if (/^[\udc00-\udfff]/.test(user.slice(at))) at--; // not within a character
  return [h("span", { class: "begin" }, user.slice(0, at)), h("span", { class: "last" }, user.slice(at)), h("span", { class: "rest" }, address.slice(user.length))];
}

function formatTook(µs) {
  if (µs < 0) return "";
  const ms = µs / 1000;
  return ms < 10 ? ms.toFixed(3) + " ms" : ms < 100 ? ms.toFixed(2) + " ms" : ms < 1000 ? ms.toFixed(1) + " ms" : (ms / 1000).toFixed(3) + " s";
}

// verdict is what became of a delivery in parts: where there is no room its first words
// go before the host that is to blame, and the status of a refusal stays.
function verdict(words) {
  const [all, before, host, after] = words.match(/^(.*?)([0-9a-f[][^\s,]*[.:][^\s,]+)(.*)$/) || [words, words, "", ""];
  return [h("span", { class: "rest" }, before), h("span", { class: "begin" }, host), h("span", { class: /^ with \d+$/.test(after) ? "last" : "rest" }, after)];
}

// way is the path of a delivery in parts: of where it went in the end most stays.
function way(path) {
  const at = path.lastIndexOf(" → ");
  return at < 0 ? [path] : [h("span", { class: "rest" }, path.slice(0, at)), h("span", { class: "begin" }, path.slice(at))];
}

const tableColumns = [
  { name: "key", title: "#", text: i => rows.key[i] },
  { name: "time", title: "time", text: i => formatTime(rows.time[i]), hint: i => formatStamp(rows.time[i]) },
  { name: "from", title: "from", text: i => rows.from[i], parts: ends },
  { name: "to", title: "to", text: i => rows.to[i], parts: ends },
  { name: "path", title: "way", text: i => rows.path[i], parts: way },
  { name: "words", title: "result", text: i => rows.words[i] + (rows.end[i] && rows.class[i] === 2 ? ` · ${rows.kind[i]} ${rows.end[i]}` : ""), parts: verdict },
  { name: "took", title: "took", text: i => formatTook(rows.took[i]) },
  { name: "frames", title: "frames", text: i => rows.frames[i], hint: () => null },
];

// Table shows the rows that pass the filter. Only those in view are elements.
class Table {
  constructor(place, changed) {
    this.changed = changed; // called when the reader changed filter or order
    this.order = [];
    this.sort = "";
    this.active = 0;
    this.query = "";
    this.input = h("input", {
      type: "search", id: "filter", "aria-label": "Filter", placeholder: "Filter: words, or verdict:refused host:10.0.0.2 took>500", autocomplete: "off", spellcheck: "false",
      oninput: () => this.typed(),
    });
    this.count = h("span", { class: "quiet", id: "count" });
    this.heads = tableColumns.map(c => h("button", { type: "button", class: "head c-" + c.name, onclick: () => this.order1(c.name) }, c.title));
    this.space = h("div", { class: "space" });
    this.body = h("div", {
      class: "body", id: "rows", tabindex: "0", role: "grid", "aria-label": "Deliveries", onscroll: () => this.draw(), onkeydown: event => this.pressed(event),
      onclick: event => this.clicked(event),
    }, this.space);
    place.append(
      h("div", { class: "bar" }, this.input, h("button", { type: "button", id: "clear", onclick: () => this.apply("", this.sort, true) }, "Clear"), this.count),
      h("p", { class: "wrong", id: "wrong", hidden: true }),
      h("div", { class: "grid" }, h("div", { class: "heads", role: "row" }, ...this.heads.map((head, n) => h("span", { role: "columnheader", class: "c-" + tableColumns[n].name }, head))), this.body));
    this.wrong = document.getElementById("wrong");
    new ResizeObserver(() => this.resized()).observe(this.body);
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.apply(this.input.value, this.sort, true), 80);
  }

  order1(name) {
    this.apply(this.query, this.sort === name ? "-" + name : this.sort === "-" + name ? "" : name, true);
  }

  // apply shows the rows that pass a filter, in an order: the name of a column, with a
  // minus before it for the other way round, or "" for failures first.
  apply(query, sort, byReader) {
    let found;
    try {
      found = filter(query);
      this.wrong.hidden = true;
    } catch (error) {
      this.wrong.textContent = error.message;
      this.wrong.hidden = false;
      return;
    }
    this.query = query;
    this.sort = sort;
    if (this.input.value !== query) this.input.value = query;
    this.order = sort ? sorted(found, sort) : found;
    this.active = 0;
    this.heads.forEach((head, n) => {
      const name = tableColumns[n].name, direction = sort === name ? "ascending" : sort === "-" + name ? "descending" : "none";
      head.parentElement.setAttribute("aria-sort", direction);
    });
    this.tell();
    this.body.scrollTop = 0;
    this.body.parentElement.classList.toggle("dated", rows.days.size > 1);
    this.resized();
    if (byReader) this.changed();
  }

  tell() {
    const all = rows.length.toLocaleString("en"), n = this.order.length.toLocaleString("en");
    this.count.textContent = this.order.length === rows.length ? `${all} ${rows.length === 1 ? "row" : "rows"}` : `${n} of ${all} rows`;
    this.body.setAttribute("aria-rowcount", this.order.length);
  }

  resized() {
    const height = parseFloat(getComputedStyle(this.body).getPropertyValue("--row")) || 34;
    this.height = height;
    this.space.style.height = this.order.length * height + "px";
    this.draw();
  }

  draw() {
    const first = Math.max(0, Math.floor(this.body.scrollTop / this.height) - 5);
    const last = Math.min(this.order.length, first + Math.ceil(this.body.clientHeight / this.height) + 12);
    const drawn = [];
    for (let n = first; n < last; n++) drawn.push(this.row(n));
    this.space.replaceChildren(...drawn);
    if (this.order.length === 0) this.space.append(h("p", { class: "quiet none" }, "No row passes the filter."));
    this.body.setAttribute("aria-activedescendant", "row" + this.active);
  }

  row(n) {
    const i = this.order[n];
    const cells = tableColumns.map(c => {
      const text = c.text(i), parts = c.parts ? c.parts(text) : [text];
      return h("span", { class: "c-" + c.name + (c.parts ? " ends" : ""), role: "gridcell", title: c.hint ? c.hint(i) : text }, ...parts);
    });
    const row = h("div", { class: "row " + classNames[rows.class[i]] + (n === this.active ? " active" : ""), role: "row", id: "row" + n, "aria-rowindex": n + 1, "data-n": n }, ...cells);
    row.style.transform = `translateY(${n * this.height}px)`;
    return row;
  }

  clicked(event) {
    const row = event.target.closest(".row");
    if (!row) return;
    this.active = Number(row.dataset.n);
    this.draw();
    this.open();
  }

  open() {
    if (this.order.length) go(rows.key[this.order[this.active]]);
  }

  pressed(event) {
    const page = Math.max(1, Math.floor(this.body.clientHeight / this.height) - 1), last = this.order.length - 1;
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key === "Enter" || event.key === " ") {
      this.open();
    } else if (event.key in moves && !event.ctrlKey && !event.altKey && !event.metaKey) {
      this.move(Math.min(Math.max(this.active + moves[event.key], 0), last));
    } else {
      return;
    }
    event.preventDefault();
  }

  // move makes another row the active one.
  move(n) {
    this.active = Math.max(n, 0);
    const top = this.active * this.height;
    if (top < this.body.scrollTop) this.body.scrollTop = top;
    if (top + this.height > this.body.scrollTop + this.body.clientHeight) this.body.scrollTop = top + this.height - this.body.clientHeight;
    this.draw();
  }

  // step returns the key of the row before or after one, null where there is none.
  step(key, by) {
    const n = this.order.indexOf(rowOf.get(key)) + by;
    return n >= 0 && n < this.order.length ? rows.key[this.order[n]] : null;
  }
}

// sorted brings rows into the order of a column.
function sorted(found, sort) {
  const back = sort.startsWith("-"), column = rows[back ? sort.slice(1) : sort];
  if (!column) return found;
  const sign = back ? -1 : 1;
  const value = sort.endsWith("key") || sort.endsWith("frames") ? i => parseInt(String(column[i]).replace(/^\D+/, ""), 10) || 0 : i => column[i];
  const values = new Map(found.map(i => [i, value(i)]));
  return found.slice().sort((a, b) => {
    const x = values.get(a), y = values.get(b);
    if (x === y) return a - b;
    if (x === null || x === -1) return 1; // what is not known comes last either way
    if (y === null || y === -1) return -1;
    return (x < y ? -1 : 1) * sign;
  });
}
