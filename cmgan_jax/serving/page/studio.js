// The bench: one source, what is made of it, and the controls.

import { attention, results } from "./server.js";
import { downloads, element, said, shown, words } from "./elements.js";

const find = (selector) => document.querySelector(selector);
const form = find("#wish");

let bench = null; // { way, moments, moment, name, truth, url }
let waiting = false; // whether something is being made
let asked = false; // whether something else was asked for meanwhile

export function prepare({ most_samples }) {
  for (let n = 1; n <= most_samples; n++) form.samples.append(element("option", { selected: n === 4 }, `${n}`));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", make);
  form.querySelector("[value=other]").addEventListener("click", () => {
    form.seed.value = (Number(form.seed.value) + Number(form.samples.value)) % 1048576;
    make();
  });
  find("#look").addEventListener("change", lay);
}

// Puts moments of one file, or an example with its truth, on the bench.
export function put(way, moments, { name, told = "", truth = null, url = null }) {
  if (bench?.url) URL.revokeObjectURL(bench.url);
  bench = { way, moments, moment: moments[0], name, truth, url };
  find("#studio").hidden = false;
  const title = find("#studio-title");
  title.textContent = `${way.source === "sound" ? "Pictures" : "Sounds"} from ${name}`;
  find("#told").textContent = told;
  find("#critics").textContent = explained(way);
  find("#looks").hidden = !way.has_attention;
  find("#truth").hidden = truth === null;
  if (truth) find("#truth").replaceChildren(element("small", {}, `The truth: ${words(truth.class)}`), ...shown(truth, `the real ${way.target} of ${words(truth.class)}`));
  form.turn.disabled = form.seed.disabled = !way.has_noise;
  strip();
  choose(moments[0]);
  title.focus({ preventScroll: true });
  title.scrollIntoView({ block: "start" });
}

function explained({ critics, target, model }) {
  if (critics.length === 0) return `Nobody says here which class a ${target} shows: start serve with --data and the folder of the prepared data, beside which its judges are. Model: ${model}.`;
  if (critics[0].is_judge) return `The judges are classifiers trained on real ${target}s that no model learnt from; they know the classes of their data and nothing else, and always name one. Model: ${model}.`;
  return `The probabilities are those of the run's own classifier, which the generator learnt to please: no judges are stored beside the data. Model: ${model}.`;
}

function strip() {
  const { moments, way } = bench;
  find("#moments").hidden = moments.length < 2;
  find("#moments .strip").replaceChildren(
    ...moments.map((moment, i) => {
      const radio = element("input", { type: "radio", name: "moment", checked: i === 0 });
      radio.addEventListener("change", () => choose(moment));
      return element("label", {}, radio, element("img", { src: moment.picture, alt: `${way.source} at` }), `${moment.start} s`);
    }),
  );
}

function choose(moment) {
  bench.moment = moment;
  const { way, name, url } = bench;
  const what = `the ${way.source} given, ${name}`;
  find("#given").replaceChildren(...shown({ picture: moment.picture, sound: moment.sound ?? null }, what));
  if (way.source === "sound") find("#given img").alt = `Spectrogram of ${what}`;
  if (url && way.source === "sound") find("#given").append(excerpt(url, moment, what));
  lay();
  make();
}

// The moment of the file itself; left out where the browser cannot play it.
function excerpt(url, { start, end }, what) {
  const player = element("audio", { controls: true, src: `${url}#t=${start},${end}` });
  player.setAttribute("aria-label", `Play ${what}`);
  player.addEventListener("error", () => player.remove());
  return player;
}

// Makes what is asked for; while that lasts, only the last of further wishes is kept.
async function make() {
  asked = true;
  if (waiting) return;
  waiting = true;
  const list = find("#results");
  list.setAttribute("aria-busy", "true");
  try {
    while (asked) {
      asked = false;
      await makeOnce(list);
    }
    find("#trouble").textContent = "";
  } catch (error) {
    find("#trouble").textContent = error.message;
  } finally {
    waiting = false;
    list.setAttribute("aria-busy", "false");
  }
}

async function makeOnce(list) {
  const { way, moment, name, truth } = bench;
  const wish = { samples: form.samples.value, seed: form.seed.value || 0, turn: form.turn.value };
  const made = await results(way.direction, moment.array, wish);
  if (moment !== bench.moment) return;
  list.replaceChildren(
    ...made.results.map((item, i) => {
      const what = `generated ${way.target} ${i + 1} of ${made.results.length}, from ${name}`;
      const file = `${name.replace(/\W+/g, "_")}_${Number(wish.seed) + i}`;
      return element("li", {}, ...shown(item, what), said(item.said, way, { truth: truth?.class ?? null }), downloads(item, file));
    }),
  );
}

// Lays the attention map over the source, which stays bright where it looks most.
async function lay() {
  const { way, moment } = bench;
  find("#given canvas")?.remove();
  find("#gate").textContent = "";
  if (!way.has_attention || !find("#look").checked) return;
  try {
    const { weights, gate } = await attention(way.direction, moment.array);
    if (moment !== bench.moment || !find("#look").checked) return;
    find("#given canvas")?.remove();
    find("#given .frame").append(painted(weights));
    find("#gate").textContent = `Bright: where the encoder looks most. Its gate is ${gate.toFixed(2)}; at 0 it would not matter.`;
  } catch (error) {
    find("#trouble").textContent = error.message;
  }
}

function painted(weights) {
  const canvas = element("canvas", { width: weights[0].length, height: weights.length });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "Attention map over the source");
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(canvas.width, canvas.height);
  weights.flat().forEach((weight, i) => pixels.data.set([0, 0, 0, 220 * (1 - Math.sqrt(weight))], 4 * i));
  context.putImageData(pixels, 0, 0);
  return canvas;
}
