// What is chosen in the gallery, in the order of choosing, and what can be done with it. The kernel has the last word.
import { button, h } from "./panel.js";

const MOST = 1000;

export class Chosen {
  constructor(page, gallery) {
    Object.assign(this, { page, gallery });
    this.of = new Set();
    this.anchor = null;
    this.pending = 0;
    this.here = new Set(); // hashes that are known to be in what is shown, loaded or not
    this.thrown = []; // what was moved to the trash, the last last
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
    this.question = h("span", { role: "alert" });
    this.asking = h("div", { class: "imgnb-row imgnb-asking", hidden: true }, this.question, button("Move all to the trash", () => this.answer(true)),
      button("Only those in sight", () => this.answer(false)), button("Leave them", () => this.answer(null)));
    this.el = h("div", {},
      h("div", { class: "imgnb-row imgnb-acts", role: "toolbar", "aria-label": "With the selected" }, this.said, this.acts, this.undo), this.asking);
    page.on(this.asking, "keydown", (event) => event.key === "Escape" && this.answer(null));
    page.on(this.stars, "change", () => {
      if (this.stars.value) this.rate(Number(this.stars.value));
      this.stars.value = "";
    });
    page.on(this.tag, "keydown", (event) => event.key === "Enter" && this.addTag());
    for (const act of this.acts) act.disabled = true;
  }

  has(sha) {
    return this.of.has(sha);
  }

  // What the kernel says, unless it does not know yet what was chosen last.
  follow(hashes) {
    this.known = hashes;
    if (this.pending) return;
    if (hashes.length !== this.of.size || !hashes.every((sha) => this.of.has(sha))) this.asking.hidden = true;
    this.of = new Set(hashes);
    this.show();
  }

  show() {
    const had = this.acts.includes(document.activeElement);
    for (const act of this.acts) act.disabled = this.of.size === 0;
    if (had && !this.of.size) this.gallery.grid.focus(this.gallery.grid.focused);
    this.count();
    this.gallery.mark();
  }

  count() {
    const away = this.away.length;
    const text = `${this.of.size.toLocaleString("en")} selected${away ? `, ${away.toLocaleString("en")} not in sight` : ""}`;
    if (this.said.textContent !== text) this.said.textContent = text;
  }

  // Other pictures were found: what was chosen among others may not be there.
  found() {
    this.anchor = null;
    this.here = new Set();
  }

  get away() {
    return [...this.of].filter((sha) => !this.here.has(sha) && !this.gallery.places.has(sha));
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
    return this.put(hashes, { of: hashes });
  }

  put(hashes, given) {
    this.asking.hidden = true;
    this.of = new Set(hashes);
    for (const sha of hashes) if (this.gallery.places.has(sha)) this.here.add(sha);
    this.show();
    return this.send("select", given);
  }

  only(index) {
    const item = this.gallery.item(index);
    this.anchor = index;
    if (item) this.set([item.sha]);
  }

  toggle(index) {
    this.anchor = index;
    this.turn(this.gallery.item(index));
  }

  // One more or one fewer: Python may have chosen more than a page says at once.
  turn(item) {
    if (!item) return;
    const { sha } = item;
    this.page.say("");
    if (this.of.has(sha)) this.put([...this.of].filter((other) => other !== sha), { drop: [sha] });
    else this.put([...this.of, sha], { add: [sha] });
  }

  // From where it was begun to here; what is not loaded is known to the kernel.
  async range(index, from = null) {
    if (this.anchor === null || (from !== null && this.of.size === 0)) this.anchor = from ?? 0;
    const anchor = Math.min(this.anchor, this.gallery.grid.count - 1);
    const step = index < anchor ? -1 : 1;
    const items = [];
    for (let at = anchor; at !== index + step && items.length <= MOST; at += step) items.push(this.gallery.item(at));
    if (items.every(Boolean)) return this.set(items.map((item) => item.sha));
    return this.between(anchor, index);
  }

  async between(first, last) {
    const { serial } = this.gallery;
    const answer = await this.send("range", { serial, first, last });
    if (!answer) return;
    if (answer.stale) {
      this.gallery.stale();
      this.page.say("Other pictures were found meanwhile: select again.");
      return;
    }
    if (serial === this.gallery.serial) for (const sha of this.page.state.selected) this.here.add(sha);
    this.count();
    this.page.say(answer.cut ? `The first ${MOST.toLocaleString("en")} of them are selected.` : "");
  }

  async all() {
    const { count } = this.gallery.grid;
    if (count) await this.between(0, count - 1);
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

  // Many are sent a part at a time; undefined where one part failed.
  async parts(word, of, given, ask) {
    let answer;
    for (let at = 0; at < of.length; at += MOST) {
      answer = await ask(word, { of: of.slice(at, at + MOST), ...given });
      if (!answer) return undefined;
    }
    return answer;
  }

  label(given) {
    return this.parts("label", this.meant, given, (word, all) => this.page.tryAsk(word, all));
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

  // What nobody sees is not thrown away unasked.
  trash() {
    const away = this.of.size ? this.away.length : 0;
    if (!away) return this.throwAway(this.meant);
    this.question.textContent = `${away.toLocaleString("en")} of ${this.of.size.toLocaleString("en")} selected are not in sight.`;
    this.asking.hidden = false;
    const [, all, seen, none] = this.asking.children;
    all.textContent = away === this.of.size ? "Move them to the trash" : "Move all to the trash";
    all.title = all.textContent;
    seen.hidden = away === this.of.size;
    none.focus({ preventScroll: true });
    return undefined;
  }

  answer(all) {
    const away = new Set(this.away);
    const of = [...this.of].filter((sha) => all || !away.has(sha));
    this.asking.hidden = true;
    this.gallery.grid.focus(this.gallery.grid.focused);
    if (all !== null) this.throwAway(of);
  }

  async throwAway(of) {
    if (!of.length || !(await this.parts("trash", of, {}, (word, given) => this.send(word, given)))) return;
    this.thrown.push(of);
    this.undo.hidden = false;
    this.page.say(`${of.length.toLocaleString("en")} moved to the trash; nothing is deleted.`);
  }

  async bringBack() {
    const of = this.thrown.at(-1);
    if (!of || !(await this.parts("trash", of, { back: true }, (word, given) => this.page.tryAsk(word, given)))) return;
    this.thrown = this.thrown.filter((other) => other !== of);
    this.undo.hidden = !this.thrown.length;
    this.page.say(`${of.length.toLocaleString("en")} brought back.`);
    if (this.undo.hidden) this.gallery.grid.focus(this.gallery.grid.focused);
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
