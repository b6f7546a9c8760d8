// One picture at large in the grid's place. Arrows go on, Escape leads back to where one was.
import { button, h } from "./panel.js";

export class Look {
  constructor(page, gallery) {
    Object.assign(this, { page, gallery });
    this.opened = false;
    this.image = h("img", { alt: "" });
    this.title = h("strong");
    this.facts = h("span", { class: "imgnb-help" });
    this.prompt = h("p", { class: "imgnb-look-prompt", dir: "auto", tabindex: "0", role: "region", "aria-label": "Prompt" });
    this.select = button("Select", () => this.toggle(), { keys: "Space", pressed: false });
    this.el = h("div", { class: "imgnb-look", role: "dialog", "aria-label": "Picture", tabindex: "-1", hidden: true },
      h("div", { class: "imgnb-row" }, button("‹", () => this.go(-1), { label: "Previous", keys: "ArrowLeft" }),
        button("›", () => this.go(1), { label: "Next", keys: "ArrowRight" }), this.title, this.facts, h("span", { class: "imgnb-grow" }),
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
    this.opened = false;
    this.el.hidden = true;
    this.gallery.grid.el.hidden = this.gallery.grid.count === 0;
    this.gallery.grid.measure();
    this.gallery.grid.focus(this.index);
  }

  go(step) {
    const index = this.index + step;
    if (index >= 0 && index < this.gallery.grid.count) this.show(index);
  }

  // What was not loaded when it was gone to may be there now.
  arrived() {
    if (this.opened && this.waits && this.gallery.item(this.index)) this.show(this.index);
  }

  async show(index) {
    const item = this.gallery.item(index);
    this.index = index;
    this.waits = !item;
    this.gallery.load(Math.floor(index / 60));
    if (!item) return;
    this.mark();
    this.title.textContent = item.names.length ? `@${item.names[0]}` : `@${item.sha.slice(0, 7)}`;
    this.prompt.textContent = item.prompt;
    const answer = await this.page.tryAsk("look", { of: item.sha });
    if (this.index !== index || !this.opened) return;
    this.page.say(`${index + 1} of ${this.gallery.grid.count.toLocaleString("en")}`);
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
    const item = this.gallery.item(this.index);
    this.select.setAttribute("aria-pressed", String(Boolean(item) && this.gallery.chosen.has(item.sha)));
  }

  toggle() {
    this.gallery.chosen.toggle(this.index);
    this.mark();
  }

  key(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 };
    if (event.key in steps) this.go(steps[event.key]);
    else if (event.key === "Escape") this.close();
    else if (event.key === " " && event.target === this.el) this.toggle();
    else if (event.key === "s" || /^[0-5]$/.test(event.key)) this.label(event.key);
    else return;
    event.preventDefault();
  }

  label(key) {
    const item = this.gallery.item(this.index);
    if (item) this.page.tryAsk("label", { of: [item.sha], ...(key === "s" ? { star: !item.star } : { stars: Number(key) }) });
  }

  drop() {
    if (this.url) URL.revokeObjectURL(this.url);
  }

  leave() {
    this.drop();
  }
}
