// The studio's form. What is typed here and not yet in the kernel is not written over by what comes from there.

import { button, field, h } from "./panel.js";

const TYPING = 250; // ms without a key until the kernel is told

export class Form {
  // `go` is what generates, which stands below the prompt.
  constructor(page, generate, go) {
    this.page = page;
    this.changes = {};
    this.sent = new Set();
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
    this.free = h("form", { class: "imgnb-row imgnb-free", onsubmit: (event) => this.setFree(event) },
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
      onchange: () => this.change({ [name]: input.value === "" ? null : Math.round(Number(input.value)) }) });
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

  // Tell the kernel what has changed; resolves when it knows.
  async flush(typed = false) {
    clearTimeout(this.timer);
    const changes = this.changes;
    if (!Object.keys(changes).length) return this.flushing;
    this.changes = {};
    for (const name of Object.keys(changes)) this.sent.add(name);
    this.flushing = this.page.tryAsk("form", { changes, typed }).then(() => {
      for (const name of Object.keys(changes)) this.sent.delete(name);
      this.show(this.page.state);
    });
    return this.flushing;
  }

  async step(word) {
    await this.flush(true);
    await this.page.tryAsk(word);
    this.prompt.focus();
  }

  setFree(event) {
    event.preventDefault();
    const [width, height] = [this.width, this.height].map((input) => Math.round(Number(input.value)));
    if (width > 0 && height > 0) this.change({ size: `${width}x${height}` });
    else this.page.complain("A size is two numbers of pixels.", "such as 1200 × 800");
  }

  // Whether what stands in a control is newer than what the kernel has.
  owns(name) {
    return name in this.changes || this.sent.has(name);
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
    this.fill("quality", offers.qualities.map((value) => [value, value]), form.quality ?? "", "not said");
    this.fill("output_format", offers.formats.map((value) => [value, value]), form.output_format ?? "", "not said");
    this.fill("background", offers.backgrounds.map((value) => [value,
      value === "transparent" && offers.transparent === "preview" ? "transparent (preview)" : value]), form.background ?? "", "not said");
    this.fill("mode", [["live", "ask anew"], ["replay", "ask never"]], form.mode === "auto" ? "" : form.mode ?? "", "use it");
    this.count("n", form.n, offers.pictures, "1");
    this.count("partial_images", form.partial_images, offers.partials, "usual");
    this.count("take", form.take, 999999, "newest");
    this.showSizes(form, offers);
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
    if (!this.owns(name) && document.activeElement !== input) input.value = value ?? "";
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
    this.free.classList.toggle("imgnb-chosen", Boolean(form.size) && form.size !== "auto" && !usual.some(([size]) => size === form.size));
    const [width, height] = (form.size ?? "").split("x");
    if (height && document.activeElement !== this.width && document.activeElement !== this.height) {
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
      onclick: () => this.change({ size: size || null }) },
    h("span", { class: size ? "imgnb-shape" : "imgnb-shape imgnb-any", "aria-hidden": "true",
      style: `width:${across * scale}px;height:${down * scale}px` }),
    h("span", {}, ratio), size && size !== ratio ? h("small", {}, size.replace("x", "×")) : null);
    made.dataset.size = size;
    return made;
  }

  showReferences(form, offers) {
    const wanted = JSON.stringify([form.images, form.mask, offers.edits]);
    if (this.references.dataset.values === wanted) return;
    this.references.dataset.values = wanted;
    const chips = form.images.map((sha256, index) => this.chip(sha256, index ? `Reference ${index + 1}` : "Base",
      () => this.change({ images: form.images.filter((other) => other !== sha256) })));
    if (form.mask) chips.push(this.chip(form.mask, "Mask", () => this.change({ mask: null })));
    this.references.replaceChildren(...chips);
    if (form.images.length && !offers.edits) {
      this.references.append(h("span", { class: "imgnb-help" }, `${offers.route} takes no pictures: choose another route, or take them out.`));
    }
    this.references.hidden = !this.references.children.length;
  }

  chip(sha256, name, remove) {
    return h("span", { class: "imgnb-chip", role: "listitem" }, this.page.thumb(sha256, name), h("span", {}, name),
      button("×", remove, { label: `Take out: ${name}` }));
  }
}
