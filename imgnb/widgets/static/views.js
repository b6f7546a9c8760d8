// The ways in which two pictures are held against each other. Each takes the page, how to get a picture, and both of them,
// and gives { element, leave }.

import { button, h } from "./panel.js";

const REST = 250; // milliseconds without a move after which all pixels are asked for
const FASTEST = 2.5; // changes a second: more than three flashes can be harmful

export function slider(page, large, [a, b]) {
  const over = large.image(a.sha256, a.alt);
  const under = large.image(b.sha256, b.alt);
  over.classList.add("imgnb-compare-over");
  const line = h("span", { class: "imgnb-compare-line", "aria-hidden": "true" });
  let box = { left: 0, width: 100 };
  const stage = h("div", { class: "imgnb-compare-stage" }, under, over, line,
    h("span", { class: "imgnb-compare-corner" }, "A"), h("span", { class: "imgnb-compare-corner right" }, "B"));
  const range = h("input", { type: "range", min: 0, max: 100, step: 1, value: 50, class: "imgnb-compare-range",
    "aria-label": "How much of A is shown", oninput: () => move(Number(range.value)) });
  const move = (share) => {
    range.value = share;
    range.setAttribute("aria-valuetext", `${Math.round(share)} % A, ${Math.round(100 - share)} % B`);
    const hidden = (100 * (box.left + box.width - share)) / box.width;
    over.style.clipPath = `inset(0 ${Math.min(100, Math.max(0, hidden))}% 0 0)`;
    line.style.left = `${share}%`;
  };
  const drag = (event) => {
    const box = stage.getBoundingClientRect();
    move(Math.min(100, Math.max(0, (100 * (event.clientX - box.left)) / box.width)));
  };
  stage.addEventListener("pointerdown", (event) => {
    stage.setPointerCapture(event.pointerId);
    drag(event);
  });
  stage.addEventListener("pointermove", (event) => stage.hasPointerCapture(event.pointerId) && drag(event));
  move(50);
  within(over, under, (found) => {
    box = found;
    move(Number(range.value));
  });
  return { element: h("div", { class: "imgnb-compare-view" }, h("div", { class: "imgnb-compare-slide" }, stage, range)), leave() {} };
}

// Lay a picture into the middle of another's box, as large as fits: what it leaves of the box, it does not hide.
async function within(over, under, laid = () => {}) {
  const [a, b] = await Promise.all([over.ready, under.ready]);
  if (!a || !b) return;
  const wider = (a.width * b.height) / (a.height * b.width);
  const [width, height] = [100 * Math.min(1, wider), 100 * Math.min(1, 1 / wider)];
  const box = { left: (100 - width) / 2, top: (100 - height) / 2, width, height };
  for (const [name, share] of Object.entries(box)) over.style[name] = `${share}%`;
  laid(box);
}

export function sideBySide(page, large, pair) {
  let scale = 1;
  let x = 0; // how far it is moved, as a share of the view
  let y = 0;
  const views = pair.map((one, index) => h("div", { class: "imgnb-compare-pane", tabindex: 0, role: "group",
    "aria-label": `Picture ${"AB"[index]}: arrows move, plus and minus zoom both` }, large.image(one.sha256, one.alt)));
  const said = h("output", { class: "imgnb-help" });
  const details = new Details(page, views, pair, said);
  const show = () => {
    const room = (scale - 1) / 2;
    x = Math.min(room, Math.max(-room, x));
    y = Math.min(room, Math.max(-room, y));
    for (const view of views) view.firstChild.style.transform = `translate(${x * 100}%, ${y * 100}%) scale(${scale})`;
    said.textContent = `${Math.round(scale * 100)} %`;
    details.renew();
  };
  const zoom = (by) => {
    const now = Math.min(16, Math.max(1, scale * by));
    x *= now / scale;
    y *= now / scale;
    scale = now;
    show();
  };
  const keys = { "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: () => zoom(0),
    ArrowLeft: () => (x += 0.1), ArrowRight: () => (x -= 0.1), ArrowUp: () => (y += 0.1), ArrowDown: () => (y -= 0.1) };
  for (const view of views) {
    view.addEventListener("keydown", (event) => {
      if (!(event.key in keys) || event.ctrlKey || event.metaKey || event.altKey) return;
      keys[event.key]();
      show();
      event.preventDefault();
    });
    view.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && document.activeElement !== view) return; // else the notebook could not be scrolled past it
      event.preventDefault();
      zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15);
    }, { passive: false });
    view.addEventListener("pointerdown", (event) => view.setPointerCapture(event.pointerId));
    view.addEventListener("pointermove", (event) => {
      if (!view.hasPointerCapture(event.pointerId)) return;
      x += event.movementX / view.clientWidth;
      y += event.movementY / view.clientHeight;
      show();
    });
  }
  show();
  const sized = new ResizeObserver(() => details.renew());
  views.forEach((view) => sized.observe(view));
  const panes = views.map((view, index) => h("figure", {}, view, h("figcaption", {}, `${"AB"[index]}  ${pair[index].name}`)));
  const row = h("div", { class: "imgnb-row" }, button("−", () => zoom(0.8), { label: "Zoom out", keys: "-" }), said,
    button("+", () => zoom(1.25), { label: "Zoom in", keys: "+" }), button("Whole", () => zoom(0), { keys: "0" }));
  const leave = () => {
    sized.disconnect();
    details.clear();
  };
  return { element: h("div", { class: "imgnb-compare-view" }, h("div", { class: "imgnb-compare-panes" }, panes), row), leave };
}

// What is seen of pictures that are zoomed in beyond the pixels of their copies, laid over these with all pixels.
class Details {
  constructor(page, views, pair, said) {
    Object.assign(this, { page, views, pair, said, laid: [], turn: 0, timer: null });
  }

  renew() {
    this.clear();
    this.timer = setTimeout(() => this.views.forEach((view, index) => this.bring(view, this.pair[index], this.turn)), REST);
  }

  clear() {
    this.turn += 1; // what is on its way is not wanted any more
    clearTimeout(this.timer);
    for (const image of this.laid.splice(0)) {
      URL.revokeObjectURL(image.src);
      image.remove();
    }
  }

  async bring(view, one, turn) {
    const copy = await view.firstChild.ready;
    const whole = view.firstChild.getBoundingClientRect();
    const coarse = copy && Math.max(one.width, one.height) > Math.max(copy.width, copy.height);
    if (turn !== this.turn || !coarse || whole.width * window.devicePixelRatio <= copy.width) return;
    const box = seen(whole, view.getBoundingClientRect());
    const zoomed = this.said.textContent;
    this.said.textContent = `${zoomed.split(" · ")[0]} · shown at ${Math.max(copy.width, copy.height)} pixels`;
    const found = box && (await this.page.tryAsk("detail", { of: one.sha256, box }));
    if (turn !== this.turn || !found) return;
    this.said.textContent = zoomed.split(" · ")[0];
    const image = h("img", { alt: "", class: "imgnb-compare-detail", draggable: "false" });
    const [from, to] = [view.firstChild.getBoundingClientRect(), view.getBoundingClientRect()];
    image.style.left = `${from.left - to.left - view.clientLeft + found.box[0] * from.width}px`;
    image.style.top = `${from.top - to.top - view.clientTop + found.box[1] * from.height}px`;
    image.style.width = `${found.box[2] * from.width}px`;
    image.style.height = `${found.box[3] * from.height}px`;
    image.src = URL.createObjectURL(new Blob([found.buffers[0]], { type: found.type }));
    this.laid.push(image);
    view.append(image);
  }
}

// The part of a picture that is seen in its pane, as shares of the picture; null where none is.
function seen(whole, pane) {
  const [left, right] = [Math.max(whole.left, pane.left), Math.min(whole.right, pane.right)];
  const [top, bottom] = [Math.max(whole.top, pane.top), Math.min(whole.bottom, pane.bottom)];
  if (right - left < 1 || bottom - top < 1) return null;
  return [(left - whole.left) / whole.width, (top - whole.top) / whole.height, (right - left) / whole.width, (bottom - top) / whole.height];
}

export function difference(page, large, [a, b]) {
  const said = h("p", { class: "imgnb-compare-said", role: "status" }, "Holding each pixel against the other's …");
  const map = large.image("", `Where ${a.alt} and ${b.alt} differ`, "difference", `difference ${a.sha256} ${b.sha256}`);
  map.ready.then((found) => {
    said.textContent = found ? found.said : "They cannot be held against each other.";
  });
  return { element: h("div", { class: "imgnb-compare-view" }, h("div", { class: "imgnb-compare-stage" }, map), said), leave() {} };
}

export function blink(page, large, pair) {
  let shown = 0;
  let timer = null;
  const images = pair.map((one) => large.image(one.sha256, one.alt));
  const corner = h("span", { class: "imgnb-compare-corner" });
  const stage = h("div", { class: "imgnb-compare-stage" }, images, corner);
  const turn = (index) => {
    shown = index;
    images.forEach((image, number) => (image.style.visibility = number === shown ? "" : "hidden"));
    images[1].classList.add("imgnb-compare-over");
    corner.textContent = "AB"[shown];
  };
  const rate = h("input", { type: "range", min: 0.5, max: FASTEST, step: 0.5, value: 1, "aria-label": "Changes a second",
    oninput: () => (timer ? play() : say()) });
  const said = h("output", { class: "imgnb-help" });
  const say = () => {
    said.textContent = `${rate.value} a second`;
    rate.setAttribute("aria-valuetext", said.textContent);
  };
  const play = () => {
    clearInterval(timer);
    timer = setInterval(() => turn(1 - shown), 1000 / Number(rate.value));
    start.textContent = "Pause";
    say();
  };
  const pause = () => {
    clearInterval(timer);
    timer = null;
    start.textContent = "Play";
  };
  const start = button("Play", () => (timer ? pause() : play()), { kind: "imgnb-compare-start" });
  const other = button("Show the other", () => {
    pause();
    turn(1 - shown);
    page.say(`${"AB"[shown]} is shown`);
  });
  turn(0);
  within(images[1], images[0]);
  say();
  if (!window.matchMedia("(prefers-reduced-motion: reduce)").matches) play();
  return {
    element: h("div", { class: "imgnb-compare-view" }, stage, h("div", { class: "imgnb-row" }, start, other, rate, said)),
    leave: () => clearInterval(timer),
  };
}
