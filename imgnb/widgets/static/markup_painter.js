// Drawing on a picture: strokes, lines, arrows, shapes and words, in any colour, on transparency.

import { button, field, h, panel } from "./panel.js";
import { paintPage, slider } from "./paint_page.js";

const COLOURS = { Red: "#e5202b", Orange: "#ff8c00", Yellow: "#ffd60a", Green: "#1a9e3f", Blue: "#1769e0", Violet: "#8e3bd1",
  Black: "#111111", White: "#ffffff" };

export default panel("markup_painter", (page) => {
  const longer = Math.max(page.state.width, page.state.height);
  const usual = Math.max(2, Math.round(longer / 130));
  const width = slider("Width", { min: 1, max: Math.ceil(longer / 12), value: usual }, () => painter.stage.refresh());
  const free = h("input", { type: "color", value: COLOURS.Red });
  const text = h("input", { type: "text", maxlength: 500, placeholder: "Type, then click where it goes" });
  const letters = slider("Text size", { min: 8, max: Math.ceil(longer / 4), value: Math.max(12, Math.round(longer / 22)) });
  const swatches = Object.entries(COLOURS).map(([name, colour]) => {
    const swatch = button("", () => choose(colour), { label: name, kind: "imgnb-swatch", pressed: colour === free.value });
    swatch.style.setProperty("--imgnb-swatch", colour);
    swatch.dataset.colour = colour;
    return swatch;
  });
  const choose = (colour) => {
    free.value = colour;
    for (const swatch of swatches) swatch.setAttribute("aria-pressed", String(swatch.dataset.colour === colour));
    painter.stage.refresh();
  };
  page.on(free, "input", () => choose(free.value));
  const drawn = (does) => () => ({ does, colour: free.value, width: Number(width.input.value) });
  const stroke = (erase) => (event) => ({ ...drawn("stroke")(),
    erase: erase || Boolean(event.altKey) || event.button === 5 || Boolean(event.buttons & 32) });
  const written = () => {
    if (text.value.trim()) return { does: "text", colour: free.value, text: text.value, size: Number(letters.input.value) };
    page.say("Type the text first.");
    text.focus();
    return null;
  };
  const words = h("div", { class: "imgnb-paint-words", hidden: true }, field("Text", text), letters.el);
  const painter = paintPage(page, {
    label: "Picture to draw on. Arrow keys move the pen, Space puts it down and up.",
    tools: {
      pen: { label: "Pen", key: "B", kind: "stroke", step: stroke(false) },
      line: { label: "Line", key: "I", kind: "drag", step: drawn("line") },
      arrow: { label: "Arrow", key: "A", kind: "drag", step: drawn("arrow") },
      rectangle: { label: "Rectangle", key: "R", kind: "drag", step: drawn("rectangle") },
      ellipse: { label: "Ellipse", key: "O", kind: "drag", step: drawn("ellipse") },
      text: { label: "Text", key: "T", kind: "click", step: written },
      eraser: { label: "Eraser", key: "E", kind: "stroke", step: stroke(true) },
    },
    settings: [
      h("div", { class: "imgnb-row", role: "group", "aria-label": "Colour" }, swatches,
        h("label", { class: "imgnb-row" }, "Other", free)),
      width.el,
      words,
    ],
    brush: (factor) => width.set(Math.max(1, Math.round(Number(width.input.value) * factor + Math.sign(factor - 1) * 0.5))),
    onTool: (name) => { words.hidden = name !== "text"; },
  });
  // Enter in the text's field puts it where the cross is, or into the middle.
  page.on(text, "keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    painter.pick("text");
    painter.stage.press(event);
    painter.stage.el.focus();
  });
});
