"use strict";

// The rows of the table, as columns: each is an array with a value for each row. The
// order of the first ones is that of the arrays in the data.
const columns = ["key", "time", "from", "to", "path", "over", "verdict", "words", "status", "took", "again", "rules", "call", "frames", "peer", "class"];
const more = ["kind", "end", "why", "text", "block", "place", "textBlock", "textPlace"];
const rows = { length: 0, days: new Set() }; // days: of their times, since 1970
for (const name of [...columns, ...more]) rows[name] = [];

const classNames = ["failed", "unknown", "fine"];
const rowOf = new Map(); // the number of a row by its key
const search = []; // for each row what free text is looked for in

// intern makes equal strings one.
const interned = new Map();
function intern(value) {
  if (typeof value !== "string") return value;
  const known = interned.get(value);
  if (known !== undefined) return known;
  interned.set(value, value);
  return value;
}
const unique = new Set(["key", "call", "frames"]); // columns in which values hardly come twice

function addRow(values, block, place) {
  const i = rows.length++;
  columns.forEach((name, c) => rows[name].push(unique.has(name) ? values[c] : intern(values[c])));
  for (const name of more) rows[name].push(null);
  rows.block[i] = block;
  rows.place[i] = place;
  rowOf.set(rows.key[i], i);
  if (rows.time[i] !== null) rows.days.add(Math.floor(rows.time[i] / 864e8));
  search[i] = searchText(i);
}

function searchText(i) {
  return [rows.key[i], rows.from[i], rows.to[i], rows.path[i], rows.over[i], rows.words[i], rows.verdict[i], (rows.rules[i] || []).join(" "),
    rows.call[i], rows.kind[i] || "", rows.end[i] || "", rows.why[i] || "", rows.text[i] || ""].join("\n").toLowerCase();
}

// addText adds what is known of a text to the row of its delivery, or as a row of its own.
function addText(text, block, place) {
  let i = rowOf.get(text.Delivery);
  if (i === undefined) {
    if (text.Delivery) return; // its row is not in the page
    const state = text.Failed ? 0 : text.End === "unknown" || text.End === "unconfirmed" ? 1 : 2;
    const words = "text " + text.End + (text.Why ? ": " + text.Why : "");
    addRow([text.Key, text.Time || null, text.From, text.To, text.Path, "msrp", "text", words, 0, -1, 0, [], "", text.Frame, "", state], null, null);
    i = rows.length - 1;
  }
  rows.kind[i] = intern(text.Kind);
  rows.end[i] = intern(text.End);
  rows.why[i] = intern(text.Why);
  rows.text[i] = text.Text || null;
  if (text.Rules) rows.rules[i] = [...new Set([...(rows.rules[i] || []), ...text.Rules])].sort();
  rows.textBlock[i] = block;
  rows.textPlace[i] = place;
  if (text.Failed && rows.class[i] === 2) {
    rows.class[i] = 0;
    rows.words[i] = intern("text " + text.End + (text.Why ? ": " + text.Why : ""));
  }
  search[i] = searchText(i);
}

// loadRows unpacks all rows and texts; told is called after each block.
async function loadRows(told) {
  const blocks = blocksOf("rows");
  for (let b = 0; b < blocks.length; b++) {
    (await unpack(blocks[b])).forEach((values, place) => addRow(values, b, place));
    blocks[b].remove();
    told();
  }
  const texts = blocksOf("texts");
  for (let b = 0; b < texts.length; b++) {
    (await unpack(texts[b])).forEach(([text], place) => addText(text, b, place));
    told();
  }
  await loadStories();
}

const details = new Lazy("details");
const texts = new Lazy("texts");
const stories = new Map(); // by key

async function loadStories() {
  for (const block of blocksOf("stories")) {
    for (const { key, story } of await unpack(block)) stories.set(key, story);
    block.remove();
  }
}
