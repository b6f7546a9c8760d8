// The page of both painters: tools, what is drawn and kept in step with the kernel, and a picture to paint on.

import { button, field, h } from "./panel.js";
import { Drawing } from "./drawing.js";
import { Stage } from "./stage.js";

const SOON = 300; // ms after the last step until it is sent
const PART = 4_000_000; // bytes in one message

// `tools`: name -> { label, key, kind, step(event) -> a step without points, or null }; `colour`: what a mask is drawn in.
// `settings`: elements beside the tools; `more`: buttons; `given()`: what is said beside the drawing; `steps`: how a step
// that was drawn is said.
export function paintPage(page, { tools, settings, more = [], given = () => ({}), colour = null, label, brush, onTool = () => {} }) {
  const { width, height } = page.state;
  const drawing = new Drawing(width, height);
  let [current, known, unsent, sending, timer] = [Object.keys(tools)[0], 0, false, false, null];

  const stage = new Stage(page, drawing, { tool: () => tools[current], done, keys, label });
  const pick = (name) => {
    current = name;
    for (const [other, shown] of Object.entries(buttons)) shown.setAttribute("aria-pressed", String(other === name));
    onTool(name);
    stage.refresh();
  };
  const buttons = Object.fromEntries(Object.entries(tools).map(([name, { label: text, key }]) =>
    [name, button(text, () => pick(name), { keys: key, pressed: name === current })]));
  const undo = button("Undo", () => back("undo"), { keys: "Control+Z" });
  const redo = button("Redo", () => back("redo"), { keys: "Control+Shift+Z" });
  const clear = button("Clear", () => done({ does: "clear" }));
  const keep = button("Keep", kept, { kind: "main", label: "Keep in the library" });
  const zoom = [
    button("−", () => stage.zoom(0.8), { label: "Zoom out", keys: "-" }),
    button("Fit", () => stage.zoomTo(stage.smallest), { label: "Show all of it", keys: "0" }),
    button("+", () => stage.zoom(1.25), { label: "Zoom in", keys: "+" }),
  ];
  const group = (name, ...items) => h("div", { class: "imgnb-row imgnb-paint-group", role: "group", "aria-label": name }, items.flat());
  const bar = h("div", { class: "imgnb-paint-bar" }, group("Tools", Object.values(buttons)),
    group("Steps", undo, redo, more, clear), group("Zoom", zoom), group("Result", keep));
  const said = h("p", { class: "imgnb-paint-said", role: "status" }, page.state.said);
  const help = h("p", { class: "imgnb-help" },
    "Control and wheel, or two fingers: zoom. Space and drag: move. Keys: arrows move a cross (Shift: faster), Space or " +
    "Enter sets the pen down and up, [ and ] change its width.");
  page.el.append(bar, h("div", { class: "imgnb-paint-settings" }, settings), stage.el, said,
    h("details", { class: "imgnb-paint-help" }, h("summary", {}, "Keys and gestures"), help));

  // A step is drawn
  function done(step, tool = null) {
    const isStroke = tool?.kind === "stroke";
    const worked = isStroke ? drawing.done(step) : drawing.add(step);
    if (!worked) return page.say("There is nothing to fill here: click inside of a closed outline.");
    if (tool?.kind === "click") page.say("");
    if (!isStroke || step.points.length < 2) stage.changed();
    return changed();
  }

  function back(way) {
    if (stage.busy) stage.drop();
    if (!drawing[way]()) return page.say(way === "undo" ? "There is nothing to undo." : "There is nothing to redo.");
    page.say(way === "undo" ? "Undone." : "Done again.");
    stage.changed();
    return changed();
  }

  function keys(event) {
    const key = event.key.toLowerCase();
    const ctrl = event.ctrlKey || event.metaKey;
    if (ctrl && key === "z") back(event.shiftKey ? "redo" : "undo");
    else if (ctrl && key === "y") back("redo");
    else if (ctrl || event.altKey) return false;
    else if (key === "[" || key === "]") brush(key === "]" ? 1.2 : 1 / 1.2);
    else {
      const found = Object.entries(tools).find(([, tool]) => tool.key.toLowerCase() === key);
      if (!found) return false;
      pick(found[0]);
      page.say(found[1].label);
    }
    stage.refresh();
    return true;
  }

  // In step with the kernel

  function changed() {
    undo.disabled = !drawing.steps.length;
    redo.disabled = !drawing.undone.length;
    unsent = true;
    said.textContent = "Not sent yet";
    clearTimeout(timer);
    timer = setTimeout(send, SOON);
  }

  async function send() {
    clearTimeout(timer);
    if (!unsent) return;
    if (sending || stage.busy) {
      timer = setTimeout(send, SOON);
      return;
    }
    [unsent, sending] = [false, true];
    const bytes = await (await drawing.png()).arrayBuffer();
    const parts = Math.ceil(bytes.byteLength / PART);
    let result;
    for (let part = 0; part < parts; part += 1) {
      const piece = bytes.slice(part * PART, (part + 1) * PART);
      result = await page.tryAsk("drawn", { part, parts, by: page.token, ...given() }, [piece]);
      if (!result) break;
    }
    sending = false;
    if (!result) {
      said.textContent = "Not kept in the notebook";
      return;
    }
    known = Math.max(known, result.version);
    if (!unsent) said.textContent = `Kept in the notebook: ${result.said}`;
  }

  async function kept() {
    if (stage.busy) stage.finish();
    await settled();
    const result = await page.tryAsk("keep");
    if (result) said.textContent = result.said;
  }

  async function settled() {
    while (unsent || sending) {
      if (sending) await new Promise((resolve) => setTimeout(resolve, 30));
      else await send();
    }
  }

  // What the kernel has, in the place of what is here: at first, and whenever somebody else has drawn.
  async function take() {
    const result = await page.tryAsk("drawing");
    if (!result) return;
    known = Math.max(known, result.version);
    const [bytes] = result.buffers;
    if (!bytes && !drawing.steps.length) return;
    const image = bytes ? await createImageBitmap(new Blob([bytes], { type: "image/png" })) : null;
    drawing.add({ does: "picture", image, colour });
    undo.disabled = !drawing.steps.length;
    redo.disabled = true;
    stage.changed();
  }

  async function begin() {
    const { type, buffers: [bytes] } = (await page.tryAsk("base")) ?? { buffers: [] };
    if (!bytes) return;
    stage.base = await createImageBitmap(new Blob([bytes], { type }));
    await take();
    stage.changed();
    stage.el.dataset.ready = "yes";
  }

  undo.disabled = redo.disabled = true;
  page.onState(({ version, by, said: text }) => {
    if (version > known && by !== page.token && stage.el.dataset.ready) take();
    if (!unsent && !sending && by !== page.token) said.textContent = text;
  });
  page.on(stage.el, "pointerleave", () => !stage.busy && send());
  page.on(stage.el, "focusout", () => send());
  page.leaving.push(() => clearTimeout(timer));
  begin();
  return { stage, drawing, done, changed, pick };
}

// A slider under its label, with the number that it stands at.
export function slider(label, { min, max, value, unit = "px", ...more }, moved) {
  const number = h("output", {}, `${value} ${unit}`);
  const input = h("input", { type: "range", min, max, value, ...more });
  const show = () => {
    number.textContent = `${input.value} ${unit}`;
    input.setAttribute("aria-valuetext", number.textContent);
  };
  input.addEventListener("input", () => { show(); moved?.(Number(input.value)); });
  show();
  const put = (to) => { input.value = String(to); show(); };
  const set = (to) => { put(to); moved?.(Number(input.value)); };
  return { el: h("div", { class: "imgnb-row imgnb-slider" }, field(label, input), number), input, set, put };
}
