// The picture on the screen with what is drawn over it: zoom, pan, pointers and keys become steps of a `Drawing`.
//
// Three canvases as large as they are seen: the picture, the drawing, and guides (what is being drawn out, the cross).
// While a stroke goes on, only its new segments are drawn; all else is drawn anew from the full-size canvas.

import { h } from "./panel.js";
import { paint, segments } from "./drawing.js";
import { guides } from "./guides.js";

const HIGH = 560; // CSS pixels that the picture may be high
const FARTHEST = 400; // CSS pixels that a soft drawing reaches beyond what is seen
const CLOSEST = 16; // screen pixels for one of the picture
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// `tool()` is what draws now: { kind: "stroke" | "drag" | "free" | "click", step(event) }; `done(step)` has a finished
// step, which is on the canvas already where it is a stroke; `dropped()`: one was given up; `keys(event)` takes the keys that are not the stage's.
export class Stage {
  constructor(page, drawing, { tool, done, dropped, keys, label }) {
    Object.assign(this, { page, drawing, tool, done, dropped, keys });
    this.under = h("canvas", { "aria-hidden": "true", class: "imgnb-paint-under" });
    this.over = h("canvas", { "aria-hidden": "true", class: "imgnb-paint-over" });
    this.guides = h("canvas", { "aria-hidden": "true" });
    this.el = h("div", { class: "imgnb-stage", tabindex: "0", role: "application", "aria-label": label },
      this.under, this.over, this.guides);
    this.size = [drawing.canvas.width, drawing.canvas.height];
    this.view = { scale: 1, x: 0, y: 0 };
    this.base = null;
    this.gesture = null;
    this.touches = new Map();
    this.cross = null;
    this.anchor = null; // where the last stroke ended: with Shift, a straight line goes on from there
    this.pointer = null;
    this.space = null;
    this.listen();
  }

  get busy() {
    return this.gesture !== null;
  }

  // The screen

  fit() {
    const wide = this.el.clientWidth;
    if (!wide) return;
    const [width, height] = this.size;
    const before = this.seen && this.view.scale > this.smallest
      ? { scale: this.view.scale, middle: this.at(...this.seen.map((side) => side / 2)) } : null;
    const high = Math.round(Math.min(HIGH, Math.max(160, (wide * height) / width)));
    this.el.style.height = `${high}px`;
    this.dense = window.devicePixelRatio || 1;
    this.seen = [wide, high];
    this.sheets();
    this.smallest = Math.min(wide / width, high / height);
    this.view.scale = Math.max(this.smallest, before?.scale ?? 0);
    const [x, y] = before?.middle ?? this.size.map((side) => side / 2);
    this.view.x = wide / 2 - x * this.view.scale;
    this.view.y = high / 2 - y * this.view.scale;
    this.moved();
  }

  // A blur takes what lies outside for empty: a soft drawing reaches beyond what is seen.
  sheets() {
    for (const canvas of [this.under, this.over, this.guides]) {
      const [width, height] = this.seen.map((side) => Math.round((side + 2 * this.beyond(canvas)) * this.dense));
      if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    }
    const beyond = this.beyond(this.over);
    Object.assign(this.over.style, { inset: `${-beyond}px`, width: `calc(100% + ${2 * beyond}px)`, height: `calc(100% + ${2 * beyond}px)` });
  }

  beyond(canvas) {
    return canvas === this.over && this.soft ? Math.min(FARTHEST, Math.ceil(this.soft * this.view.scale)) : 0;
  }

  zoomTo(scale, [cx, cy] = this.seen.map((side) => side / 2)) {
    const next = Math.min(CLOSEST, Math.max(this.smallest, scale));
    const [px, py] = this.at(cx, cy);
    this.view = { scale: next, x: cx - px * next, y: cy - py * next };
    this.moved();
  }

  zoom(factor, centre) {
    this.zoomTo(this.view.scale * factor, centre);
  }

  pan(dx, dy) {
    this.view.x += dx;
    this.view.y += dy;
    this.moved();
  }

  moved() {
    const { view, size, seen } = this;
    const within = (offset, side, room) =>
      side * view.scale <= room ? (room - side * view.scale) / 2 : Math.min(0, Math.max(room - side * view.scale, offset));
    view.x = within(view.x, size[0], seen[0]);
    view.y = within(view.y, size[1], seen[1]);
    this.el.dataset.scale = String(view.scale / this.smallest);
    this.sheets();
    this.over.style.filter = this.soft ? `blur(${(this.soft / 2) * view.scale}px)` : "";
    // The blur is of the picture alone, whose edges are continued beyond its border.
    const beyond = this.beyond(this.over);
    const [left, top] = [view.x + beyond, view.y + beyond];
    const rest = (side, axis) => seen[axis] + 2 * beyond - side - size[axis] * view.scale;
    const cut = [top, rest(left, 0), rest(top, 1), left].map((side) => `${Math.max(0, side)}px`).join(" ");
    this.over.style.clipPath = this.soft ? `inset(${cut})` : "";
    this.whole = true;
    this.refresh();
  }

  // Soon: draw what has changed, once for each frame.
  refresh() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (this.whole) {
        this.whole = false;
        if (this.base) this.copy(this.under, this.base);
        this.copy(this.over, this.drawing.canvas);
      }
      this.segments();
      this.guide();
    });
  }

  changed() {
    this.whole = true;
    this.refresh();
  }

  copy(canvas, source) {
    const context = this.in(canvas);
    context.imageSmoothingEnabled = this.view.scale < 4;
    context.drawImage(source, 0, 0, ...this.size);
    if (canvas === this.over && this.soft) this.edges(context, source);
  }

  // The outermost pixels of the drawing, again and again beyond its border.
  edges(context, source) {
    const far = this.beyond(this.over) / this.view.scale;
    const [wide, high] = this.size;
    const spans = (side) => [[0, 1, -far, far], [0, side, 0, side], [side - 1, 1, side, far]];
    for (const [sx, sw, x, w] of spans(wide)) {
      for (const [sy, sh, y, h] of spans(high)) if (x || y) context.drawImage(source, sx, sy, sw, sh, x, y, w, h);
    }
  }

  // A clean context in which a unit is a pixel of the picture.
  in(canvas, clean = true) {
    const context = canvas.getContext("2d");
    const scale = this.view.scale * this.dense;
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (clean) context.clearRect(0, 0, canvas.width, canvas.height);
    const beyond = this.beyond(canvas);
    context.setTransform(scale, 0, 0, scale, (this.view.x + beyond) * this.dense, (this.view.y + beyond) * this.dense);
    return context;
  }

  segments() {
    const { gesture } = this;
    if (gesture?.tool.kind !== "stroke" || gesture.drawn === gesture.step.points.length) return;
    segments(this.drawing.context, gesture.step, gesture.drawn);
    segments(this.in(this.over, false), gesture.step, gesture.drawn);
    gesture.drawn = gesture.step.points.length;
  }

  guide() {
    const { gesture, cross, keyboard, view } = this;
    const context = this.in(this.guides);
    const begun = gesture && gesture.tool.kind !== "stroke" && gesture.step.points.length > 1;
    if (begun) paint(context, gesture.step.erase ? { ...gesture.step, erase: false, colour: "#777777" } : gesture.step);
    const at = this.tool().kind === "stroke" && (keyboard ? cross : this.pointer);
    const width = at && this.tool().step({}).width;
    const from = this.shift && !gesture && this.anchor;
    guides(context, { thin: 1 / view.scale, ring: at && { at, width }, line: at && from && [from, at], cross: keyboard && cross });
  }

  // From the screen to the picture
  at(x, y) {
    return [(x - this.view.x) / this.view.scale, (y - this.view.y) / this.view.scale];
  }

  spot(event) {
    const box = this.el.getBoundingClientRect();
    return [event.clientX - box.left - this.el.clientLeft, event.clientY - box.top - this.el.clientTop];
  }

  // Gestures: begun, led on, and finished or dropped, by whatever hand

  begin(point, event = {}) {
    const tool = this.tool();
    const step = tool.step(event);
    if (tool.kind === "click") {
      if (step) this.done({ ...step, points: [point] }, tool);
      return;
    }
    const from = tool.kind === "stroke" && event.shiftKey ? this.anchor : null;
    this.gesture = { tool, step: { ...step, points: [] }, drawn: 0 };
    if (from) this.lead(from, event);
    this.lead(point, event);
  }

  lead(point, event = {}) {
    const { tool, step } = this.gesture;
    const press = event.pointerType === "pen" && event.pressure ? 0.3 + event.pressure * 1.4 : 1;
    if (tool.kind === "stroke") step.points.push([...point, step.width * press]);
    else if (tool.kind === "free" || !step.points.length) step.points.push(point);
    else step.points[1] = point;
    this.refresh();
  }

  finish() {
    this.segments();
    const { tool, step } = this.gesture;
    this.gesture = null;
    if (tool.kind === "stroke") this.anchor = step.points.at(-1).slice(0, 2);
    if (tool.kind === "stroke" || step.points.length > 1) this.done(step, tool);
    else this.dropped();
    this.refresh();
  }

  // What the last stroke has drawn is gone, or lies beneath something else.
  forget() {
    this.anchor = null;
  }

  drop() {
    if (!this.gesture) return;
    this.gesture = null;
    this.drawing.repaint();
    this.changed();
    this.dropped();
  }

  listen() {
    const on = (type, listener, options) => this.page.on(this.el, type, listener.bind(this), options);
    on("pointerdown", this.down);
    on("pointermove", this.move);
    on("pointerup", this.up);
    on("pointercancel", this.cancel);
    on("pointerleave", () => this.point(null));
    on("wheel", this.wheel, { passive: false });
    on("contextmenu", (event) => event.pointerType !== "mouse" && event.preventDefault());
    on("keydown", this.keydown);
    on("keyup", this.keyup);
    on("blur", () => {
      if (this.gesture && this.keyboard) this.finish(); // nobody would lift the pen any more
      this.space = null;
      this.keyboard = false;
      this.refresh();
    });
    const sight = new ResizeObserver(() => this.seen?.[0] !== this.el.clientWidth && this.fit());
    sight.observe(this.el);
    this.page.leaving.push(() => sight.disconnect(), () => cancelAnimationFrame(this.frame));
  }

  point(point) {
    this.pointer = point;
    this.refresh();
  }

  down(event) {
    if (event.button === 2 || !this.seen) return;
    event.preventDefault();
    this.el.focus({ preventScroll: true });
    this.el.setPointerCapture(event.pointerId);
    if (this.gesture && this.keyboard) {
      this.page.say("Pen up: what the keys had begun is drawn");
      this.finish();
    }
    this.keyboard = false;
    const spot = this.spot(event);
    if (event.pointerType === "touch") {
      this.touches.set(event.pointerId, spot);
      if (this.touches.size > 1) return this.drop(); // two fingers move the picture
    }
    if (event.button === 1 || this.space) {
      if (this.space) this.space = "used";
      this.dragged = spot;
      return;
    }
    if (this.gesture) this.drop();
    this.begin(this.at(...spot), event);
  }

  move(event) {
    const spot = this.spot(event);
    if (this.touches.has(event.pointerId) && this.touches.size > 1) return this.pinch(event.pointerId, spot);
    if (this.dragged) {
      this.pan(spot[0] - this.dragged[0], spot[1] - this.dragged[1]);
      this.dragged = spot;
      return;
    }
    this.pointer = event.pointerType === "touch" ? null : this.at(...spot);
    this.shift = event.shiftKey;
    if (this.gesture && !this.keyboard && event.buttons) {
      const all = event.getCoalescedEvents?.() ?? [];
      for (const one of all.length ? all : [event]) this.lead(this.at(...this.spot(one)), one);
    } else this.refresh();
  }

  pinch(id, spot) {
    const [other] = [...this.touches].find(([key]) => key !== id).slice(1);
    const before = this.touches.get(id);
    const middle = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    const apart = (a, b) => Math.max(1, Math.hypot(a[0] - b[0], a[1] - b[1]));
    const [from, to] = [middle(before, other), middle(spot, other)];
    this.touches.set(id, spot);
    this.pan(to[0] - from[0], to[1] - from[1]);
    this.zoom(apart(spot, other) / apart(before, other), to);
  }

  up(event) {
    this.touches.delete(event.pointerId);
    this.dragged = null;
    if (this.gesture && !this.keyboard) this.finish();
  }

  cancel(event) {
    this.touches.delete(event.pointerId);
    this.dragged = null;
    if (!this.keyboard) this.drop();
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY / 300), this.spot(event));
  }

  // Keys: arrows lead a cross, Enter or Space puts the pen down and lifts it

  keydown(event) {
    if (ARROWS[event.key]) this.step(...ARROWS[event.key], event.shiftKey ? 40 : 8);
    else if (event.key === "Enter") this.press(event);
    else if (event.key === " ") this.space ??= "down";
    else if (event.key === "Escape" && this.gesture) this.drop();
    else return this.shortcut(event);
    event.preventDefault();
  }

  // Keys that count on all of the page but in its fields
  shortcut(event) {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (plain && "+=".includes(event.key)) this.zoom(1.25, this.centre());
    else if (plain && event.key === "-") this.zoom(0.8, this.centre());
    else if (plain && event.key === "0") this.zoomTo(this.smallest);
    else if (!this.keys(event)) return;
    event.preventDefault();
  }

  keyup(event) {
    if (event.key !== " ") return;
    event.preventDefault();
    if (this.space === "down") this.press(event);
    this.space = null;
  }

  centre() {
    const { view } = this;
    return this.keyboard && this.cross ? [this.cross[0] * view.scale + view.x, this.cross[1] * view.scale + view.y] : undefined;
  }

  step(dx, dy, far) {
    const first = !this.cross;
    this.keyboard = true;
    this.cross ??= this.at(...this.seen.map((side) => side / 2));
    const by = Math.max(1, Math.round(far / this.view.scale));
    if (!first) {
      this.cross = [[0, dx], [1, dy]].map(([axis, way]) =>
        Math.min(this.size[axis], Math.max(0, Math.round(this.cross[axis] + way * by))));
    }
    this.show();
    if (this.gesture) this.lead(this.cross);
    this.refresh();
    this.page.say(`${this.gesture ? "Pen down, at" : "At"} ${this.cross.map(Math.round).join(", ")}`);
  }

  // Pan so that the cross is seen.
  show() {
    const [x, y] = this.centre();
    const out = (offset, room) => (offset < 10 ? 40 - offset : offset > room - 10 ? room - 40 - offset : 0);
    const [dx, dy] = [out(x, this.seen[0]), out(y, this.seen[1])];
    if (dx || dy) this.pan(dx, dy);
  }

  press(event) {
    this.keyboard = true;
    this.cross ??= this.at(...this.seen.map((side) => side / 2));
    if (this.gesture) {
      this.page.say("Pen up");
      return this.finish();
    }
    this.page.say(`Pen down, at ${this.cross.map(Math.round).join(", ")}`);
    return this.begin(this.cross, { altKey: event.altKey, shiftKey: event.shiftKey });
  }
}
