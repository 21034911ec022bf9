"use strict";
/* The page's blocks: JSON, compressed, in letters. Nothing is fetched; the bytes lie in the page itself. */

const unpacked = new Map();

function bytesOf(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let place = 0; place < letters.length; place++) bytes[place] = letters.charCodeAt(place);
  return bytes;
}

async function readBlock(name) {
  const bytes = bytesOf(document.getElementById(name).textContent);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

/* A block's content; each is read once. */
function block(name) {
  if (!unpacked.has(name)) unpacked.set(name, readBlock(name));
  return unpacked.get(name);
}

/* An element with a class and a text. Texts of a corpus reach the page here alone, and never as markup. */
function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function drawn(name, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/* Four significant digits at most, with a sign and a true minus where one is asked for. */
function signed(value) {
  const text = String(Number(Math.abs(value).toPrecision(3)));
  return value < 0 ? "\u2212" + text : value > 0 ? "+" + text : text;
}
