// Elements of the page, made from what the server sends.

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export const words = (name) => name.replaceAll("_", " ");

const percent = (share) => `${Math.round(100 * share)} %`;

// A picture, or a sound as its spectrogram and a player. `what` says it in words.
export function shown(item, what) {
  const alt = item.sound ? `Spectrogram of ${what}` : what;
  const frame = element("div", { className: "frame" }, element("img", { src: item.picture, alt }));
  if (!item.sound) return [frame];
  const player = element("audio", { controls: true, controlsList: "nodownload noplaybackrate", src: item.sound });
  player.setAttribute("aria-label", `Play ${what}`);
  return [frame, player];
}

// The likeliest classes by every critic; right or wrong where the truth is known.
export function said(shares, way, { most = 3, truth = null } = {}) {
  const list = element("dl", { className: "said" });
  shares.forEach((of, i) => {
    const order = of.map((_, k) => k).sort((a, b) => of[b] - of[a]).slice(0, most);
    list.append(element("dt", {}, way.critics[i].name));
    order.forEach((k, place) => list.append(verdict(words(way.classes[k]), of[k], place === 0 && truth !== null ? way.classes[k] === truth : null)));
  });
  return list;
}

function verdict(name, share, isRight) {
  const mark = isRight === null ? "" : isRight ? "✓ " : "✗ ";
  const fill = element("i");
  fill.style.width = percent(share).replace(" ", "");
  const className = isRight === null ? "" : isRight ? "right" : "wrong";
  return element("dd", {}, element("span", { className }, mark + name), element("span", {}, percent(share)), element("div", { className: "bar" }, fill));
}

export function downloads(item, name) {
  const link = (kind, href) => element("a", { href, download: `${name}.${kind.toLowerCase()}` }, `${kind}`);
  const list = element("p", { className: "downloads" }, link("PNG", item.picture));
  if (item.sound) list.append(link("WAV", item.sound));
  for (const a of list.children) a.setAttribute("aria-label", `Download ${name} as ${a.textContent}`);
  return list;
}
