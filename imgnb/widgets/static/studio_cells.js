// Cells that a studio adds below its own, where the front end lets it; elsewhere their text, to be copied.

import { h } from "./panel.js";

export class Cells {
  constructor(page) {
    this.page = page;
    this.text = h("textarea", { class: "imgnb-recipe", readonly: true, rows: 6, hidden: true, "aria-label": "What is to be copied into a cell" });
  }

  // The notebook of this front end, where it lets a widget add cells.
  get notebook() {
    const manager = this.page.model.widget_manager;
    const shared = (manager?.context ?? manager?._context)?.model?.sharedModel;
    return typeof shared?.insertCell === "function" && Array.isArray(shared.cells) ? shared : null;
  }

  insert(texts, said = "The cell stands below this one.") {
    const { notebook } = this;
    const at = this.place(notebook) + 1;
    texts.forEach((source, index) => notebook.insertCell(at + index, { cell_type: "code", source, metadata: {} }));
    this.page.say(said);
  }

  async copy(texts) {
    const text = texts.join("\n\n");
    const [what, stands] = texts.length > 1 ? ["The cells are", "they stand"] : ["The cell is", "the cell stands"];
    try {
      await navigator.clipboard.writeText(text);
      this.page.say(`${what} in the clipboard.`);
    } catch {
      this.text.value = text;
      this.text.hidden = false;
      this.text.focus();
      this.text.select();
      this.page.say(`The clipboard is closed to this page: ${stands} below, to be copied.`);
    }
  }

  // Where in the notebook this page stands; of one that stands elsewhere, the cell that made the studio, or the last.
  place(notebook) {
    const cell = this.page.el.closest(".jp-Cell");
    const listed = cell?.closest("[data-windowed-list-index]")?.dataset.windowedListIndex;
    if (listed !== undefined) return Number(listed);
    const all = [...(cell?.closest(".jp-Notebook")?.querySelectorAll(".jp-Cell") ?? [])];
    if (all.length === notebook.cells.length) return all.indexOf(cell);
    const wanted = this.page.state.cell;
    const at = notebook.cells.findIndex((other) => wanted && (other.getId?.() ?? other.id) === wanted);
    return at < 0 ? notebook.cells.length - 1 : at;
  }
}
