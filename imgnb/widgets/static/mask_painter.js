// Painting a mask: what is pink may be edited.

import { button, h, panel } from "./panel.js";
import { paintPage, slider } from "./paint_page.js";

const PINK = "#ff40b4";

export default panel("mask_painter", (page) => {
  const longer = Math.max(page.state.width, page.state.height);
  const width = slider("Brush", { min: 1, max: Math.ceil(longer / 4), value: Math.ceil(longer / 24) }, () => painter.stage.refresh());
  const opacity = slider("Opacity", { min: 10, max: 100, value: 55, unit: "%" }, (percent) => {
    painter.stage.over.style.opacity = String(percent / 100);
  });
  let [later, asked] = [null, 0];
  const feather = slider("Feather", { min: 0, max: 200, value: page.state.feather }, (pixels) => {
    soften(pixels);
    clearTimeout(later);
    later = setTimeout(tell, 300);
  });
  async function tell() {
    if (later === null) return;
    clearTimeout(later);
    later = null;
    asked += 1;
    const result = await page.tryAsk("feather", { feather: Number(feather.input.value) });
    asked -= 1;
    if (result) painter.says(result.said);
    follow(page.state);
  }
  page.on(feather.input, "change", tell);
  const away = h("input", { type: "checkbox" });
  const step = (does, own = {}) => (event) => ({ does, colour: PINK, erase: away.checked || Boolean(event.altKey), ...own });
  const stroke = (erase) => (event) => ({ does: "stroke", colour: PINK, width: Number(width.input.value),
    // The other end of a pen, and the key that takes away with any tool
    erase: erase || away.checked || Boolean(event.altKey) || event.button === 5 || Boolean(event.buttons & 32) });
  const painter = paintPage(page, {
    label: "Picture to paint the mask on. Arrow keys move the pen, Space puts it down and up.",
    colour: PINK,
    tools: {
      brush: { label: "Brush", key: "B", kind: "stroke", step: stroke(false) },
      eraser: { label: "Eraser", key: "E", kind: "stroke", step: stroke(true) },
      rectangle: { label: "Rectangle", key: "R", kind: "drag", step: step("area") },
      lasso: { label: "Lasso", key: "L", kind: "free", step: step("lasso") },
      fill: { label: "Fill", key: "F", kind: "click", step: step("fill") },
    },
    settings: [width.el, feather.el, opacity.el, h("label", { class: "imgnb-row imgnb-paint-check" }, away, "Take away (Alt)")],
    more: [button("Invert", () => painter.done({ does: "invert", colour: PINK }))],
    told: tell,
    brush: (factor) => width.set(Math.max(1, Math.round(Number(width.input.value) * factor + Math.sign(factor - 1) * 0.5))),
  });
  const soften = (pixels) => {
    painter.stage.soft = pixels;
    if (painter.stage.seen) painter.stage.moved();
  };
  painter.stage.over.style.opacity = "0.55";
  // The kernel's feather, but while it is being moved here.
  function follow(state) {
    if (later !== null || asked) return;
    if (state.feather === Number(feather.input.value) && painter.stage.soft === state.feather) return;
    feather.put(state.feather);
    soften(state.feather);
  }
  page.onState(follow);
  return () => clearTimeout(later);
});
