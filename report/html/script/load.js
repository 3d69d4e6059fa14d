"use strict";

// The data of the page are blocks: JSON, deflated, in base64, each in a script element of
// a type that is not run. unpack takes one and returns what it holds.
async function unpack(element) {
  const text = atob(element.textContent), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return JSON.parse(await inflated(bytes));
}

async function inflated(bytes) {
  let stream;
  try {
    stream = new DecompressionStream("deflate-raw");
  } catch {
    return new TextDecoder().decode(inflate(bytes));
  }
  return new Response(new Blob([bytes]).stream().pipeThrough(stream)).text();
}

// blocksOf lists the blocks of a kind: rows, details, texts or stories.
function blocksOf(kind) {
  return [...document.querySelectorAll(`script.data[data-kind="${kind}"]`)];
}

// Lazy unpacks blocks when they are asked for, and keeps the last few.
class Lazy {
  constructor(kind) {
    this.blocks = blocksOf(kind);
    this.kept = new Map();
  }

  async get(number) {
    let values = this.kept.get(number);
    if (!values) {
      values = await unpack(this.blocks[number]);
      this.kept.set(number, values);
      if (this.kept.size > 4) this.kept.delete(this.kept.keys().next().value);
    }
    return values;
  }
}

const meta = JSON.parse(document.getElementById("meta").textContent);
