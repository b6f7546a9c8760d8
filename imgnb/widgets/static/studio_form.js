// The studio's form. What is typed here and not yet in the kernel is not written over by what comes from there.

import { button, field, h } from "./panel.js";
import { update } from "./studio_rows.js";

const TYPING = 250; // ms without a key until the kernel is told

export class Form {
  // `go` is what generates, which stands below the prompt; `cells` adds cells.
  constructor(page, generate, go, cells) {
    this.page = page;
    this.cells = cells;
    this.changes = {};
    this.sent = new Set(); // on their way
    this.refused = {}; // stand on the page alone, until they are put right
    this.typing = new Set(); // numbers that are not finished
    this.flushing = Promise.resolve(true);
    this.timer = null;
    this.prompt = h("textarea", { class: "imgnb-prompt", rows: 5, dir: "auto", spellcheck: "true",
      "aria-keyshortcuts": "Control+Enter Meta+Enter",
      placeholder: "a lighthouse at dusk, gouache, wide sky",
      oninput: () => this.change({ prompt: this.prompt.value }, true),
      onkeydown: (event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        generate(false);
      } });
    this.undo = button("↶", () => this.step("undo"), { label: "Undo the change of the prompt" });
    this.redo = button("↷", () => this.step("redo"), { label: "Redo the change of the prompt" });
    this.sizes = h("div", { class: "imgnb-sizes", role: "group", "aria-label": "Size" });
    this.width = this.number("width", 1, 16384);
    this.height = this.number("height", 1, 16384);
    this.free = h("form", { class: "imgnb-row imgnb-free", onsubmit: (event) => this.setFree(event), oninput: () => this.typing.add("size") },
      h("span", {}, "or"), this.width, h("span", { "aria-hidden": "true" }, "×"), this.height,
      h("button", { type: "submit", class: "imgnb-button" }, "Set"));
    this.selects = {};
    this.numbers = {};
    this.references = h("div", { class: "imgnb-row imgnb-chips", role: "list", "aria-label": "References" });
    this.notes = h("p", { class: "imgnb-notes", role: "status" });
    this.also = h("p", { class: "imgnb-help" });
    this.el = h("div", { class: "imgnb-form" },
      h("div", { class: "imgnb-head" }, h("label", { class: "imgnb-label" }, "Prompt"),
        h("span", { class: "imgnb-row" }, this.undo, this.redo)),
      this.prompt, this.references, go,
      h("div", { class: "imgnb-grid" }, this.select("route", "Route"), this.select("model", "Model")),
      h("div", { class: "imgnb-field" }, h("span", { class: "imgnb-label" }, "Size"), h("div", { class: "imgnb-row imgnb-sizing" }, this.sizes, this.free)),
      h("div", { class: "imgnb-grid" }, this.select("quality", "Quality"), this.select("output_format", "Format"),
        this.select("background", "Background")),
      h("div", { class: "imgnb-grid" }, this.counter("n", "Pictures", 1, 10), this.counter("partial_images", "Previews", 0, 3),
        this.counter("take", "Take", 1, 999999), this.select("mode", "If stored")),
      this.also, this.notes);
    const label = this.el.querySelector("label");
    this.prompt.id = `imgnb-prompt-${Math.random().toString(36).slice(2)}`;
    label.setAttribute("for", this.prompt.id);
  }

  number(name, min, max) {
    return h("input", { type: "number", "aria-label": name, min, max, step: 1, inputmode: "numeric" });
  }

  select(name, label) {
    const select = h("select", { onchange: () => this.change({ [name]: select.value || null }) });
    this.selects[name] = select;
    const made = field(label, select);
    select.imgnbField = made;
    return made;
  }

  counter(name, label, min, max) {
    const input = h("input", { type: "number", min, max, step: 1, inputmode: "numeric", placeholder: name === "take" ? "newest" : "",
      oninput: () => this.typing.add(name), onblur: () => this.typing.delete(name),
      onchange: () => {
        this.typing.delete(name);
        this.change({ [name]: input.value === "" ? null : Math.round(Number(input.value)) });
      } });
    this.numbers[name] = input;
    const made = field(label, input);
    input.imgnbField = made;
    return made;
  }

  change(changes, typed = false) {
    Object.assign(this.changes, changes);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(typed), typed ? TYPING : 0);
  }

  // Tell the kernel what has changed, after what is on its way; resolves to whether it has all that stands here.
  flush(typed = false) {
    clearTimeout(this.timer);
    this.flushing = this.flushing.then(() => this.send(typed));
    return this.flushing;
  }

  async send(typed) {
    const changes = { ...this.refused, ...this.changes };
    const names = Object.keys(changes);
    if (!names.length) return true;
    this.changes = {};
    this.refused = {};
    this.sent = new Set(names);
    let trouble = await this.tell(changes, typed);
    if (trouble && names.length === 1) this.refused = changes;
    else if (trouble) trouble = await this.tellEach(changes, typed);
    this.sent.clear();
    this.page.complain(trouble?.message ?? "", trouble?.hint);
    this.show(this.page.state);
    return !trouble;
  }

  // What is right is taken, though something beside it is not.
  async tellEach(changes, typed) {
    let trouble = null;
    for (const [name, value] of Object.entries(changes)) {
      const wrong = await this.tell({ [name]: value }, typed);
      if (wrong) this.refused[name] = value;
      trouble ??= wrong;
    }
    return trouble;
  }

  // What is wrong with it; null where it was taken.
  async tell(changes, typed) {
    try {
      await this.page.ask("form", { changes, typed });
      return null;
    } catch (error) {
      return error;
    }
  }

  // Something else is to stand here in the place of what was refused.
  async giveWay() {
    await this.flush(true);
    this.refused = {};
    this.show(this.page.state);
  }

  async step(word) {
    if (await this.flush(true)) await this.page.tryAsk(word);
    this.prompt.focus();
  }

  setFree(event) {
    event.preventDefault();
    this.typing.delete("size");
    const [width, height] = [this.width, this.height].map((input) => Math.round(Number(input.value)));
    if (width > 0 && height > 0) this.change({ size: `${width}x${height}` });
    else this.page.complain("A size is two numbers of pixels.", "such as 1200 × 800");
  }

  // Whether what stands in a control is newer than what the kernel has.
  owns(name) {
    return name in this.changes || this.sent.has(name) || name in this.refused;
  }

  show(state) {
    const { form, offers } = state;
    if (!this.owns("prompt") && this.prompt.value !== form.prompt) this.prompt.value = form.prompt;
    this.undo.disabled = !state.can_undo;
    this.redo.disabled = !state.can_redo;
    this.fill("route", offers.routes.map((route) => [route.name,
      route.missing ? `${route.name} – ${route.missing} is not set` : route.free ? `${route.name} – free` : route.name]),
      form.route ?? "", `as set: ${offers.route}`);
    this.fill("model", offers.models.map((model) => [model, model]), form.model ?? "", `usual: ${offers.model}`);
    if (form.model) this.selects.model.options[0].textContent = "usual";
    if (form.route) this.selects.route.options[0].textContent = "as set";
    this.fill("quality", offers.qualities.map((value) => [value, value]), form.quality ?? "", "default");
    this.fill("output_format", offers.formats.map((value) => [value, value]), form.output_format ?? "", "default");
    this.fill("background", offers.backgrounds.map((value) => [value,
      value === "transparent" && offers.transparent === "preview" ? "transparent (preview)" : value]), form.background ?? "", "default");
    this.fill("mode", [["live", "ask anew"], ["replay", "ask never"]], form.mode === "auto" ? "" : form.mode ?? "", "use it");
    this.count("n", form.n, offers.pictures, "1");
    this.count("partial_images", form.partial_images, offers.partials, "usual");
    this.count("take", form.take, 999999, "newest");
    this.showSizes(form, offers);
    this.showFree(form, offers);
    this.showReferences(form, offers);
    const notes = state.notes.join(" ");
    if (this.notes.textContent !== notes) this.notes.textContent = notes;
    this.also.textContent = form.also ? `Also: ${form.also}` : "";
    this.also.hidden = !form.also;
  }

  fill(name, values, value, unset) {
    const select = this.selects[name];
    select.imgnbField.hidden = !values.length;
    const wanted = JSON.stringify([values, unset]);
    if (select.dataset.values !== wanted) {
      select.replaceChildren(h("option", { value: "" }, unset), ...values.map(([given, text]) => h("option", { value: given }, text)));
      select.dataset.values = wanted;
    }
    if (!this.owns(name)) select.value = value;
  }

  count(name, value, most, unset) {
    const input = this.numbers[name];
    input.imgnbField.hidden = name === "n" ? most <= 1 : most < 1;
    input.max = most;
    input.placeholder = unset;
    if (!this.owns(name) && !this.typing.has(name)) input.value = value ?? "";
  }

  showSizes(form, offers) {
    const usual = offers.sizes.map(({ size, ratio }) => [size, ratio]);
    const wanted = JSON.stringify([usual, form.size]);
    if (this.sizes.dataset.values === wanted) return;
    const focused = this.sizes.contains(document.activeElement) ? document.activeElement.dataset.size : null;
    this.sizes.dataset.values = wanted;
    this.sizes.closest(".imgnb-field").hidden = !usual.length;
    this.sizes.replaceChildren(...[["", "auto"], ...usual].map(([size, ratio]) => this.sizeButton(size, ratio, form.size)));
    if (focused !== null) [...this.sizes.children].find((child) => child.dataset.size === focused)?.focus();
    this.free.hidden = !offers.free_size;
  }

  showFree(form, offers) {
    const usual = offers.sizes.map(({ size }) => size);
    this.free.classList.toggle("imgnb-chosen", Boolean(form.size) && form.size !== "auto" && !usual.includes(form.size));
    const [width, height] = (form.size ?? "").split("x");
    if (height && !this.owns("size") && !this.typing.has("size")) {
      this.width.value = width;
      this.height.value = height;
    }
  }

  sizeButton(size, ratio, chosen) {
    const pressed = size === (chosen === "auto" || !chosen ? "" : chosen);
    const [across, down] = ratio.includes(":") ? ratio.split(":").map(Number) : [1, 1];
    const scale = 16 / Math.max(across, down);
    const made = h("button", { type: "button", class: "imgnb-button imgnb-size", "aria-pressed": String(pressed),
      "aria-label": size ? `${ratio}, ${size.replace("x", " by ")}` : "auto, the model decides",
      onclick: () => {
        this.typing.delete("size");
        this.change({ size: size || null });
      } },
    h("span", { class: size ? "imgnb-shape" : "imgnb-shape imgnb-any", "aria-hidden": "true",
      style: `width:${across * scale}px;height:${down * scale}px` }),
    h("span", {}, size ? size.replace("x", "×") : ratio), size && size !== ratio ? h("small", {}, ratio) : null);
    made.dataset.size = size;
    return made;
  }

  showReferences(form, offers) {
    const out = (sha256) => this.change({ images: this.page.state.form.images.filter((other) => other !== sha256) });
    const chips = form.images.map((sha256, index) => [sha256, index ? `Reference ${index + 1}` : "Base", () => out(sha256)]);
    if (form.mask) chips.push([form.mask, "Mask", () => this.change({ mask: null })]);
    const rows = chips.map(([sha256, name, remove]) => [`${name === "Mask"} ${sha256}`, name, () => this.chip(sha256, name, remove)]);
    if (form.images.length && offers.edits && !offers.no_mask && !form.mask) {
      rows.push(["paint", form.images[0], () => h("span", { role: "listitem" }, button("Paint a mask", () => this.paintMask(),
        { label: "Paint a mask on the base, in a cell below" }))]);
    }
    const help = [form.images.length && !offers.edits && `${offers.route} takes no pictures: choose another route, or take them out.`,
      form.mask && offers.edits && offers.no_mask].filter(Boolean).join(" ");
    if (help) rows.push(["help", help, () => h("span", { class: "imgnb-help", role: "listitem" }, help)]);
    update(this.references, rows, this.prompt);
    this.references.hidden = !rows.length;
  }

  async paintMask() {
    const { images: [sha256], prompt } = this.page.state.form;
    const { cells: texts } = (await this.page.tryAsk("mask_cells", { sha256, prompt })) ?? {};
    if (!texts) return;
    if (this.cells.notebook) this.cells.insert(texts, "Two cells stand below: run the first and paint, then run the second.");
    else this.cells.copy(texts);
  }

  chip(sha256, name, remove) {
    return h("span", { class: "imgnb-chip", role: "listitem" }, this.page.thumb(sha256, name), h("span", {}, name),
      button("×", remove, { label: `Take out: ${name}` }));
  }
}
