// Waits for the model, then lets people give something and shows what comes of it.

import * as server from "./server.js";
import { hang } from "./gallery.js";
import { listen } from "./giving.js";
import { prepare, put } from "./studio.js";
import { words } from "./elements.js";

const find = (selector) => document.querySelector(selector);
const tell = (text) => (find("#message").textContent = text);

let about = null; // once the model is warm

async function take(file, name) {
  if (about === null) return tell("The model is still warming up: try again in a moment.");
  if (file.size > about.most_bytes) {
    return tell(`${name} has ${Math.ceil(file.size / 2 ** 20)} MB; up to ${about.most_bytes >> 20} MB are read here: give a shorter or smaller one.`);
  }
  tell("");
  find("#state").textContent = `Reading ${name} …`;
  try {
    const { direction, told, moments } = await server.moments(file);
    const way = about.ways.find((one) => one.direction === direction);
    put(way, moments, { name, told, url: URL.createObjectURL(file) });
  } catch (error) {
    tell(`${name}: ${error.message}`);
  } finally {
    find("#state").textContent = "Ready.";
  }
}

function play(way, exhibit) {
  const name = words(exhibit.class);
  put(way, [{ ...exhibit, start: 0 }], { name, truth: { ...exhibit.truth, class: exhibit.class } });
}

listen(take, tell);
try {
  await server.ready((text) => (find("#state").textContent = text));
  about = await server.about();
  prepare(about);
  find("#state").textContent = "Ready.";
  find("#galleries").hidden = false;
  for (const way of about.ways) await hang(way, play);
} catch (error) {
  find("#state").textContent = error.message;
}
