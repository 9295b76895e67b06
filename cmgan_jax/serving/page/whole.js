// All of a recording, film or slide show as one piece: ordered, waited for, played, saved.

import * as server from "./server.js";
import { element } from "./elements.js";

const find = (selector) => document.querySelector(selector);
const tell = (text) => (find("#making-told").textContent = text);
const made = (way) => (way.target === "image" ? "film" : "soundtrack");

let current = null; // what is in the making: { number }, once the server has it
let urls = []; // of the piece that is shown

find("#order").addEventListener("submit", (event) => event.preventDefault());
find("#making button").addEventListener("click", drop);
window.addEventListener("pagehide", drop);

// Offers what can be made of the files together, by each of the ways.
export function offer(ways, files, name) {
  find("#offers").replaceChildren(
    ...ways.map((way) => {
      const text = way.target === "image" ? "Make a film of its player" : `Make a soundtrack${files.length > 1 ? ` for all ${name}` : ""}`;
      const button = element("button", { type: "button", disabled: current !== null }, text);
      button.addEventListener("click", () => make(way, files, name));
      return button;
    }),
  );
  find("#order").hidden = ways.length === 0;
  find("#pace").hidden = files.length < 2;
  find("#whole").hidden = ways.length === 0 && current === null && urls.length === 0;
}

async function make(way, files, name) {
  const order = { seed: find("#wish").seed.value || 0 };
  if (files.length > 1) {
    order.sizes = files.map((file) => file.size).join(",");
    order.slide_seconds = find("#order").slide_seconds.value || 2;
  }
  clear();
  busy(true);
  tell(`Sending ${name} …`);
  const mine = (current = {});
  try {
    const { piece } = await server.begin(way.direction, files, order);
    if (mine !== current) return await server.forget(piece);
    mine.number = piece;
    const suffixes = await finished(mine, made(way), name);
    if (mine === current) await show(mine, suffixes, made(way), name);
  } catch (error) {
    if (mine !== current) return;
    tell("");
    find("#whole-trouble").textContent = `${name}: ${error.message}`;
  } finally {
    if (mine === current) drop();
  }
}

// Waits until all files of a piece are there, or it was stopped; gives their suffixes.
async function finished(mine, what, name) {
  const bar = find("#making progress");
  const states = { waiting: "Waiting: another film comes first …", reading: `Reading ${name} …`, making: `Making the ${what} from ${name} …` };
  for (let told = null; mine === current; await server.pause(0.4)) {
    const { state, seconds, of, files } = await server.piece(mine.number);
    if (state === "done") return files;
    if (state !== told && mine === current) tell(states[(told = state)]);
    find("#made-so-far").textContent = state === "making" ? `${Math.round(seconds)} of ${Math.round(of)} s` : "";
    if (state === "making") [bar.max, bar.value] = [of, Math.min(seconds, of)];
    else bar.removeAttribute("value");
  }
}

// Takes all files, which the server forgets then.
async function show(mine, suffixes, what, name) {
  const blobs = await Promise.all(suffixes.map((suffix) => server.file(mine.number, suffix)));
  urls = blobs.map((blob) => URL.createObjectURL(blob));
  const video = element("video", { controls: true, playsInline: true, src: urls[suffixes.indexOf("mp4")] });
  video.setAttribute("aria-label", what === "film" ? `The film from ${name}` : `${name} with its soundtrack`);
  const links = element("p", { className: "downloads" });
  const labels = { mp4: "MP4", wav: "WAV", png: "Contact sheet" };
  suffixes.forEach((suffix, i) => {
    const link = element("a", { href: urls[i], download: `${name.replace(/\W+/g, "_")}.${suffix}` }, labels[suffix]);
    link.setAttribute("aria-label", `Download the ${what} from ${name}: ${labels[suffix]}`);
    links.append(link);
  });
  find("#piece").replaceChildren(video, links);
  tell(`The ${what} from ${name} is ready.`);
}

// Stops what is in the making, and lets the server forget it.
function drop() {
  if (current?.number) server.forget(current.number).catch(() => {});
  if (current && urls.length === 0) tell("");
  current = null;
  busy(false);
}

function clear() {
  for (const url of urls) URL.revokeObjectURL(url);
  urls = [];
  find("#piece").replaceChildren();
  find("#whole-trouble").textContent = "";
}

function busy(is) {
  find("#making").hidden = !is;
  for (const button of find("#offers").children) button.disabled = is;
}
