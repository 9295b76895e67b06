// One sound at a time, started by its picture.
for (const button of document.querySelectorAll("button.frame")) {
  const audio = button.parentElement.querySelector("audio");
  const mark = () => button.classList.toggle("playing", !audio.paused);
  for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, mark);
  button.addEventListener("click", () => {
    for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
    if (audio.paused) { audio.currentTime = 0; audio.play(); } else audio.pause();
  });
}
