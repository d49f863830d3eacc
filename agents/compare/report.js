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
for (const chart of document.querySelectorAll("svg.chart[data-chart]")) {
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

/* Films: the picture, and for each term a lane of bars on its own scale, in step. */
function make(svg, kind, attributes) {
  const node = document.createElementNS(SVG, kind);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  svg.append(node);
  return node;
}

function drawLane(svg, paid) {
  const high = Math.max(0, ...paid), low = Math.min(0, ...paid);
  const span = high - low || 1;
  const y = (v) => 3 + (high - v) / span * 34;
  const wide = 100 / Math.max(paid.length, 1);
  paid.forEach((value, t) => {
    if (value === 0) return;
    const tall = Math.max(Math.abs(y(value) - y(0)), 0.8);
    const top = value > 0 ? y(0) - tall : y(0);
    make(svg, "rect", { x: t * wide, y: top, width: wide * 0.86, height: tall });
  });
  make(svg, "line", { x1: 0, x2: 100, y1: y(0), y2: y(0) });
  const now = make(svg, "line", { class: "now", y1: 0, y2: 40 });
  return (t) => {
    now.setAttribute("x1", (t + 0.5) * wide);
    now.setAttribute("x2", (t + 0.5) * wide);
  };
}

function lanesOf(figure, film) {
  return [...figure.querySelectorAll(".lane")].map((lane, i) => {
    const paid = Object.values(film.terms)[i];
    const whole = number(paid.reduce((sum, value) => sum + value, 0));
    const point = drawLane(lane.querySelector("svg"), paid);
    const text = lane.querySelector(".paid");
    return (t) => {
      point(t);
      text.textContent = `${number(paid[t])} now, ${whole} in all`;
    };
  });
}

for (const figure of document.querySelectorAll(".film")) {
  const film = JSON.parse(document.getElementById(figure.dataset.film).textContent);
  const lanes = lanesOf(figure, film);
  const picture = figure.querySelector("img"), slider = figure.querySelector("input");
  const output = figure.querySelector("output"), button = figure.querySelector(".play");
  const last = film.env_rewards.length - 1;
  const show = (t) => {
    slider.value = t;
    slider.setAttribute("aria-valuetext", `step ${t + 1} of ${last + 1}`);
    for (const lane of lanes) lane(t);
    if (picture) {
      /* The picture after step t is frame t + 1; long films keep only some frames. */
      let frame = 0;
      film.shown.forEach((step, i) => { if (step <= t + 1) frame = i; });
      picture.src = film.frames[frame];
    }
    output.value = `step ${t + 1} of ${last + 1}`;
  };
  let timer = null;
  const stop = () => { clearInterval(timer); timer = null; button.textContent = "Play"; };
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
