"use strict";
const SVG = "http://www.w3.org/2000/svg";
const tip = document.getElementById("tip");

function number(value) {
  return Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
}

function line(color, text) {
  const row = document.createElement("p");
  if (color !== null) {
    const dot = document.createElement("i");
    dot.className = "dot s" + color;
    dot.style.marginRight = "0";
    row.append(dot);
  }
  row.append(text);
  return row;
}

/* Charts: a cursor on the nearest evaluation, with every curve's value there. */
for (const chart of document.querySelectorAll("svg.chart")) {
  const data = JSON.parse(chart.dataset.chart);
  const cursor = chart.querySelector(".cursor");
  const show = (event) => {
    const box = chart.getBoundingClientRect();
    const px = (event.clientX - box.left) * chart.viewBox.baseVal.width / box.width;
    const at = data.x[0] + (px - data.left) / (data.right - data.left) * (data.x[1] - data.x[0]);
    const nearest = (xs) => xs.reduce((best, x, i) => Math.abs(x - at) < Math.abs(xs[best] - at) ? i : best, 0);
    const first = data.series[0];
    const step = first.x[nearest(first.x)];
    const spot = data.left + (step - data.x[0]) / (data.x[1] - data.x[0]) * (data.right - data.left);
    cursor.setAttribute("x1", spot);
    cursor.setAttribute("x2", spot);
    cursor.style.visibility = "visible";
    const said = (value) => data.share ? (100 * value).toFixed(0) + "%" : number(value);
    tip.replaceChildren(line(null, step.toLocaleString("en") + " env steps"), ...data.series.map((s) => {
      const i = nearest(s.x);
      const around = s.low ? ` [${said(s.low[i])}, ${said(s.high[i])}]` : "";
      return line(s.color, `${s.label} ${said(s.y[i])}${around}`);
    }));
    tip.style.visibility = "visible";
    const left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
    tip.style.left = Math.max(8, left) + "px";
    tip.style.top = Math.max(8, event.clientY - tip.offsetHeight - 12) + "px";
  };
  const hide = () => { tip.style.visibility = cursor.style.visibility = "hidden"; };
  chart.addEventListener("pointermove", show);
  chart.addEventListener("pointerdown", show);
  chart.addEventListener("pointerleave", hide);
}

/* Films: pictures and bars of what each term paid, in step. */
function draw(strip, film, names) {
  const steps = film.env_rewards.length;
  const top = Array(steps).fill(0), bottom = Array(steps).fill(0);
  const bars = [];
  names.forEach((name, color) => film.terms[name].forEach((value, t) => {
    const pile = value >= 0 ? top : bottom;
    if (value !== 0) bars.push([t, pile[t], pile[t] + value, color % 8]);
    pile[t] += value;
  }));
  const high = Math.max(...top, 1e-9), low = Math.min(...bottom, 0);
  const y = (v) => 8 + (high - v) / (high - low) * 84;
  const wide = 320 / Math.max(steps, 1);
  const make = (kind, attributes) => {
    const node = document.createElementNS(SVG, kind);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    strip.append(node);
    return node;
  };
  for (const [t, from, to, color] of bars) {
    const up = Math.min(y(from), y(to));
    make("rect", { x: t * wide, y: up, width: Math.max(wide * 0.85, 0.6), height: Math.max(Math.abs(y(from) - y(to)), 0.8), class: "s" + color });
  }
  make("line", { class: "zero", x1: 0, x2: 320, y1: y(0), y2: y(0) });
  make("text", { x: 0, y: 106 }).textContent = "reward per step, from " + number(low) + " to " + number(high);
  return { now: make("line", { class: "now", y1: 4, y2: 96 }), wide };
}

for (const figure of document.querySelectorAll(".film")) {
  const film = JSON.parse(document.getElementById(figure.dataset.film).textContent);
  const names = Object.keys(film.terms);
  const { now, wide } = draw(figure.querySelector(".strip"), film, names);
  const picture = figure.querySelector("img"), slider = figure.querySelector("input");
  const output = figure.querySelector("output"), button = figure.querySelector(".play");
  const show = (t) => {
    slider.value = t;
    now.setAttribute("x1", (t + 0.5) * wide);
    now.setAttribute("x2", (t + 0.5) * wide);
    if (picture) {
      /* The picture after step t is frame t + 1; long films keep only some frames. */
      let frame = 0;
      film.shown.forEach((step, i) => { if (step <= t + 1) frame = i; });
      picture.src = film.frames[frame];
    }
    const paid = names.reduce((sum, name) => sum + film.terms[name][t], 0);
    output.value = `step ${t + 1}: ${number(paid || 0)}`;
  };
  let timer = null;
  const stop = () => { clearInterval(timer); timer = null; button.textContent = "Play"; };
  const last = film.env_rewards.length - 1;
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(slider.value) >= last) show(0);
    button.textContent = "Pause";
    timer = setInterval(() => Number(slider.value) < last ? show(Number(slider.value) + 1) : stop(), last > 120 ? 60 : 160);
  });
  slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });
  if (last >= 0) show(0); else button.disabled = true;
}

document.getElementById("copy").addEventListener("click", async (event) => {
  const code = document.getElementById("command");
  try {
    await navigator.clipboard.writeText(code.textContent);
    event.target.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(code);
    event.target.textContent = "Selected";
  }
});
