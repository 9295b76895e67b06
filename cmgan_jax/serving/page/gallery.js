// Examples with the truth beside the guess, which is made when it comes into sight.

import { gallery, results } from "./server.js";
import { element, said, shown, words } from "./elements.js";

let last = Promise.resolve(); // guesses are made one after another

// `play(way, exhibit)` puts an example on the bench.
export async function hang(way, play) {
  const { exhibits } = await gallery(way.direction);
  if (exhibits.length === 0) return;
  const list = element("ul", { className: "exhibits" });
  const watch = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      watch.unobserve(target);
      target.guess();
    }
  });
  for (const exhibit of exhibits) {
    const item = hung(way, exhibit, play);
    list.append(item);
    watch.observe(item);
  }
  const title = `From ${way.source} to ${way.target}`;
  document.querySelector("#galleries").append(element("h3", {}, title), element("p", { className: "soft" }, `From ${way.origin}.`), list);
}

function hung(way, exhibit, play) {
  const name = words(exhibit.class);
  const button = element("button", { type: "button" }, "Play with it");
  button.setAttribute("aria-label", `Play with it: ${name}, from ${way.source} to ${way.target}`);
  button.addEventListener("click", () => play(way, exhibit));
  const guess = element("div", {}, element("small", {}, "guess"));
  const part = (title, item, what) => element("div", {}, element("small", {}, title), ...shown(item, what));
  const item = element(
    "li",
    { className: "card exhibit" },
    element("header", {}, element("h4", {}, name), button),
    element("div", { className: "trio" }, part(`${way.source} given`, exhibit, `the given ${way.source} of ${name}`), guess, part("truth", exhibit.truth, `the real ${way.target} of ${name}`)),
  );
  item.guess = () => {
    last = last.then(async () => {
      try {
        const made = await results(way.direction, exhibit.array, { samples: 1 });
        const [result] = made.results;
        guess.append(...shown(result, `the guess from the ${way.source} of ${name}`), said(result.said, way, { most: 1, truth: exhibit.class }));
      } catch (error) {
        guess.append(element("p", { className: "soft" }, error.message));
      }
    });
  };
  return item;
}
