"use strict";

// showDetail shows all that is known of a row.
async function showDetail(key) {
  const dialog = document.getElementById("detail"), i = rowOf.get(key);
  if (i === undefined) {
    say(`${key} is not in this page`);
    return;
  }
  const hops = rows.block[i] === null ? [] : (await details.get(rows.block[i]))[rows.place[i]];
  for (const hop of hops) hop.fields ??= fieldsOf(hop, i);
  const text = rows.textBlock[i] === null ? null : (await texts.get(rows.textBlock[i]))[rows.textPlace[i]][1];
  dialog.replaceChildren(...parts(key, i, hops, text, stories.get(key)));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  dialog.querySelector("h2").focus();
}

// implied has what a field of a transaction is, by its row (i), its hop and its other
// fields, where the data say "" (see implied.go).
const implied = {
  id: (i, hop) => hop.t,
  delivery: i => Number(rows.key[i].slice(1)),
  call_id: i => rows.call[i],
  from: i => "sip:" + rows.from[i],
  to: i => "sip:" + rows.to[i],
  request_uri: i => "sip:" + rows.to[i],
  transport: i => rows.over[i],
  src: (i, hop) => hop.a + ":5060",
  dst: (i, hop) => hop.b + ":5060",
  first_request: i => rows.time[i],
  last_request: (i, hop, fields) => fields.first_request,
  final: (i, hop, fields) => fields.first_request + Math.floor(1000 * fields.rtt_ms + 1e-4),
  rtt_last_ms: (i, hop, fields) => fields.rtt_ms,
  outcome: (i, hop) => hop.o,
};

// fieldsOf are the fields of a hop's transaction by name.
function fieldsOf(hop, i) {
  const fields = {}, open = [];
  (hop.v || []).forEach((value, n) => {
    const name = meta.fields[n][0];
    if (value === "") open.push(name);
    else if (value !== null) fields[name] = value;
  });
  for (const name of open) fields[name] = implied[name](i, hop, fields);
  return fields;
}

function parts(key, i, hops, text, story) {
  const open = [titleBar(key), summary(i)];
  open.push(h("div", { class: "actions" }, ...actions(key, hops)));
  if (story) open.push(h("div", { class: "wide" }, drawLadder(story.ladder, n => document.getElementById("m" + n).scrollIntoView())));
  else if (hops.length) open.push(h("div", { class: "wide" }, drawLadder(hopsLadder(hops))), h("p", { class: "quiet" }, "The messages of this one are not in the page; the command above shows them."));
  if (story && story.ladder.left) open.push(h("p", { class: "quiet" }, `${story.ladder.left} messages of it are not in the page.`));
  open.push(...hopParts(hops));
  if (story) open.push(...messageParts(story), ...changeParts(story), ...otherParts(story));
  if (text) open.push(h("h3", {}, "Text"), tree(text));
  return open;
}

function titleBar(key) {
  const step = (by, label, name) => {
    const next = table.step(key, by);
    return h("button", { type: "button", class: name, disabled: next === null, title: by < 0 ? "previous (k)" : "next (j)", onclick: () => next && go(next) }, label);
  };
  const what = key[0] === "d" ? "Delivery " : key[0] === "t" ? "Transaction " : "Text ";
  return h("div", { class: "title" }, h("h2", { id: "detail-title", tabindex: "-1" }, what + key.slice(1)),
    step(-1, "←", "previous"), step(1, "→", "next"), h("button", { type: "button", class: "close", title: "close (Esc)", onclick: () => document.getElementById("detail").close() }, "Close"));
}

function summary(i) {
  const facts = [["from", rows.from[i]], ["to", rows.to[i]], ["way", rows.path[i]], ["over", rows.over[i]], ["Call-ID", rows.call[i]],
    ["first seen", rows.time[i] === null ? "" : new Date(Math.floor(rows.time[i] / 1000)).toISOString().replace("T", " ").replace("Z", " UTC")],
    ["took", formatTook(rows.took[i])], ["text", rows.kind[i] ? `${rows.kind[i]}, ${rows.end[i]}${rows.why[i] ? ": " + rows.why[i] : ""}` : ""]];
  return h("div", {}, h("p", { class: "verdict " + classNames[rows.class[i]] }, rows.words[i]),
    h("dl", { class: "pairs" }, ...facts.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
}

// actions are the buttons that copy.
function actions(key, hops) {
  const list = [copyButton("Copy link", location.href.split("#")[0] + "#" + key)];
  const number = key.slice(1), flag = key[0] === "d" ? "--delivery" : key[0] === "t" ? "--transaction" : "";
  if (flag && meta.inputs.length) list.push(copyButton("Copy simplecap show", `simplecap show ${meta.inputs.map(shellQuoted).join(" ")} ${flag} ${number}`));
  for (const [file, frames] of framesByFile(hops)) {
    const filter = frames.length === 1 ? `frame.number == ${frames[0]}` : `frame.number in {${frames.join(", ")}}`;
    list.push(copyButton("Copy Wireshark filter" + (meta.inputs.length > 1 ? ` of ${meta.inputs[file - 1]}` : ""), filter));
  }
  return list;
}

function shellQuoted(name) {
  return /^[\w./+-]+$/.test(name) && !name.startsWith("-") ? name : "'" + name.replaceAll("'", "'\\''") + "'";
}

// framesByFile sorts the frames of hops by the number of their input.
function framesByFile(hops) {
  const files = new Map();
  for (const hop of hops) {
    const fields = hop.fields;
    for (const name of [...(fields.request_frames || []), ...(fields.response_frames || [])]) {
      const [number, file] = name.split(":").reverse();
      const key = Number(file || 1);
      if (!files.has(key)) files.set(key, new Set());
      files.get(key).add(Number(number));
    }
  }
  return [...files].map(([file, frames]) => [file, [...frames].sort((a, b) => a - b)]);
}

function copyButton(label, text) {
  return h("button", { type: "button", class: "copy", "data-copy": text, title: text, onclick: () => copy(text) }, label);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea", { class: "offscreen" });
    area.value = text;
    (document.querySelector("dialog[open]") || document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  say("Copied: " + text);
}

// Fields that the heading of a hop says already.
const inHeading = new Set(["id", "delivery", "src", "dst", "outcome", "status", "reason", "rtt_ms"]);

function hopParts(hops) {
  if (!hops.length) return [];
  return [h("h3", {}, hops.length > 1 ? "Hops" : "Transaction"), ...hops.map(hop => {
    const fields = hop.fields;
    const result = fields.status ? `${fields.status} ${fields.reason || ""}` : hop.o;
    const times = [fields.rtt_ms === undefined ? "" : `answered in ${formatTook(1000 * fields.rtt_ms)}`,
      hop.f === undefined ? "" : `forwarded after ${formatTook(hop.f)}`, hop.r === undefined ? "" : `answer passed on after ${formatTook(hop.r)}`].filter(Boolean);
    return h("details", { class: "hop", id: "t" + hop.t },
      h("summary", {}, h("b", {}, `${hop.a} → ${hop.b}`), " ", h("span", { class: hopClass(hop.o) }, result), " ", h("span", { class: "quiet" }, times.join(", "))),
      h("dl", { class: "pairs" }, ...meta.fields.filter(([name]) => fields[name] !== undefined && !(inHeading.has(name) && name !== "id")).flatMap(([name, doc]) =>
        [h("dt", { title: doc }, name), h("dd", {}, fieldText(name, fields[name]))])));
  })];
}

function hopClass(outcome) {
  return outcome === "success" ? "fine" : outcome === "pending" || outcome === "challenged" || outcome === "orphan" ? "unknown" : "failed";
}

function fieldText(name, value) {
  if (Array.isArray(value)) return value.join(", ");
  if (name === "final" || name.endsWith("_request")) return new Date(value / 1000).toISOString();
  return String(value);
}

function messageParts(story) {
  return [h("h3", {}, "Messages"), ...story.messages.map((message, n) => {
    const notes = message.notes || [];
    const lines = message.lines.map(line => h("span", { class: "line" }, ...(line || []).map(piece =>
      piece.n ? h("mark", { class: notes[piece.n - 1].severity, title: notes[piece.n - 1].sentence }, piece.t) : piece.t), "\n"));
    return h("section", { class: "message", id: "m" + n }, h("h4", {}, message.title), h("pre", { tabindex: "0" }, ...lines),
      message.body ? h("p", { class: "quiet" }, message.body + (meta.bodies || meta.redacted ? "" : " (--bodies puts texts into the page)")) : null, ...notes.map(note));
  })];
}

function note(finding) {
  return h("p", { class: "note" }, h("span", { class: "severity " + finding.severity }, finding.severity), " ", h("a", { href: "#r-" + finding.rule }, finding.rule), " ", finding.sentence,
    finding.reference ? h("span", { class: "quiet" }, " — " + finding.reference) : null);
}

function changeParts(story) {
  return (story.changes || []).flatMap(change => [h("h3", {}, `What ${change.who} changed, frames ${change.frames}`),
    h("dl", { class: "changes" }, ...(change.changes || []).flatMap(([field, before, after]) => [h("dt", {}, field),
      before ? h("dd", { class: "before" }, h("del", {}, before)) : null, after ? h("dd", { class: "after" }, h("ins", {}, after)) : null].filter(Boolean)))]);
}

function otherParts(story) {
  const other = story.other || [];
  return other.length ? [h("h3", {}, "Other findings"), ...other.map(note)] : [];
}

// tree shows an object of the JSON report, names beside values.
function tree(value) {
  if (Array.isArray(value)) {
    if (value.every(one => typeof one !== "object")) return value.join(", ");
    return h("ol", {}, ...value.map(one => h("li", {}, tree(one))));
  }
  if (value !== null && typeof value === "object") {
    if (value.frame !== undefined && value.file !== undefined) return (value.file > 1 ? value.file + ":" : "") + value.frame;
    return h("dl", { class: "pairs" }, ...Object.entries(value).filter(([, v]) => v !== "" && !(Array.isArray(v) && !v.length)).flatMap(([name, v]) => [h("dt", {}, name), h("dd", {}, tree(v))]));
  }
  return String(value);
}
