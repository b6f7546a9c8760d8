// Two of several pictures held against each other, and what was asked for otherwise.

import { LargePictures } from "./large.js";
import { blink, difference, sideBySide, slider } from "./views.js";
import { button, h, panel } from "./panel.js";

const VIEWS = { slider, "side by side": sideBySide, difference, blink };
const SAID = { slider: "Slider", "side by side": "Side by side", difference: "Difference", blink: "Blink" };

export default panel("compare", (page) => {
  const large = new LargePictures(page);
  const modes = h("div", { class: "imgnb-row", role: "group", "aria-label": "How they are compared" });
  const strip = h("div", { class: "imgnb-compare-strip", role: "group", "aria-label": "Which are compared" });
  const place = h("div", {});
  const asked = h("div", { class: "imgnb-compare-asked" });
  page.el.append(modes, strip, place, asked);
  let view = null;
  let drawn = "";

  const show = (given) => page.tryAsk("show", given);
  const buttons = {};
  Object.keys(VIEWS).forEach((mode, index) => {
    buttons[mode] = button(SAID[mode], () => show({ mode }), { keys: String(index + 1), pressed: false });
    modes.append(buttons[mode]);
  });
  const swap = button("Swap A and B", () => show({ pair: [...page.state.pair].reverse() }), { keys: "X" });
  modes.append(swap);

  page.on(page.el, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const mode = Object.keys(VIEWS)[Number(event.key) - 1];
    if (mode) show({ mode });
    else if (event.key.toLowerCase() === "x") swap.click();
    else return;
    event.preventDefault();
  });

  const choosers = [];
  const choose = (side, number) => {
    const pair = [...page.state.pair];
    if (pair[1 - side] === number) pair[1 - side] = pair[side]; // the other one's: they change places
    pair[side] = number;
    show({ pair });
  };
  const fillStrip = (pictures) => {
    strip.hidden = pictures.length < 3;
    if (choosers.length) return;
    pictures.forEach((picture, index) => {
      const pick = [0, 1].map((side) => button("AB"[side], () => choose(side, index + 1),
        { label: `Picture ${index + 1} as ${"AB"[side]}: ${picture.name}`, pressed: false }));
      choosers.push(pick);
      strip.append(h("div", { class: "imgnb-compare-choice" }, page.thumb(picture.sha256, picture.name),
        h("span", { class: "imgnb-compare-number", title: picture.name }, String(picture.number)), h("div", { class: "imgnb-row" }, pick)));
    });
  };

  page.onState((state) => {
    fillStrip(state.pictures);
    for (const [mode, one] of Object.entries(buttons)) one.setAttribute("aria-pressed", String(mode === state.mode));
    choosers.forEach((pick, index) => pick.forEach((one, side) =>
      one.setAttribute("aria-pressed", String(state.pair[side] === index + 1))));
    const wanted = JSON.stringify([state.mode, state.pair]);
    if (wanted === drawn) return;
    drawn = wanted;
    view?.leave();
    const pair = state.pair.map((number, side) => {
      const picture = state.pictures[number - 1];
      // Pictures of one prompt have one name: the number tells them apart.
      const name = `${picture.number} · ${picture.name}`;
      return { ...picture, name, alt: `Picture ${"AB"[side]}: ${name}` };
    });
    view = VIEWS[state.mode](page, large, pair);
    const held = place.contains(document.activeElement);
    place.replaceChildren(view.element);
    if (held) buttons[state.mode].focus(); // what had the focus is gone: the keys are to go on working
    asked.replaceChildren(table(pair, state.rows));
  });

  return () => {
    view?.leave();
    large.leave();
  };
});

function table(pair, rows) {
  if (!rows.length) return h("p", {}, "Nothing that was asked for differs.");
  const head = h("tr", {}, h("th", { scope: "col" }, "What differs"), pair.map((one, side) =>
    h("th", { scope: "col" }, `${"AB"[side]}  ${one.name}`)));
  const body = rows.map((row) => h("tr", {}, h("th", { scope: "row" }, row.name.replaceAll("_", " ")), h("td", {}, runs(row.a, "del")),
    h("td", {}, runs(row.b, "ins"))));
  return h("table", {}, h("caption", { class: "imgnb-hidden" }, "What was asked for and differs"), h("thead", {}, head), h("tbody", {}, body));
}

function runs(pieces, kind) {
  return pieces.map(([differs, text]) => (differs ? h(kind, {}, text) : text));
}
