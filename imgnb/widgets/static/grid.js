// A grid of any number of tiles, of which only those in sight are on the page; the scrollbar covers all of them.
//
// It knows places, not pictures: `draw(index)` gives a tile's element, `wanted(first, last)` is told what is in sight.
import { h } from "./panel.js";

const TALLEST = 12_000_000; // CSS pixels: browsers give up on taller elements; beyond, scrolling is scaled
const GAP = 8;

export class Grid {
  constructor(page, { label, draw, wanted, moved }) {
    Object.assign(this, { page, draw, wanted, moved });
    this.count = this.focused = 0;
    this.tiles = new Map();
    this.room = h("div", { class: "imgnb-grid-room", role: "presentation" });
    this.el = h("div", { class: "imgnb-grid", role: "listbox", "aria-multiselectable": "true", "aria-label": label }, this.room);
    page.on(this.el, "scroll", () => this.later(), { passive: true });
    page.on(this.room, "focusin", (event) => this.reached(event.target));
    this.size = new ResizeObserver(() => this.measure());
    this.size.observe(this.el);
  }

  measure() {
    const width = this.room.clientWidth;
    if (!width) return;
    const top = this.columns ? Math.floor(this.top / this.high) * this.columns : 0;
    this.columns = Math.max(2, Math.floor((width + GAP) / (170 + GAP)));
    this.wide = Math.floor((width - (this.columns - 1) * GAP) / this.columns);
    this.high = this.wide + 46 + GAP;
    this.fit();
    this.scrollTo(Math.floor(top / this.columns) * this.high);
    this.redraw();
  }

  // Other pictures, or another number of them; `same` where those that are there stay.
  reset(count, { keep = false, same = false } = {}) {
    this.count = count;
    if (!keep) {
      this.focused = 0;
      this.el.scrollTop = 0;
    }
    this.focused = Math.min(this.focused, Math.max(0, count - 1));
    this.fit();
    if (!same) return this.redraw();
    for (const tile of this.tiles.values()) tile.setAttribute("aria-setsize", count);
    return this.paint();
  }

  fit() {
    if (!this.high) return;
    this.full = Math.ceil(this.count / this.columns) * this.high;
    this.tall = Math.min(this.full, TALLEST);
    this.room.style.height = `${this.tall}px`;
  }

  // How far down the whole is looked at; the same as scrollTop unless the whole is too tall for a browser.
  get top() {
    const view = this.el.clientHeight;
    return this.full > this.tall ? (this.el.scrollTop / (this.tall - view)) * (this.full - view) : this.el.scrollTop;
  }

  scrollTo(top) {
    const view = this.el.clientHeight;
    this.el.scrollTop = this.full > this.tall ? (top / (this.full - view)) * (this.tall - view) : top;
  }

  later() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = null;
      this.paint();
    });
  }

  redraw() {
    const had = this.room.contains(document.activeElement);
    for (const index of [...this.tiles.keys()]) this.remove(index);
    this.paint();
    if (had) this.tiles.get(this.focused)?.focus({ preventScroll: true });
  }

  paint() {
    if (!this.high) return;
    const { top, columns, count } = this;
    const shift = this.el.scrollTop - top;
    const first = Math.max(0, Math.floor(top / this.high) - 1) * columns;
    const last = Math.min(count, (Math.floor((top + this.el.clientHeight) / this.high) + 2) * columns);
    for (const [index, tile] of this.tiles) {
      // What has the focus stays, however far away: it would be lost.
      if ((index < first || index >= last) && !tile.contains(document.activeElement)) this.remove(index);
    }
    for (let index = first; index < last; index += 1) if (!this.tiles.has(index)) this.add(index);
    for (const [index, tile] of this.tiles) this.place(index, tile, shift);
    if (last > first) this.wanted(first, last - 1);
    if (!this.tiles.has(this.focused) && this.tiles.size) this.tiles.get(Math.min(first + columns, last - 1)).tabIndex = 0;
  }

  remove(index) {
    const tile = this.tiles.get(index);
    for (const image of tile.querySelectorAll("img")) this.page.thumbs.drop(image);
    tile.remove();
    this.tiles.delete(index);
  }

  add(index) {
    const tile = this.draw(index);
    tile.setAttribute("role", "option");
    tile.setAttribute("aria-setsize", this.count);
    tile.setAttribute("aria-posinset", index + 1);
    tile.dataset.index = index;
    tile.tabIndex = index === this.focused ? 0 : -1;
    this.tiles.set(index, tile);
    // In the order of reading, whatever was scrolled to first; most come at the end.
    let after = null;
    for (let other = this.room.lastElementChild; other && Number(other.dataset.index) > index; other = other.previousElementSibling) after = other;
    this.room.insertBefore(tile, after);
  }

  place(index, tile, shift) {
    tile.style.width = `${this.wide}px`;
    tile.style.height = `${this.high - GAP}px`;
    const x = (index % this.columns) * (this.wide + GAP);
    const y = Math.floor(index / this.columns) * this.high + shift;
    tile.style.transform = `translate(${x}px, ${y}px)`;
  }

  // These tiles anew, where they are in sight. Places are read before anything is written: a layout for each takes long.
  update(indexes) {
    const shift = this.el.scrollTop - this.top;
    for (const index of indexes) {
      const old = this.tiles.get(index);
      if (!old) continue;
      const had = old.contains(document.activeElement);
      this.remove(index);
      this.add(index);
      this.place(index, this.tiles.get(index), shift);
      if (had) this.tiles.get(index).focus({ preventScroll: true });
    }
  }

  // Go to a place, and have it in sight.
  focus(index) {
    if (!this.count) return;
    const before = this.tiles.get(this.focused);
    this.focused = Math.max(0, Math.min(this.count - 1, index));
    const top = Math.floor(this.focused / this.columns) * this.high;
    if (top < this.top) this.scrollTo(top);
    else if (top + this.high > this.top + this.el.clientHeight) this.scrollTo(top + this.high - this.el.clientHeight);
    this.paint();
    for (const tile of this.tiles.values()) tile.tabIndex = -1;
    if (before) before.tabIndex = -1;
    const tile = this.tiles.get(this.focused);
    if (!tile) return;
    tile.tabIndex = 0;
    tile.focus({ preventScroll: true });
    this.moved?.(this.focused);
  }

  // Whoever comes to a tile another way than by its place goes on from there.
  reached(tile) {
    const index = Number(tile.dataset.index);
    if (!Number.isInteger(index) || index === this.focused) return;
    const before = this.tiles.get(this.focused);
    if (before) before.tabIndex = -1;
    this.focused = index;
    tile.tabIndex = 0;
  }

  // Where a key leads, or null for a key that leads nowhere.
  target(key) {
    const rows = Math.max(1, Math.floor(this.el.clientHeight / this.high));
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns,
      PageUp: -this.columns * rows, PageDown: this.columns * rows, Home: -this.count, End: this.count };
    if (!(key in steps)) return null;
    return Math.max(0, Math.min(this.count - 1, this.focused + steps[key]));
  }

  leave() {
    cancelAnimationFrame(this.frame);
    this.size.disconnect();
  }
}
