// The gallery's page: a search, a grid of which only what is in sight is loaded, and what can be done with what is chosen.
import { button, field, h, panel } from "./panel.js";
import { Grid } from "./grid.js";
import { Chosen } from "./chosen.js";
import { Look } from "./look.js";
import { sortOf, sorted, toggled, token, tokens } from "./tokens.js";

const CHUNK = 200; // pictures that are asked for at once
const CHUNKS = 20; // chunks that are kept
const NEAR = 5; // places on either side of one that is looked at
const PAUSE = 300; // ms without a key after which is searched
const SETTLED = 60; // ms without scrolling after which is asked for what is in sight
const LATER = 800; // ms after which is counted: pictures come first
const SORTS = [["newest", "newest first"], ["oldest", "oldest first"], ["rating", "best rated"], ["relevance", "best match"],
  ["cost", "dearest"], ["size", "largest"], ["seconds", "slowest"]];

export default panel("gallery", (page) => new Gallery(page).start());

class Gallery {
  constructor(page) {
    this.page = page;
    this.chunks = new Map();
    this.places = new Map(); // hash -> place, of what is loaded
    this.serial = null;
    this.grid = new Grid(page, { label: "Pictures", draw: (index) => this.tile(index),
      wanted: (first, last) => this.want(first, last) });
    this.chosen = new Chosen(page, this);
    this.look = new Look(page, this);
  }

  start() {
    const { page, grid } = this;
    this.search = h("input", { type: "search", placeholder: "words, tag:hero, rating:>=4, before:2026-11 …", spellcheck: "false" });
    this.sort = h("select", {}, SORTS.map(([value, text]) => h("option", { value }, text)));
    this.saved = h("select", {});
    this.wrong = h("pre", { class: "imgnb-wrong", role: "alert", hidden: true });
    this.counted = h("span", { class: "imgnb-counted", role: "status" });
    this.facets = h("details", { class: "imgnb-facets" }, h("summary", {}, "Narrow down"), h("div"));
    this.empty = h("p", { class: "imgnb-empty", hidden: true });
    const savedField = field("Saved searches", this.saved);
    page.el.append(
      h("div", { class: "imgnb-search" }, field("Search", this.search), field("Sort", this.sort), savedField,
        button("↻", () => this.find(this.search.value), { label: "Search again" })),
      this.wrong, this.facets, this.chosen.el, h("div", { class: "imgnb-row" }, this.counted, h("span", { class: "imgnb-grow" }),
        h("span", { class: "imgnb-help" }, "Enter looks closer · Space selects · s stars · 1–5 rate")),
      grid.el, this.empty, this.look.el);
    this.listen();
    page.onState((state) => this.show(state));
    page.onNews("labelled", ({ items }) => this.relabel(items));
    page.onNews("trouble", ({ message, hint }) => page.complain(message, hint));
    return () => this.leave();
  }

  listen() {
    const { page, grid } = this;
    page.on(this.search, "input", () => {
      clearTimeout(this.pause);
      this.say("");
      this.pause = setTimeout(() => this.find(this.search.value, { typing: true }), PAUSE);
    });
    page.on(this.search, "blur", () => this.unsaid && this.say(this.unsaid.message, this.unsaid));
    page.on(this.search, "keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) this.find(this.search.value);
    });
    page.on(this.sort, "change", () => this.find(sorted(this.search.value, this.sort.value)));
    page.on(this.saved, "change", () => this.saved.value && this.find(`search:${this.saved.value}`));
    page.on(this.facets, "toggle", () => this.about());
    page.on(grid.el, "keydown", (event) => this.key(event));
    page.on(grid.el, "click", (event) => this.click(event));
    page.on(grid.el, "dblclick", (event) => this.placeOf(event) !== null && this.look.open(this.placeOf(event)));
  }

  // What the kernel says

  show(state) {
    if (state.query !== this.query) {
      this.query = state.query;
      if (!this.writing(state.query)) this.search.value = this.sent = state.query;
    }
    const order = sortOf(state.query);
    this.sort.value = SORTS.some(([value]) => value === order) ? order : "newest";
    const fresh = state.serial !== this.serial;
    if (fresh || state.total !== this.grid.count || state.complete !== this.complete) this.take(state, fresh);
    this.chosen.follow(state.selected);
  }

  // Whether somebody is at the search with words that were not sent yet, or that say the same in other spaces.
  writing(query) {
    const { value } = this.search;
    if (document.activeElement !== this.search) return false;
    return (this.sent !== undefined && value !== this.sent) || tokens(value).join(" ") === tokens(query).join(" ");
  }

  // The kernel has found something else meanwhile: what it last said counts.
  stale() {
    if (this.page.state.serial !== this.serial) this.show(this.page.state);
  }

  take(state, fresh) {
    const { serial, total, complete, first, cut } = state;
    const same = !fresh && first.every((item, at) => this.item(at)?.sha === item.sha);
    Object.assign(this, { serial, complete });
    this.asked = new Set();
    this.chunks.clear();
    this.places.clear();
    if (fresh) {
      this.page.expect(first.map(({ sha }) => sha));
      this.chosen.found();
    }
    this.store(0, first);
    this.grid.reset(total, { keep: !fresh, same });
    const number = total.toLocaleString("en");
    this.counted.textContent = complete ? `${number} picture${total === 1 ? "" : "s"}${cut ? ": the first of more, narrow the search down" : ""}`
      : `the first ${number}, counting …`;
    this.empty.textContent = state.query ? "Nothing was found. Fewer words find more." : "There is no picture in this library yet.";
    this.empty.hidden = total > 0;
    this.grid.el.hidden = total === 0 || this.look.opened;
    this.look.found(fresh);
    if (!fresh) return;
    this.say("");
    clearTimeout(this.counting);
    this.counting = setTimeout(() => this.about(), LATER);
  }

  say(text, error = null) {
    this.unsaid = null;
    this.wrong.textContent = [text, error?.hint].filter(Boolean).join("\n");
    this.wrong.hidden = !text;
    this.search.setAttribute("aria-invalid", String(Boolean(text)));
  }

  // What is wrong with half a word is said when it is left, or sent by Enter.
  async find(query, { typing = false } = {}) {
    clearTimeout(this.pause);
    this.search.value = this.sent = query;
    try {
      await this.page.ask("search", { query });
      if (query === this.sent) this.say("");
    } catch (error) {
      if (query !== this.sent) return;
      if (typing && document.activeElement === this.search) this.unsaid = error;
      else this.say(error.message, error);
    }
  }

  // Facets

  async about() {
    const about = await this.page.tryAsk("about");
    if (!about) return;
    const saved = Object.keys(about.saved);
    this.saved.replaceChildren(h("option", { value: "" }, saved.length ? "choose …" : "none"), ...saved.map((name) => h("option", { value: name }, name)));
    this.saved.disabled = !saved.length;
    const had = tokens(this.query);
    const rows = Object.entries(about.facets).filter(([, counts]) => Object.keys(counts).length).map(([name, counts]) =>
      h("div", { class: "imgnb-facet", role: "group", "aria-label": name }, h("span", {}, name), Object.entries(counts).map(([value, count]) => {
        const word = token(name, value);
        const one = button(`${value} · ${count.toLocaleString("en")}`, () => this.find(toggled(this.query, word)), { pressed: had.includes(word) });
        one.dataset.word = word;
        return one;
      })));
    const room = this.facets.lastChild;
    const left = room.contains(document.activeElement) ? document.activeElement.dataset.word : null;
    const among = about.among === null ? "" : `, among the newest ${about.among.toLocaleString("en")} that match`;
    const said = h("p", { class: "imgnb-help" }, `Requests are counted${among}; one may have brought several pictures.`);
    room.replaceChildren(...rows, said);
    if (left === null) return;
    const same = [...room.querySelectorAll("button")].find((one) => one.dataset.word === left);
    (same ?? this.facets.firstChild).focus({ preventScroll: true });
  }

  // Pictures by place

  item(index) {
    return this.chunks.get(Math.floor(index / CHUNK))?.[index % CHUNK];
  }

  store(chunk, items) {
    this.chunks.delete(chunk);
    this.chunks.set(chunk, items);
    items.forEach((item, at) => this.places.set(item.sha, chunk * CHUNK + at));
    if (this.chunks.size > CHUNKS) {
      const [oldest, old] = this.chunks.entries().next().value;
      this.chunks.delete(oldest);
      for (const item of old) this.places.delete(item.sha);
    }
  }

  want(first, last) {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.between(first, last), SETTLED);
  }

  // Have what stands there, and what one goes to next.
  reach(index) {
    this.between(Math.max(0, index - NEAR), Math.min(this.grid.count - 1, index + NEAR));
  }

  between(first, last) {
    for (let chunk = Math.floor(first / CHUNK); chunk <= Math.floor(last / CHUNK); chunk += 1) this.load(chunk);
  }

  async load(chunk) {
    if (this.asked.has(chunk) || !this.complete || this.chunks.has(chunk)) return;
    const { asked, serial } = this;
    asked.add(chunk);
    const answer = await this.page.tryAsk("page", { serial, first: chunk * CHUNK, count: CHUNK });
    asked.delete(chunk);
    if (answer?.stale) this.stale();
    if (!answer?.items || serial !== this.serial) return;
    this.store(chunk, answer.items);
    this.grid.update(answer.items.map((_, at) => chunk * CHUNK + at));
    this.look.arrived();
    this.chosen.count();
  }

  relabel(items) {
    const places = [];
    for (const item of items) {
      this.look.relabel(item);
      const index = this.places.get(item.sha);
      if (index === undefined) continue;
      Object.assign(this.item(index), item, { prompt: this.item(index).prompt });
      places.push(index);
    }
    this.grid.update(places);
  }

  // Tiles

  tile(index) {
    const item = this.item(index);
    if (!item) return h("div", { class: "imgnb-tile", "aria-label": "loading", "aria-selected": "false" });
    const badges = [item.star ? "★" : "", item.stars ? `${item.stars}/5` : "", ...item.names.map((name) => `@${name}`),
      ...item.tags.map((tag) => `#${tag}`)].filter(Boolean).join("  ");
    const said = [item.trashed ? "in the trash" : "", item.prompt || "without a prompt", item.star ? "starred" : "",
      item.stars ? `rated ${item.stars} of 5` : "", ...item.names, item.size].filter(Boolean).join(", ");
    return h("div", { class: `imgnb-tile${item.trashed ? " imgnb-thrown" : ""}`, "aria-label": said, title: item.prompt,
      "aria-selected": String(this.chosen.has(item.sha)) },
      this.page.thumb(item.sha, ""),
      h("div", { class: "imgnb-tile-words", "aria-hidden": "true" }, h("div", { dir: "auto" }, item.prompt || "without a prompt"),
        h("div", { class: "imgnb-badges" }, item.trashed ? "in the trash" : badges)));
  }

  mark() {
    for (const [index, tile] of this.grid.tiles) {
      const item = this.item(index);
      if (item) tile.setAttribute("aria-selected", String(this.chosen.has(item.sha)));
    }
    this.look.mark();
  }

  placeOf(event) {
    const tile = event.target.closest(".imgnb-tile");
    return tile ? Number(tile.dataset.index) : null;
  }

  click(event) {
    const index = this.placeOf(event);
    if (index === null) return;
    this.grid.focus(index);
    if (event.shiftKey) this.chosen.range(index);
    else if (event.ctrlKey || event.metaKey) this.chosen.toggle(index);
    else this.chosen.only(index);
  }

  key(event) {
    const index = this.grid.focused;
    const control = event.ctrlKey || event.metaKey;
    const target = event.altKey ? null : this.grid.target(event.key);
    if (target !== null) {
      this.grid.focus(target);
      if (event.shiftKey) this.chosen.range(target, index);
    } else if (event.key === " ") this.chosen.toggle(index);
    else if (event.key === "Enter") this.look.open(index);
    else if (control && event.key.toLowerCase() === "a") this.chosen.all();
    else if (event.key === "Escape") this.chosen.clear();
    else if (!control && event.key === "s") this.chosen.star();
    else if (!control && /^[0-5]$/.test(event.key)) this.chosen.rate(Number(event.key));
    else if (event.key === "Delete") this.chosen.trash();
    else return;
    event.preventDefault();
  }

  leave() {
    clearTimeout(this.pause);
    clearTimeout(this.settling);
    clearTimeout(this.counting);
    this.grid.leave();
    this.look.leave();
  }
}
