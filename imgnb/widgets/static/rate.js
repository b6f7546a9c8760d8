// Which of two is better, asked blind; then how they stand.

import { LargePictures } from "./large.js";
import { button, h, panel } from "./panel.js";

const KEYS = { ArrowLeft: "left", a: "left", ArrowRight: "right", b: "right", ArrowDown: "tie", "=": "tie", s: "skip" };

export default panel("rate", (page) => {
  const large = new LargePictures(page);
  const progress = h("p", { class: "imgnb-rate-progress", role: "status" });
  const bar = h("progress", { max: 1, value: 0, "aria-label": "Choices made" });
  const pair = h("div", { class: "imgnb-rate-pair", role: "group", "aria-label": "Which is better?" });
  const result = h("div", { class: "imgnb-rate-result" });
  let shown = "";
  let busy = false;

  // A choice is made of what is seen: both pictures of this very pair.
  const painted = (asked) => shown === asked.join(" ") && sides.every((side) => {
    const image = side.querySelector("img");
    return image?.dataset.loaded === "yes" && image.complete && image.naturalWidth > 0;
  });
  const answer = async (word) => {
    const asked = page.state.pair;
    if (!asked || page.state.ranked || busy || !(word === "skip" || painted(asked))) return;
    busy = true;
    page.say("");
    await page.tryAsk("choose", { pair: asked, answer: word });
    busy = false;
  };
  const undo = button("Undo", () => page.tryAsk("undo"), { keys: "U" });
  const rank = button("Show the ranking", () => page.tryAsk("rank", { show: true }));
  const tie = button("Neither", () => answer("tie"), { keys: "=" });
  const skip = button("Skip", () => answer("skip"), { keys: "S" });
  const acts = h("div", { class: "imgnb-row" }, tie, skip, undo, rank);
  const help = h("p", { class: "imgnb-help" }, "Keys: ← or A, → or B, ↓ or = neither, S skips, U undoes.");
  const asking = h("div", { class: "imgnb-rate-asking" }, pair, acts, help);
  page.el.append(h("div", { class: "imgnb-rate-head" }, progress, bar), asking, result);
  const sides = ["left", "right"].map((side, index) => h("button", { type: "button", class: "imgnb-rate-side",
    onclick: () => answer(side), "aria-keyshortcuts": index ? "ArrowRight B" : "ArrowLeft A",
    "aria-label": index ? "The right one is better" : "The left one is better" }));
  pair.append(...sides);

  page.on(page.el, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const known = key === "u" || (!page.state.ranked && (KEYS[key] || (event.repeat && key === "Enter")));
    if (!known) return;
    event.preventDefault();
    // A key that is held answers once: not the next pair too, which nobody has looked at yet. (Held, Enter would click.)
    if (event.repeat) return;
    if (key === "u") quietly(page, "undo");
    else answer(KEYS[key]);
  });

  const ask = (state) => {
    const wanted = state.pair.join(" ");
    if (wanted === shown) return;
    shown = wanted;
    state.pair.forEach((sha256, index) => sides[index].replaceChildren(large.image(sha256, ""), h("span", { class: "imgnb-rate-corner", "aria-hidden": "true" }, "AB"[index])));
  };

  page.onState((state) => {
    const held = page.el.contains(document.activeElement);
    const plural = state.made === 1 ? "choice" : "choices";
    const some = state.more ? `the first ${state.pictures} of more pictures` : `${state.pictures} pictures`;
    const until = state.made < state.about ? ` of about ${state.about}` : "";
    progress.textContent = `${state.made}${until} ${until ? "choices" : plural} between ${some}`;
    bar.max = state.about || 1;
    bar.value = Math.min(state.made, state.about);
    undo.disabled = !state.undo;
    asking.hidden = state.ranked;
    result.hidden = !state.ranked;
    if (state.ranked) result.replaceChildren(...ranking(page, state));
    else ask(state);
    // What had the focus is gone: the keys are to go on working.
    if (held && !page.el.contains(document.activeElement)) (state.ranked ? result.querySelector("button") : sides[0])?.focus();
    else if (held && state.ranked && asking.contains(document.activeElement)) result.querySelector("button")?.focus();
  });

  return () => large.leave();
});

function ranking(page, state) {
  const most = Math.max(...state.ranking.map((row) => Math.abs(Math.log(row.strength))), 0.1);
  const body = state.ranking.map((row) => {
    const compared = row.wins + row.losses + row.ties > 0;
    const width = (4 + (48 * (Math.log(row.strength) + most)) / most).toFixed(1);
    return h("tr", {}, h("th", { scope: "row" }, compared ? String(row.place) : "–"),
      h("td", { class: "imgnb-rate-thumb" }, page.thumb(row.asset, row.alt)),
      h("td", { class: "imgnb-rate-which" }, h("code", {}, row.address), h("span", {}, row.prompt)),
      h("td", { class: "imgnb-rate-strength" }, compared && h("span", { class: "imgnb-rate-bar", "aria-hidden": "true",
        style: `width: ${width}%` }), compared ? row.strength.toFixed(2) : "–"),
      h("td", {}, compared ? `${row.wins} won, ${row.losses} lost${row.ties ? `, ${row.ties} tied` : ""}` : "not compared yet"));
  });
  const head = ["Place", "Picture", "Which", "Strength", "Choices"].map((name) => h("th", { scope: "col" }, name));
  const again = state.pair && button("Go on choosing", () => quietly(page, "rank", { show: false }));
  const undo = state.undo && button("Undo the last choice", () => quietly(page, "undo"), { keys: "U" });
  const stored = state.stored
    ? button("Take the stars back", async () => (await page.tryAsk("unstore")) && page.say("The stars are as they were."))
    : button("Store as stars", () => store(page, confirm, false), { kind: "main", disabled: state.made === 0 });
  const confirm = h("div", { class: "imgnb-row", role: "alert", hidden: true });
  const ended = state.ended && h("p", { class: "imgnb-help" }, `Nothing is left to ask: ${state.ended}.`);
  return [...(ended ? [ended] : []), h("div", { class: "imgnb-row" }, stored, again, undo), confirm, h("table", {},
    h("caption", { class: "imgnb-hidden" }, "The pictures, the best first"), h("thead", {}, h("tr", {}, head)), h("tbody", {}, body))];
}

// What was said of the stars is not true any more of what comes next.
function quietly(page, word, given) {
  page.say("");
  return page.tryAsk(word, given);
}

async function store(page, confirm, overwrite) {
  const answer = await page.tryAsk("store", { overwrite });
  if (!answer) return;
  if (answer.stored !== undefined) {
    page.say(`${answer.stored} pictures have their stars.`);
    return;
  }
  confirm.hidden = false;
  confirm.replaceChildren(h("span", {}, answer.asks), button("Replace them", () => store(page, confirm, true), { kind: "main" }),
    button("Leave them", () => (confirm.hidden = true)));
  confirm.querySelector("button").focus();
}
