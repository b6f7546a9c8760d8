// What is chosen in the gallery, in the order of choosing, and what can be done with it. The kernel has the last word.
import { button, h } from "./panel.js";

const MOST = 1000;

export class Chosen {
  constructor(page, gallery) {
    Object.assign(this, { page, gallery });
    this.of = new Set();
    this.anchor = 0;
    this.pending = 0;
    this.said = h("span", { class: "imgnb-label imgnb-chosen", role: "status" });
    this.tag = h("input", { type: "text", placeholder: "tag", "aria-label": "Tag for the selected", spellcheck: "false" });
    this.undo = button("Undo", () => this.bringBack(), { label: "Bring back what was moved to the trash" });
    this.undo.hidden = true;
    this.stars = h("select", { "aria-label": "Rate the selected", style: "width:auto" },
      h("option", { value: "" }, "Rate …"), [5, 4, 3, 2, 1].map((n) => h("option", { value: n }, "★".repeat(n))), h("option", { value: 0 }, "no rating"));
    this.acts = [
      button("★ Star", () => this.star(), { keys: "s" }), this.stars, this.tag, button("Tag", () => this.addTag()),
      button("Copy addresses", () => this.copy()), button("Trash", () => this.trash(), { label: "Move to the trash", keys: "Delete" }),
      button("Clear", () => this.clear(), { label: "Clear the selection", keys: "Escape" })];
    this.el = h("div", { class: "imgnb-row imgnb-acts", role: "toolbar", "aria-label": "With the selected" }, this.said, this.acts, this.undo);
    page.on(this.stars, "change", () => {
      if (this.stars.value) this.rate(Number(this.stars.value));
      this.stars.value = "";
    });
    page.on(this.tag, "keydown", (event) => event.key === "Enter" && this.addTag());
    this.show();
  }

  has(sha) {
    return this.of.has(sha);
  }

  // What the kernel says, unless it does not know yet what was chosen last.
  follow(hashes) {
    this.known = hashes;
    if (this.pending) return;
    this.of = new Set(hashes);
    this.show();
  }

  show() {
    const many = this.of.size;
    this.said.textContent = `${many.toLocaleString("en")} selected`;
    for (const act of this.acts) act.disabled = many === 0;
    this.gallery.mark?.();
  }

  async send(word, given) {
    this.pending += 1;
    const answer = await this.page.tryAsk(word, given);
    this.pending -= 1;
    if (!this.pending) this.follow(this.page.state.selected);
    return answer;
  }

  set(hashes) {
    if (hashes.length > MOST) {
      this.page.say(`At most ${MOST.toLocaleString("en")} pictures can be selected here.`);
      hashes = hashes.slice(0, MOST);
    } else this.page.say("");
    this.of = new Set(hashes);
    this.show();
    return this.send("select", { of: [...this.of] });
  }

  only(index) {
    const item = this.gallery.item(index);
    this.anchor = index;
    if (item) this.set([item.sha]);
  }

  toggle(index) {
    const item = this.gallery.item(index);
    this.anchor = index;
    if (!item) return;
    this.set(this.of.has(item.sha) ? [...this.of].filter((sha) => sha !== item.sha) : [...this.of, item.sha]);
  }

  // From where it was begun to here; what is not loaded is known to the kernel.
  async range(index, from = null) {
    if (from !== null && this.of.size === 0) this.anchor = from;
    const anchor = Math.min(this.anchor, this.gallery.grid.count - 1);
    const step = index < anchor ? -1 : 1;
    const items = [];
    for (let at = anchor; at !== index + step && items.length <= MOST; at += step) items.push(this.gallery.item(at));
    if (items.every(Boolean)) return this.set(items.map((item) => item.sha));
    const answer = await this.send("range", { serial: this.gallery.serial, first: anchor, last: index });
    if (answer?.cut) this.page.say(`The first ${MOST.toLocaleString("en")} of them are selected.`);
    return answer;
  }

  async all() {
    const { count } = this.gallery.grid;
    if (!count) return;
    await this.send("range", { serial: this.gallery.serial, first: 0, last: count - 1 });
    this.page.say(count > MOST ? `The first ${MOST.toLocaleString("en")} are selected.` : "");
  }

  clear() {
    if (this.of.size) this.set([]);
  }

  // What is done to what is chosen, or where nothing is, to what has the focus.
  get meant() {
    if (this.of.size) return [...this.of];
    const item = this.gallery.item(this.gallery.grid.focused);
    return item ? [item.sha] : [];
  }

  itemsOf(hashes) {
    return hashes.map((sha) => this.gallery.item(this.gallery.places.get(sha))).filter(Boolean);
  }

  label(given) {
    const of = this.meant;
    return of.length ? this.page.tryAsk("label", { of, ...given }) : undefined;
  }

  star() {
    const items = this.itemsOf(this.meant);
    return this.label({ star: !items.length || !items.every((item) => item.star) });
  }

  rate(stars) {
    return this.label({ stars });
  }

  async addTag() {
    const tag = this.tag.value.trim();
    if (tag && (await this.label({ tag }))) this.tag.value = "";
  }

  async trash() {
    const of = this.meant;
    if (!of.length || !(await this.send("trash", { of }))) return;
    this.thrown = of;
    this.undo.hidden = false;
    this.page.say(`${of.length} moved to the trash; nothing is deleted.`);
  }

  async bringBack() {
    if (!(await this.page.tryAsk("trash", { of: this.thrown, back: true }))) return;
    this.undo.hidden = true;
    this.page.say(`${this.thrown.length} brought back.`);
    this.gallery.grid.focus(this.gallery.grid.focused);
  }

  async copy() {
    const text = [...this.of].map((sha) => `@${sha.slice(0, 12)}`).join(" ");
    try {
      await navigator.clipboard.writeText(text);
      this.page.say("Copied.");
    } catch {
      this.page.say(text); // a page that is not trusted with the clipboard
    }
  }
}
