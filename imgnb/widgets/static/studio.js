// The studio's page: the form, what is drawn, the pictures of the notebook.

import { button, h, panel } from "./panel.js";
import { Cells } from "./studio_cells.js";
import { Form } from "./studio_form.js";
import { Runs } from "./studio_runs.js";
import { Strip, Tools } from "./studio_strip.js";

const KEPT = 12; // large pictures that are not asked for again

export default panel("studio", (page) => {
  const studio = new Studio(page);
  return () => studio.leave();
});

class Studio {
  constructor(page) {
    this.page = page;
    this.large = new Map();
    this.follows = true; // shows what is drawn, until another picture is chosen
    this.cells = new Cells(page);
    this.tools = new Tools(page, this.cells, () => this.form.giveWay());
    this.strip = new Strip(page, (picture) => this.chosen(picture));
    this.main = button("Generate", () => this.generate(false), { keys: "Ctrl+Enter", kind: "main" });
    this.again = button("Another take", () => this.generate(true), { label: "Another take: ask though it is stored" });
    this.cost = h("p", { class: "imgnb-cost", role: "status" });
    const go = h("div", { class: "imgnb-row imgnb-go" }, this.main, this.again, this.cost);
    this.form = new Form(page, (again) => this.generate(again), go, this.cells);
    this.runs = new Runs(page, (run) => this.watch(run), this.form.prompt);
    this.image = h("img", { class: "imgnb-picture", alt: "", hidden: true, draggable: "false" });
    this.empty = h("p", { class: "imgnb-empty" }, "The picture appears here.");
    this.caption = h("p", { class: "imgnb-caption", dir: "auto" });
    this.stage = h("figure", { class: "imgnb-canvas" }, this.image, this.empty);
    page.el.append(
      h("div", { class: "imgnb-columns" },
        h("div", { class: "imgnb-left" }, this.form.el),
        h("div", { class: "imgnb-right" }, this.stage, this.caption, this.runs.el, this.tools.el)),
      this.cells.text,
      this.strip.el);
    // Once the focus is where it goes.
    page.on(this.tools.labelling, "focusout", () => setTimeout(() => this.follow(page.state)));
    page.onNews("preview", (news, buffers) => this.preview(news.run, news.type, buffers[0]));
    page.onNews("trouble", (news) => page.complain(news.error));
    page.onState((state) => this.show(state));
    this.hello();
  }

  async hello() {
    const { run, type, runs, buffers } = (await this.page.tryAsk("hello")) ?? {};
    if (runs) this.runs.settle(runs);
    if (run && buffers?.length) this.preview(run, type, buffers[0]);
  }

  async generate(again) {
    if (!(await this.form.flush(true))) return; // the form in the kernel is not the one that is seen
    this.follows = true;
    await this.page.tryAsk("generate", { again });
  }

  show(state) {
    this.form.show(state);
    this.runs.show(state.runs);
    this.strip.show(state.history);
    this.tools.show(this.strip.picture);
    const { would, words, hint, warnings } = state.prospect;
    const said = [[words, hint].filter(Boolean).join(" – "), ...warnings].join(" ");
    if (this.cost.textContent !== said) this.cost.textContent = said;
    this.cost.classList.toggle("imgnb-refused", would === "fail");
    this.again.hidden = would !== "replay";
    this.main.textContent = state.form.images.length ? "Edit" : "Generate";
    this.follow(state);
  }

  // While something is drawn it is looked at; when it is done, the picture that came of it.
  follow(state) {
    const running = state.runs.find((run) => run.status === "running");
    this.stage.setAttribute("aria-busy", String(Boolean(running)));
    if (running && running.id !== this.watched) {
      this.watched = running.id;
      this.follows ||= state.runs.filter((run) => run.status === "running").length > 0 && !this.strip.sha256;
      if (this.follows) this.image.dataset.run = "";
    }
    const ended = state.runs.find((run) => run.id === this.watched);
    const came = ended?.status === "done" && ended.assets[0];
    if (came && this.follows && this.tools.busy) return;
    if (came && state.history?.some((picture) => picture.sha256 === came)) {
      this.watched = null;
      if (this.follows) this.strip.choose(came);
    } else if (ended && !["running", "waiting", "done"].includes(ended.status)) {
      this.watched = null;
      if (this.image.dataset.run === ended.id) this.settleEmpty();
    }
    if (!this.strip.sha256 && !running && !this.watched && state.history?.length) this.strip.choose(state.history[0].sha256);
    if (!this.strip.sha256 && state.history && !running && !this.image.hidden) this.settleEmpty();
  }

  settleEmpty() {
    this.image.dataset.run = "";
    if (this.strip.picture) this.chosen(this.strip.picture);
    else {
      this.image.hidden = true;
      this.empty.hidden = false;
      this.empty.textContent = "The picture appears here.";
      this.caption.textContent = "";
    }
  }

  preview(run, type, bytes) {
    if (this.previewUrl) URL.revokeObjectURL(this.previewUrl);
    this.previewUrl = URL.createObjectURL(new Blob([bytes], { type }));
    this.previewed = run;
    if (this.follows) this.watch(run);
  }

  // Look at what is drawn, as far as it is.
  watch(run) {
    this.follows = true;
    this.wanted = null;
    this.image.dataset.run = run;
    if (this.previewed === run) return this.paint(this.previewUrl, "The picture as far as it is drawn", "");
    this.image.hidden = true;
    this.empty.hidden = false;
    this.empty.textContent = "There is nothing to be seen of it yet.";
    this.caption.textContent = "";
    return undefined;
  }

  paint(url, alt, caption) {
    this.image.src = url;
    this.image.alt = alt;
    this.image.hidden = false;
    this.empty.hidden = true;
    this.caption.textContent = caption;
  }

  async chosen(picture) {
    this.tools.show(picture);
    if (!picture) return;
    this.follows = this.watched ? false : this.follows;
    this.wanted = picture.sha256;
    let found = this.large.get(picture.sha256);
    if (!found) {
      const answer = await this.page.tryAsk("large", { sha256: picture.sha256, generation: picture.generation });
      if (!answer) {
        if (this.wanted === picture.sha256) this.gone(picture);
        return;
      }
      found = this.keep(picture.sha256, answer);
    }
    if (this.wanted !== picture.sha256) return;
    this.image.dataset.run = "";
    this.image.dataset.sha256 = picture.sha256;
    const said = [picture.size, picture.route, picture.take > 1 ? `take ${picture.take}` : ""].filter(Boolean).join(" · ");
    this.paint(found.url, found.prompt || picture.prompt, `${said} — ${picture.prompt}`);
  }

  gone(picture) {
    this.image.hidden = true;
    this.empty.hidden = false;
    this.empty.textContent = "This picture is gone from the library.";
    this.caption.textContent = picture.prompt;
  }

  keep(sha256, { type, prompt, buffers }) {
    const found = { url: URL.createObjectURL(new Blob([buffers[0]], { type })), prompt };
    this.large.set(sha256, found);
    for (const [oldest, { url }] of this.large) {
      if (this.large.size <= KEPT) break;
      URL.revokeObjectURL(url);
      this.large.delete(oldest);
    }
    return found;
  }

  leave() {
    this.runs.leave();
    clearTimeout(this.form.timer);
    for (const { url } of this.large.values()) URL.revokeObjectURL(url);
    if (this.previewUrl) URL.revokeObjectURL(this.previewUrl);
  }
}
