// What the server is asked. Whatever goes wrong is an Error whose message is a sentence.

async function ask(address, options = {}, read = (response) => response.json().catch(() => ({}))) {
  let response;
  try {
    response = await fetch(address, options);
  } catch {
    throw new Error("The server does not answer: is `serve` still running in its terminal?");
  }
  if (!response.ok) {
    const content = await response.json().catch(() => ({}));
    const error = new Error(content.error ?? `The server answered ${response.status}.`);
    error.again = response.status === 503;
    throw error;
  }
  return read(response);
}

export const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

// Asks again while the server is busy, for half a minute.
async function insist(address, options, read) {
  for (let left = 15; ; left--) {
    try {
      return await ask(address, options, read);
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

// A piece is made of all files together.
export const begin = (direction, files, order) =>
  insist(`/pieces/${direction}?${new URLSearchParams(order)}`, { method: "POST", body: new Blob(files) });

export const piece = (number) => insist(`/pieces/${number}`);

export const file = (number, suffix) => insist(`/pieces/${number}/${suffix}`, {}, (response) => response.blob());

// Is sent even when the page is being left.
export const forget = (number) => ask(`/pieces/${number}`, { method: "DELETE", keepalive: true });

function bytes(packed) {
  return Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
}
