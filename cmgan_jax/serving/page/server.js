// What the server is asked. Whatever goes wrong is an Error whose message is a sentence.

async function ask(address, options = {}) {
  let response;
  try {
    response = await fetch(address, options);
  } catch {
    throw new Error("The server does not answer: is `serve` still running in its terminal?");
  }
  const content = await response.json().catch(() => ({}));
  if (!response.ok) {
    const error = new Error(content.error ?? `The server answered ${response.status}.`);
    error.again = response.status === 503;
    throw error;
  }
  return content;
}

const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

// Asks again while the server is busy, for half a minute.
async function insist(address, options) {
  for (let left = 15; ; left--) {
    try {
      return await ask(address, options);
    } catch (error) {
      if (!error.again || left === 0) throw error;
      await pause(2);
    }
  }
}

// Waits until the model is warm; tells what the server says meanwhile.
export async function ready(tell) {
  for (;;) {
    try {
      return await ask("/ready");
    } catch (error) {
      tell(error.message);
      if (!error.again) throw error;
      await pause(0.7);
    }
  }
}

export const about = () => ask("/about");

export const gallery = (direction) => ask(`/gallery/${direction}`);

export const moments = (file) => insist("/moments", { method: "POST", body: file });

export const results = (direction, array, wish) =>
  insist(`/results/${direction}?${new URLSearchParams(wish)}`, { method: "POST", body: bytes(array) });

export const attention = (direction, array) =>
  insist(`/attention/${direction}`, { method: "POST", body: bytes(array) });

function bytes(packed) {
  return Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
}
