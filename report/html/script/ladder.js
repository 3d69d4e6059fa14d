"use strict";

const svgNamespace = "http://www.w3.org/2000/svg";

// s makes an element of SVG, as h does of HTML.
function s(tag, properties, ...children) {
  const element = document.createElementNS(svgNamespace, tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// drawLadder draws messages as arrows between hosts, as the page's own SVG does.
function drawLadder(ladder, chosen) {
  const left = 120, edge = 80, gap = 210, head = 50, high = 30;
  const x = column => left + edge + column * gap;
  const width = left + 2 * edge + gap * Math.max(ladder.hosts.length - 1, 1), height = head + high * ladder.steps.length + 16;
  const svg = s("svg", { class: "ladder", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Messages between hosts" });
  ladder.hosts.forEach((host, c) => {
    svg.append(s("line", { class: "s-pole", x1: x(c), x2: x(c), y1: head, y2: height - 8 }));
    host.names.slice(0, 2).forEach((name, n) => svg.append(s("text", { class: n ? "s-label" : "s-strong", x: x(c), y: 16 + 16 * n, "text-anchor": "middle" }, shorten(name, 28))));
  });
  svg.append(s("text", { class: "s-label", x: 8, y: 44 }, "seconds"), s("text", { class: "s-label", x: 112, y: 44, "text-anchor": "end" }, "frame"));
  ladder.steps.forEach((step, i) => svg.append(drawStep(step, x, head + high * (i + 1), chosen)));
  return svg;
}

function drawStep(step, x, y, chosen) {
  const from = x(step.from), to = x(step.to), self = from === to, size = to < from ? 7 : -7;
  const group = s("g", { class: "rung" },
    s("text", { class: "s-label", x: 8, y: y + 4 }, step.when),
    s("text", { class: "s-label", x: 112, y: y + 4, "text-anchor": "end" }, step.frame));
  if (!self) group.append(s("line", { class: `s-rung s-${step.class}-line`, x1: from, x2: to, y1: y, y2: y }));
  group.append(
    s("polygon", { class: "s-" + step.class, points: `${to},${y} ${to + size},${y - 4} ${to + size},${y + 4}` }),
    s("text", { class: `s-strong s-halo s-${step.class}-text`, x: self ? from + 60 : (from + to) / 2, y: y - 6, "text-anchor": "middle" }, shorten(step.label, 34)));
  if (step.message !== undefined && chosen) {
    group.classList.add("link");
    group.addEventListener("click", () => chosen(step.message));
  }
  return group;
}

function shorten(text, length) {
  return text.length > length ? text.slice(0, length - 1) + "…" : text;
}

// hopsLadder makes a ladder of what is known of a delivery whose messages are not in the
// page: a request and its answer for each hop.
function hopsLadder(hops) {
  const hosts = [], at = new Map(), steps = [];
  const column = address => {
    if (!at.has(address)) at.set(address, hosts.push({ names: [address] }) - 1);
    return at.get(address);
  };
  const end = new Map();
  let first = Infinity;
  for (const hop of hops) {
    const field = hop.fields, from = end.has(hop.p) ? end.get(hop.p) : column(hop.a), to = column(hop.b);
    end.set(hop.t, to);
    first = Math.min(first, field.first_request ?? Infinity);
    steps.push({ at: field.first_request, from, to, label: (field.method || "MESSAGE") + (field.retransmissions ? ` and ${field.retransmissions} again` : ""), class: "request", frame: (field.request_frames || [""])[0] });
    if (field.status) {
      steps.push({ at: field.final, from: to, to: from, label: `${field.status} ${field.reason || ""}`, class: field.status < 300 ? "fine" : "failed", frame: (field.response_frames || [""])[0] });
    }
  }
  steps.sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
  for (const step of steps) step.when = step.at === undefined || first === Infinity ? "" : ((step.at - first) / 1e6).toFixed(6);
  return { hosts, steps };
}
