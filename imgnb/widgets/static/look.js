// One picture at large in the grid's place. Arrows go on, Escape leads back to where one was.
import { button, h } from "./panel.js";

export class Look {
  constructor(page, gallery) {
    Object.assign(this, { page, gallery });
    this.opened = false;
    this.item = this.index = null;
    this.image = h("img", { alt: "" });
    this.title = h("strong");
    this.facts = h("span", { class: "imgnb-help" });
    this.badges = h("span", { class: "imgnb-badges", role: "status" });
    this.previous = button("‹", () => this.go(-1), { label: "Previous", keys: "ArrowLeft" });
    this.next = button("›", () => this.go(1), { label: "Next", keys: "ArrowRight" });
    this.prompt = h("p", { class: "imgnb-look-prompt", dir: "auto", tabindex: "0", role: "region", "aria-label": "Prompt" });
    this.select = button("Select", () => this.toggle(), { keys: "Space", pressed: false });
    this.el = h("div", { class: "imgnb-look", role: "dialog", "aria-label": "Picture", tabindex: "-1", hidden: true },
      h("div", { class: "imgnb-row" }, this.previous, this.next, this.title, this.badges, this.facts, h("span", { class: "imgnb-grow" }),
        this.select, button("Close", () => this.close(), { keys: "Escape" })),
      this.image, this.prompt);
    page.on(this.el, "keydown", (event) => this.key(event));
  }

  open(index) {
    this.opened = true;
    this.el.hidden = false;
    this.gallery.grid.el.hidden = true;
    this.show(index);
    this.el.focus({ preventScroll: true });
  }

  close() {
    const { grid, search } = this.gallery;
    const had = this.el.contains(document.activeElement);
    this.opened = false;
    this.el.hidden = true;
    grid.el.hidden = grid.count === 0;
    grid.measure();
    if (had && grid.count) grid.focus(this.index ?? grid.focused);
    else if (had) search.focus();
  }

  // Other pictures were found: this one stays, wherever it stands now; where it is not among them, there is the grid.
  async found(fresh) {
    if (!this.opened) return;
    if (!fresh && this.index !== null) {
      this.ends();
      return;
    }
    const { item, gallery } = this;
    this.index = item ? gallery.places.get(item.sha) ?? null : null;
    this.ends();
    if (this.index !== null) return;
    if (!item) this.close();
    else if (gallery.complete) await this.seek(item, gallery.serial);
  }

  async seek(item, serial) {
    const answer = await this.page.tryAsk("place", { serial, of: item.sha });
    if (!this.opened || this.item?.sha !== item.sha || serial !== this.gallery.serial) return;
    this.index = answer?.place ?? null;
    this.ends();
    if (this.index === null) this.close();
    else this.gallery.reach(this.index);
  }

  go(step) {
    if (this.index === null) return;
    const index = this.index + step;
    if (index >= 0 && index < this.gallery.grid.count) this.show(index);
  }

  // What was not loaded when it was gone to may be there now.
  arrived() {
    if (this.opened && this.waits && this.gallery.item(this.index)) this.show(this.index);
  }

  // There is nothing before the first and after the last.
  ends() {
    const had = document.activeElement;
    this.previous.disabled = !this.index;
    this.next.disabled = this.index === null || this.index >= this.gallery.grid.count - 1;
    if (had === this.previous || had === this.next) (had.disabled ? this.el : had).focus({ preventScroll: true });
  }

  async show(index) {
    const item = this.gallery.item(index);
    this.index = index;
    this.item = item ?? null;
    this.waits = !item;
    this.ends();
    this.gallery.reach(index);
    if (!item) return;
    this.mark();
    this.title.textContent = item.names.length ? `@${item.names[0]}` : `@${item.sha.slice(0, 7)}`;
    this.prompt.textContent = item.prompt;
    const answer = await this.page.tryAsk("look", { of: item.sha });
    if (this.item?.sha !== item.sha || !this.opened) return;
    if (this.index !== null) this.page.say(`${this.index + 1} of ${this.gallery.grid.count.toLocaleString("en")}`);
    this.image.hidden = !answer;
    if (!answer) return;
    this.drop();
    this.url = URL.createObjectURL(new Blob([answer.buffers[0]], { type: answer.type }));
    this.image.src = this.url;
    this.image.alt = answer.prompt || "without a prompt";
    this.title.textContent = answer.title;
    this.facts.textContent = answer.facts.join(" · ");
    this.prompt.textContent = answer.prompt;
  }

  mark() {
    const { item } = this;
    this.select.setAttribute("aria-pressed", String(Boolean(item) && this.gallery.chosen.has(item.sha)));
    this.badges.textContent = item ? [item.star ? "★" : "", item.stars ? `${item.stars}/5` : ""].filter(Boolean).join("  ") : "";
  }

  // It was starred or rated, here or elsewhere.
  relabel(item) {
    if (this.item?.sha !== item.sha) return;
    this.item = { ...item, prompt: this.item.prompt };
    this.mark();
  }

  toggle() {
    this.gallery.chosen.turn(this.item);
    this.mark();
  }

  key(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 };
    if (event.target === this.prompt && event.key in steps) return; // they scroll it
    if (event.key in steps) this.go(steps[event.key]);
    else if (event.key === "Escape") this.close();
    else if (event.key === " " && event.target === this.el) this.toggle();
    else if (event.key === "s" || /^[0-5]$/.test(event.key)) this.label(event.key);
    else return;
    event.preventDefault();
  }

  label(key) {
    const { item } = this;
    if (item) this.page.tryAsk("label", { of: [item.sha], ...(key === "s" ? { star: !item.star } : { stars: Number(key) }) });
  }

  drop() {
    if (this.url) URL.revokeObjectURL(this.url);
  }

  leave() {
    this.drop();
  }
}
