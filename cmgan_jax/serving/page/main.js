// Waits for the model, then lets people give something and shows what comes of it.

import * as server from "./server.js";
import { hang } from "./gallery.js";
import { listen } from "./giving.js";
import { prepare, put } from "./studio.js";
import { offer } from "./whole.js";
import { words } from "./elements.js";

const find = (selector) => document.querySelector(selector);
const tell = (text) => (find("#message").textContent = text);

let about = null; // once the model is warm

async function take(files, name) {
  if (about === null) return tell("The model is still warming up: try again in a moment.");
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (size > about.most_bytes) {
    return tell(`${name} ${files.length > 1 ? "and the others have" : "has"} ${Math.ceil(size / 2 ** 20)} MB; up to ${about.most_bytes >> 20} MB are read here: give a shorter or smaller one.`);
  }
  tell("");
  find("#state").textContent = `Reading ${name} …`;
  try {
    const { direction, told, wholes, moments } = await server.moments(files[0]);
    const way = about.ways.find((one) => one.direction === direction);
    const together = files.length > 1 && way.source === "image" && wholes.length === 0;
    if (files.length > 1 && !together) tell(`Only pictures go together: ${name} was taken, the other files were not.`);
    put(way, moments, { name, told, url: URL.createObjectURL(files[0]) });
    if (together) offer(way.takes_wholes ? [way] : [], files, `${files.length} pictures`);
    else offer(about.ways.filter((one) => wholes.includes(one.direction)), [files[0]], name);
  } catch (error) {
    tell(`${name}: ${error.message}`);
  } finally {
    find("#state").textContent = "Ready.";
  }
}

function play(way, exhibit) {
  const name = words(exhibit.class);
  put(way, [{ ...exhibit, start: 0 }], { name, truth: { ...exhibit.truth, class: exhibit.class } });
  offer([], [], name);
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
