"use strict";

// The fragment of the page's address says what is shown: the key of a row that is open,
// or a part of the page; then, behind a question mark, the filter (q) and the order (s).
function readFragment() {
  const [anchor, state] = location.hash.slice(1).split(/\?(.*)/s);
  const given = new URLSearchParams(state || "");
  return { anchor: decodeURIComponent(anchor || ""), query: given.get("q"), sort: given.get("s") };
}

function fragment(anchor) {
  const state = new URLSearchParams();
  if (table.query) state.set("q", table.query);
  if (table.sort) state.set("s", table.sort);
  const text = state.toString();
  return "#" + anchor + (text ? "?" + text : "");
}

const isKey = /^[dtx]\d+$/;

// go opens a row.
function go(key) {
  history.pushState(null, "", fragment(key));
  follow();
}

// follow shows what the fragment says.
function follow() {
  const { anchor, query, sort } = readFragment();
  if (query !== null || sort !== null) {
    if ((query || "") !== table.query || (sort || "") !== table.sort) table.apply(query || "", sort || "", false);
    selectPeriod(periodOf(table.query));
    if (!anchor) document.getElementById("deliveries").scrollIntoView();
  }
  const dialog = document.getElementById("detail");
  if (isKey.test(anchor)) {
    showDetail(anchor);
  } else {
    if (dialog.open) dialog.close();
    reveal(anchor);
  }
}

// reveal opens what an anchor is in.
function reveal(anchor) {
  const element = anchor && document.getElementById(anchor);
  if (!element) return;
  const hidden = element.closest("details");
  if (hidden) hidden.open = true;
  element.scrollIntoView();
}

// periodOf is the period that a filter selects, in µs, or null.
function periodOf(query) {
  const after = query.match(/\bafter:(\S+)/), before = query.match(/\bbefore:(\S+)/);
  if (!after || !before) return null;
  try {
    return [parseTime(after[1]), parseTime(before[1])];
  } catch {
    return null;
  }
}

function periodChosen(period) {
  const rest = table.query.replace(/\b(after|before):\S+\s*/g, "").trim();
  const text = period ? period.map((at, n) => ["after:", "before:"][n] + new Date(at / 1000).toISOString().replace("Z", "")).join(" ") : "";
  table.apply([rest, text].filter(Boolean).join(" "), table.sort, true);
}

let selectPeriod = () => {};
let table;
let readyAt = 0; // when everything was loaded, in ms

// printed fills the plain table with the rows that are shown, for paper.
function printed() {
  const body = document.querySelector("#plain tbody");
  if (!body) return;
  const shown = table.order.slice(0, 500);
  body.replaceChildren(...shown.map(i => h("tr", {}, ...[rows.key[i], formatTime(rows.time[i]), rows.from[i], rows.to[i], rows.path[i]].map(text => h("td", {}, text)),
    h("td", { class: classNames[rows.class[i]] }, rows.words[i]), h("td", { class: "n" }, formatTook(rows.took[i])), h("td", {}, rows.frames[i]))));
  document.querySelector("#plain p").textContent = shown.length < table.order.length ? `The first ${shown.length} of ${table.order.length.toLocaleString("en")} rows.` : `${shown.length} rows.`;
}

let unfolded = []; // ladders that were opened for paper

// unfold opens the example of each kind of failure that is not behind "more": paper has nothing to click.
function unfold() {
  unfolded = [...document.querySelectorAll(".kinds > li > details:not([open])")].filter(d => !d.closest(".more"));
  for (const d of unfolded) d.open = true;
}

function keyPressed(event) {
  const typing = /^(INPUT|TEXTAREA)$/.test(event.target.tagName);
  if (typing || event.ctrlKey || event.altKey || event.metaKey) return;
  const dialog = document.getElementById("detail");
  if (event.key === "/" && !dialog.open) {
    table.input.focus();
  } else if (dialog.open && (event.key === "j" || event.key === "k")) {
    dialog.querySelector(event.key === "j" ? ".next" : ".previous").click();
  } else {
    return;
  }
  event.preventDefault();
}

async function main() {
  document.documentElement.classList.add("scripted");
  const loading = document.getElementById("loading");
  table = new Table(document.getElementById("table"), () => history.replaceState(null, "", fragment("")));
  for (const code of document.querySelectorAll(".filter code")) {
    const text = code.textContent;
    code.after(" ", copyButton("Copy", text.replace(/^.*?: (?=frame\.number)/, "")));
  }
  await loadRows(() => { if (loading) loading.textContent = `Reading: ${rows.length.toLocaleString("en")} of ${meta.rows.toLocaleString("en")} rows.`; });
  document.getElementById("plain").classList.add("for-paper");
  document.getElementById("table").classList.add("ready");
  const timeline = document.getElementById("timeline");
  if (timeline) selectPeriod = brush(timeline, periodChosen);
  table.apply("", "", false);
  follow();
  addEventListener("hashchange", follow);
  addEventListener("popstate", follow);
  addEventListener("beforeprint", () => { printed(); unfold(); });
  addEventListener("afterprint", () => { for (const d of unfolded.splice(0)) d.open = false; });
  addEventListener("keydown", keyPressed);
  const dialog = document.getElementById("detail");
  dialog.addEventListener("close", () => {
    if (isKey.test(readFragment().anchor)) history.pushState(null, "", fragment(""));
    table.body.focus({ preventScroll: true });
  });
  dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
  readyAt = performance.now();
  document.documentElement.classList.add("ready");
}

main();
