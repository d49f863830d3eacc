"use strict";
const film = JSON.parse(document.getElementById("film").textContent);
const picture = document.getElementById("frame");
const play = document.getElementById("play");
const seek = document.getElementById("seek");
const now = document.getElementById("now");
const rows = document.querySelectorAll("#steps tr");
const format = (value) => Number(value.toPrecision(4)).toString();
let timer = null;

function show(at) {
  seek.value = at;
  picture.src = film.frames[film.shown[at]];
  for (const row of rows) row.classList.remove("now");
  if (at === 0) {
    now.textContent = "Start";
    return;
  }
  const [, own, paid] = film.steps[at - 1];
  const looping = film.first >= 0 && at > film.first;
  const round = looping ? Math.floor((at - 1 - film.first) / film.period) + 1 : 0;
  const row = film.first < 0 ? at - 1 : looping ? (at - 1 - film.first) % film.period : -1;
  if (row >= 0) rows[row].classList.add("now");
  const sum = (k) => film.steps.slice(0, at).reduce((total, step) => total + step[k], 0);
  const where = looping ? `Step ${at}, round ${round}` : film.first >= 0 ? `Step ${at}, on the way` : `Step ${at}`;
  now.textContent = `${where}: env's own ${format(own)}, audited ${format(paid)}. So far ${format(sum(1))} and ${format(sum(2))}.`;
}

function stop() {
  clearInterval(timer);
  timer = null;
  play.textContent = "Play";
}

function start() {
  timer = setInterval(() => show((Number(seek.value) + 1) % film.shown.length), 450);
  play.textContent = "Pause";
}

play.addEventListener("click", () => (timer === null ? start() : stop()));
seek.addEventListener("input", () => {
  stop();
  show(Number(seek.value));
});
show(0);
if (!matchMedia("(prefers-reduced-motion: reduce)").matches) start();
