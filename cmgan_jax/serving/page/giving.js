// Ways to give a file: drop it, choose it, record it, take it with the camera.

const LONGEST = 10; // seconds of a recording

const find = (selector) => document.querySelector(selector);

// `take(files, name)` gets what was given; `tell(text)` says what went wrong.
export function listen(take, tell) {
  dropping(take);
  find("#file").addEventListener("change", ({ target }) => {
    hand([...target.files], take);
    target.value = "";
  });
  recording(take, tell);
  photographing(take, tell);
}

function dropping(take) {
  const zone = find("#drop");
  for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());
  window.addEventListener("dragover", () => zone.classList.add("over"));
  window.addEventListener("dragleave", () => zone.classList.remove("over"));
  window.addEventListener("drop", (event) => {
    zone.classList.remove("over");
    hand([...event.dataTransfer.files], take);
  });
}

// Several pictures follow one another as their names do.
function hand(files, take) {
  files.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  if (files.length) take(files, files[0].name);
}

async function open(wanted, tell) {
  try {
    return await navigator.mediaDevices.getUserMedia(wanted);
  } catch {
    tell(`The browser gives no ${wanted.audio ? "microphone" : "camera"}: allow it in the browser's settings, or choose a file.`);
    return null;
  }
}

function close(stream) {
  for (const track of stream.getTracks()) track.stop();
}

function recording(take, tell) {
  const button = find("#record");
  let recorder = null;
  button.addEventListener("click", async () => {
    if (recorder) {
      recorder.stop();
      return;
    }
    const stream = await open({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } }, tell);
    if (!stream) return;
    const parts = [];
    recorder = new MediaRecorder(stream);
    recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
    recorder.start();
    button.setAttribute("aria-pressed", "true");
    const started = Date.now();
    const clock = setInterval(() => {
      const seconds = Math.floor((Date.now() - started) / 1000);
      button.textContent = `Stop recording (${seconds} s)`;
      if (seconds >= LONGEST && recorder.state === "recording") recorder.stop();
    }, 250);
    recorder.addEventListener("stop", () => {
      clearInterval(clock);
      close(stream);
      button.setAttribute("aria-pressed", "false");
      button.textContent = "Record a sound";
      take([new Blob(parts, { type: recorder.mimeType })], "recording");
      recorder = null;
    });
  });
}

function photographing(take, tell) {
  const panel = find("#camera");
  const video = panel.querySelector("video");
  const end = () => {
    close(video.srcObject);
    video.srcObject = null;
    panel.hidden = true;
    find("#photograph").focus();
  };
  find("#photograph").addEventListener("click", async () => {
    if (video.srcObject) return;
    video.srcObject = await open({ video: { facingMode: "environment" } }, tell);
    if (!video.srcObject) return;
    panel.hidden = false;
    await video.play();
    panel.querySelector("button").focus();
  });
  panel.addEventListener("click", ({ target }) => {
    if (target.value === "cancel") end();
    if (target.value !== "take") return;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext("2d").drawImage(video, 0, 0);
    end();
    canvas.toBlob((blob) => take([blob], "photograph"), "image/png");
  });
}
