// The pictures of the notebook, and what can be done with the one that is chosen.

import { button, h } from "./panel.js";

export class Strip {
  constructor(page, chosen) {
    this.page = page;
    this.chosen = chosen;
    this.sha256 = null;
    this.list = h("div", { class: "imgnb-strip", role: "listbox", "aria-label": "Pictures of this notebook",
      "aria-orientation": "horizontal", onkeydown: (event) => this.key(event) });
    this.none = h("p", { class: "imgnb-help" }, "What is drawn here is kept in the library, and shown in this place.");
    this.el = h("div", { class: "imgnb-history" }, this.none, this.list);
  }

  get picture() {
    return this.shown?.find((picture) => picture.sha256 === this.sha256) ?? null;
  }

  show(history) {
    this.shown = history;
    if (history && !this.picture) this.sha256 = null; // in the trash meanwhile
    this.none.hidden = history === null || history.length > 0;
    this.list.hidden = !history?.length;
    const wanted = JSON.stringify(history);
    if (this.list.dataset.shown === wanted || history === null) return;
    this.list.dataset.shown = wanted;
    const focused = this.list.contains(document.activeElement);
    this.list.replaceChildren(...history.map((picture) => this.item(picture)));
    this.mark();
    if (focused) this.focus();
  }

  item(picture) {
    const name = picture.names.length ? `@${picture.names[0]}` : "";
    const labels = [picture.starred ? "★" : "", picture.stars ? `${picture.stars}/5` : "", name].filter(Boolean).join(" ");
    const said = [picture.prompt, picture.size, name, picture.starred ? "starred" : "", picture.stars ? `rated ${picture.stars} of 5` : ""];
    const item = h("div", { class: "imgnb-item", role: "option", tabindex: "-1", "aria-selected": "false",
      "aria-label": said.filter(Boolean).join(", "), title: picture.prompt, onclick: () => this.choose(picture.sha256) },
    this.page.thumb(picture.sha256, ""), labels ? h("span", { class: "imgnb-labels", dir: "auto" }, labels) : null);
    item.dataset.sha256 = picture.sha256;
    return item;
  }

  choose(sha256) {
    this.sha256 = sha256;
    this.mark();
    this.chosen(this.picture);
  }

  mark() {
    const items = [...this.list.children];
    const there = items.some((item) => item.dataset.sha256 === this.sha256);
    items.forEach((item, index) => {
      const selected = item.dataset.sha256 === this.sha256;
      item.setAttribute("aria-selected", String(selected));
      item.tabIndex = selected || (!there && index === 0) ? 0 : -1;
    });
  }

  focus() {
    this.list.querySelector('[tabindex="0"]')?.focus();
  }

  key(event) {
    const items = [...this.list.children];
    const at = items.indexOf(event.target.closest(".imgnb-item"));
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: items.length - 1, " ": at, Enter: at }[event.key];
    if (to === undefined || !items[to]) return;
    event.preventDefault();
    this.choose(items[to].dataset.sha256);
    this.focus();
    items[to].scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

// What is done with the chosen picture.
export class Tools {
  // `cells` adds cells; `giveWay` is awaited before something of a picture goes into the form.
  constructor(page, cells, giveWay) {
    this.page = page;
    this.picture = null;
    this.naming = null; // the picture whose name is being typed
    const use = (what) => async () => {
      const about = this.about();
      await giveWay();
      await page.tryAsk("use", { ...about, what });
    };
    const ask = (word, given = {}) => () => page.tryAsk(word, { ...this.about(), ...given });
    this.star = button("☆", () => page.tryAsk("star", { ...this.about(), on: !this.picture.starred }), { label: "Star", pressed: false });
    this.stars = h("select", { "aria-label": "Rating", onchange: () => this.rate() },
      h("option", { value: "" }, "not rated"), ...[1, 2, 3, 4, 5].map((stars) => h("option", { value: stars }, `${stars} of 5`)));
    this.name = h("input", { type: "text", "aria-label": "Name of the picture", placeholder: "name", maxlength: 100, spellcheck: "false",
      oninput: () => {
        this.naming = this.picture?.sha256 ?? null;
      } });
    this.cells = cells;
    this.insert = button("Insert cell", () => this.recipe((text) => cells.insert([text])));
    this.insert.hidden = !cells.notebook;
    this.reference = button("Use as reference", use("reference"));
    this.why = h("p", { class: "imgnb-help", hidden: true });
    this.labelling = h("div", { class: "imgnb-row imgnb-labelling" }, this.star, this.stars,
      h("form", { class: "imgnb-row", onsubmit: (event) => this.setName(event) }, this.name,
        h("button", { type: "submit", class: "imgnb-button" }, "Name")));
    this.el = h("div", { class: "imgnb-tools", role: "toolbar", "aria-label": "The chosen picture", hidden: true },
      h("div", { class: "imgnb-row" },
        this.reference, button("Use prompt", use("prompt")),
        button("Use all", use("all"), { label: "Use all: prompt, parameters and references" }),
        button("Remix", ask("remix"), { label: "Remix: ask for the same once more" }),
        button("Copy magic", () => this.recipe((text) => cells.copy([text]))), this.insert),
      this.why, this.labelling);
  }

  about() {
    return { sha256: this.picture.sha256, generation: this.picture.generation };
  }

  show(picture) {
    if (picture?.sha256 !== this.picture?.sha256) this.cells.text.hidden = true;
    this.picture = picture;
    this.el.hidden = !picture;
    if (!picture) return;
    this.star.textContent = picture.starred ? "★" : "☆";
    this.star.setAttribute("aria-pressed", String(picture.starred));
    this.stars.value = picture.stars ?? "";
    if (this.naming !== picture.sha256) {
      this.naming = null;
      this.name.value = picture.names[0] ?? "";
    }
    const { no_reference: refused } = this.page.state.offers;
    this.reference.disabled = Boolean(refused);
    this.reference.title = refused || "Use as reference";
    this.why.textContent = refused ? `No reference: ${refused}.` : "";
    this.why.hidden = !refused;
  }

  // Whether somebody says something of the picture: another one must not take its place now.
  get busy() {
    return this.labelling.contains(document.activeElement);
  }

  rate() {
    this.page.tryAsk("rate", { ...this.about(), stars: this.stars.value ? Number(this.stars.value) : null });
  }

  async setName(event) {
    event.preventDefault();
    const name = this.name.value.trim();
    const was = this.picture.names[0] ?? "";
    if (!name && !was) return;
    const done = await this.page.tryAsk("name", { ...this.about(), name, was });
    if (!done) return;
    this.naming = null;
    this.show(this.picture);
    this.page.say(name ? `It is now @${name.replace(/^@/, "")}.` : `It is no longer @${was}.`);
  }

  async recipe(then) {
    const result = await this.page.tryAsk("recipe", this.about());
    if (result) await then(result.recipe);
  }
}
