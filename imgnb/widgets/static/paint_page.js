// The page of both painters: tools, what is drawn and kept in step with the kernel, and a picture to paint on.

import { button, field, h } from "./panel.js";
import { Drawing } from "./drawing.js";
import { Stage } from "./stage.js";

const SOON = 100; // ms until it is tried again to send what could not be
const FIELDS = "textarea, select, input:not([type=checkbox], [type=range])"; // where letters are letters
const PART = 4_000_000; // bytes in one message

// `tools`: name -> { label, key, kind, step(event) -> a step without points, or null }; `colour`: what a mask is drawn in.
// `settings`: elements beside the tools; `more`: buttons; `told()`: a promise that all other settings have been sent.
export function paintPage(page, { tools, settings, more = [], told = () => null, colour = null, label, brush, onTool = () => {} }) {
  const { width, height } = page.state;
  const drawing = new Drawing(width, height);
  let [current, known, unsent, sending, timer] = [Object.keys(tools)[0], 0, false, false, null];
  let [touch, owed] = [0, null];

  const stage = new Stage(page, drawing, { tool: () => tools[current], done, dropped: () => owed && put(owed), keys, label });
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
    "Enter sets the pen down and up, [ and ] change its width. Shift and click, or Shift and Enter: a straight line from " +
    "where the last stroke ended.");
  page.el.append(bar, h("div", { class: "imgnb-paint-settings" }, settings), stage.el, said,
    h("details", { class: "imgnb-paint-help" }, h("summary", {}, "Keys and gestures"), help));

  // A step is drawn
  function done(step, tool = null) {
    const isStroke = tool?.kind === "stroke";
    const late = Boolean(owed);
    if (late) put(owed); // it came first: what was being drawn lies over it
    const worked = isStroke && !late ? drawing.done(step) : drawing.add(step);
    if (!worked) return page.say("There is nothing to fill here: click inside of a closed outline.");
    if (tool?.kind === "click") page.say(step.clipped ? "The text is larger than the picture and is cut: make it smaller." : "");
    if (!isStroke) stage.forget();
    if (late || !isStroke || step.points.length < 2) stage.changed();
    return changed();
  }

  function back(way) {
    if (stage.busy) stage.drop();
    if (!drawing[way]()) return page.say(way === "undo" ? "There is nothing to undo." : "There is nothing to redo.");
    stage.forget();
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

  // Python is told at once that something is on its way: a cell that is run right after a stroke waits for it.
  function changed() {
    undo.disabled = !drawing.steps.length;
    redo.disabled = !drawing.undone.length;
    unsent = true;
    said.textContent = "Not sent yet";
    touch += 1;
    touched(touch);
    send();
  }

  function touched(number) {
    page.ask("touched", { by: page.token, touch: number }).catch(() => {}); // what matters is said about the drawing
  }

  // Whether the kernel has all now; where it has not, what is missing goes with the next try.
  async function send() {
    clearTimeout(timer);
    if (!unsent) return true;
    if (sending || stage.busy) {
      timer = setTimeout(send, SOON);
      return false;
    }
    [unsent, sending] = [false, true];
    let result;
    try {
      result = await sent(touch);
    } catch (error) {
      page.complain(`The drawing could not be read: ${error.message}`, "draw again, or reload the page");
      touched(0);
    } finally {
      sending = false;
    }
    if (!result) {
      unsent = true;
      clearTimeout(timer);
      said.textContent = "Not sent: the kernel has the drawing before this one";
      return false;
    }
    known = Math.max(known, result.version);
    if (!unsent) said.textContent = `In the kernel: ${result.said}. Keep stores it.`;
    return true;
  }

  async function sent(number) {
    const png = await drawing.png();
    if (!png) throw new Error("the browser gave no picture");
    const bytes = await png.arrayBuffer();
    const parts = Math.ceil(bytes.byteLength / PART);
    let result;
    for (let part = 0; part < parts; part += 1) {
      const piece = bytes.slice(part * PART, (part + 1) * PART);
      result = await page.tryAsk("drawn", { part, parts, by: page.token, touch: number }, [piece]);
      if (!result) break;
    }
    return result;
  }

  async function kept() {
    if (stage.busy) stage.finish();
    if (!(await settled())) return;
    const result = await page.tryAsk("keep");
    if (result) said.textContent = result.said;
  }

  // False where the kernel could not be given what is drawn.
  async function settled() {
    await told();
    while (sending || unsent) {
      if (sending) await new Promise((resolve) => setTimeout(resolve, 30));
      else if (!(await send())) return false;
    }
    return true;
  }

  // What the kernel has, in the place of what is here, whenever somebody else has drawn; at first, what all lies upon.
  async function take(first = false) {
    const [count, before] = [drawing.steps.length, touch];
    const result = await page.tryAsk("drawing");
    if (!result) return;
    known = Math.max(known, result.version);
    const [bytes] = result.buffers;
    if (!bytes && (first || !(drawing.steps.length || drawing.floor))) return;
    const image = bytes ? await createImageBitmap(new Blob([bytes], { type: "image/png" })) : null;
    const step = { does: "picture", image, colour };
    if (first && touch === before) drawing.begin(step);
    else if (stage.busy) owed = step;
    else if (touch === before) put(step);
    else under(step, Math.min(count, drawing.steps.length));
  }

  // What was drawn here while it came lies over it, and the kernel is told so.
  function under(step, at) {
    drawing.insert(at, step);
    stage.changed();
    changed();
  }

  function put(step) {
    owed = null;
    stage.forget();
    drawing.add(step);
    undo.disabled = false;
    redo.disabled = true;
    stage.changed();
  }

  async function begin() {
    const { type, buffers: [bytes] } = (await page.tryAsk("base")) ?? { buffers: [] };
    if (!bytes) return;
    stage.base = await createImageBitmap(new Blob([bytes], { type }));
    await take(true);
    stage.changed();
    stage.el.dataset.ready = "yes";
  }

  undo.disabled = redo.disabled = true;
  page.onState(({ version, by, said: text }) => {
    if (version > known && by !== page.token && stage.el.dataset.ready) take();
    if (!unsent && !sending && by !== page.token) said.textContent = text;
  });
  page.on(page.el, "keydown", (event) => {
    if (!event.defaultPrevented && !stage.el.contains(event.target) && !event.target.matches(FIELDS)) stage.shortcut(event);
  });
  page.on(stage.el, "pointerleave", () => !stage.busy && send());
  page.on(stage.el, "focusout", () => send());
  page.leaving.push(() => clearTimeout(timer));
  begin();
  const says = (text) => { if (!unsent && !sending) said.textContent = text; };
  return { stage, drawing, done, changed, pick, says };
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
