"use strict";

// brush lets the reader select a period on the time line, with the pointer or the
// keyboard. changed is called with its times in µs, and with nothing when it is cleared.
function brush(svg, changed) {
  const { start, step, columns, left, right } = Object.fromEntries(Object.entries(svg.dataset).map(([name, value]) => [name, Number(value)]));
  const shade = s("rect", { class: "s-brush", y: 0, height: svg.viewBox.baseVal.height - 22, width: 0, x: 0 });
  let from = 0, to = 0, dragging = false; // columns; none is selected where from === to

  svg.prepend(shade);
  svg.setAttribute("tabindex", "0");
  svg.setAttribute("aria-label", svg.getAttribute("aria-label") + ". Arrow keys select a period, Shift widens it, Escape clears it.");

  function columnAt(event) {
    const box = svg.getBoundingClientRect(), x = (event.clientX - box.left) * svg.viewBox.baseVal.width / box.width;
    return Math.min(Math.max((x - left) / (right - left) * columns, 0), columns);
  }

  function show() {
    const a = Math.min(from, to), b = Math.max(from, to), width = (right - left) / columns;
    shade.setAttribute("x", left + a * width);
    shade.setAttribute("width", (b - a) * width);
  }

  function tell() {
    const a = Math.floor(Math.min(from, to)), b = Math.ceil(Math.max(from, to));
    if (from === to) changed(null);
    else changed([start + a * step, start + b * step]);
  }

  svg.addEventListener("pointerdown", event => {
    dragging = true;
    svg.setPointerCapture(event.pointerId);
    from = to = columnAt(event);
    show();
  });
  svg.addEventListener("pointermove", event => {
    if (!dragging) return;
    to = columnAt(event);
    show();
  });
  svg.addEventListener("pointerup", () => {
    dragging = false;
    if (Math.abs(to - from) < 0.3) to = from; // a click
    tell();
  });
  svg.addEventListener("keydown", event => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") {
      from = to = 0;
    } else if (!by) {
      return;
    } else if (from === to) {
      from = by > 0 ? 0 : columns - 1;
      to = from + 1;
    } else if (event.shiftKey) {
      to = Math.min(Math.max(to + by, from + 1), columns);
    } else {
      const width = to - from;
      from = Math.min(Math.max(from + by, 0), columns - width);
      to = from + width;
    }
    event.preventDefault();
    show();
    tell();
  });

  // select shows a period that something else has chosen.
  return period => {
    [from, to] = period ? period.map(at => Math.min(Math.max((at - start) / step, 0), columns)) : [0, 0];
    show();
  };
}
