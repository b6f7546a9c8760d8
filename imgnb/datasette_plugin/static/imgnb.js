// What the pages can do beyond links: keys, copying, closing what is open. Without it, everything can still be reached.

const said = document.getElementById("said");
const gallery = document.getElementById("gallery");
const keys = document.getElementById("keys");
const search = document.getElementById("q");

for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}

async function copy(button) {
  const text = document.getElementById(button.dataset.copies).textContent;
  const done = await write(text);
  const label = button.querySelector("span");
  button.classList.toggle("done", done);
  label.textContent = done ? "Copied" : "Press Ctrl+C";
  said.textContent = done ? "Copied" : "The text is selected: copy it with Ctrl+C";
  if (!done) getSelection().selectAllChildren(document.getElementById(button.dataset.copies));
  setTimeout(() => {
    button.classList.remove("done");
    label.textContent = "Copy";
    said.textContent = "";
  }, 2000);
}

async function write(text) {
  try {
    await navigator.clipboard.writeText(text); // only where the page is https or on loopback
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

// Choosing another order is searching in it.
document.getElementById("sort")?.addEventListener("change", (event) => event.target.form.requestSubmit());

// An empty field, and the order that is the usual one, need not be in the address.
document.querySelector("form.search")?.addEventListener("formdata", (event) => {
  if (!event.formData.get("q")) event.formData.delete("q");
  if (event.formData.get("sort") === "newest") event.formData.delete("sort");
});

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll(".facets details[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

const hint = document.querySelector(".hint");
if (hint) hint.hidden = false;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (event.key === "Escape") return leave(event);
  if (typing || keys?.open) return;
  if (event.key === "/" && search) act(event, () => search.select());
  else if (event.key === "?" && keys) act(event, () => keys.showModal());
  else if (event.key === "n") follow(event, "next");
  else if (event.key === "p") follow(event, "prev");
  else if (event.key.startsWith("Arrow")) move(event);
});

function act(event, does) {
  event.preventDefault();
  does();
}

function follow(event, rel) {
  const link = document.querySelector(`link[rel=${rel}]`);
  if (link) act(event, () => location.assign(link.href));
}

function leave(event) {
  const open = document.querySelector(".facets details[open]");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  } else if (event.target === search) search.blur();
}

function move(event) {
  if (!gallery) {
    const link = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    if (link && !event.target.closest(".scrolls, pre")) follow(event, link);
    return;
  }
  const tiles = [...gallery.querySelectorAll("a.picture")];
  if (!tiles.length) return;
  const here = tiles.indexOf(document.activeElement);
  if (here < 0) {
    // From anywhere else, only where the key would not be missed.
    if (document.activeElement === document.body || document.activeElement.id === "main") act(event, () => focus(tiles[0]));
    return;
  }
  const there = { ArrowLeft: here - 1, ArrowRight: here + 1 }[event.key] ?? beyond(tiles, here, event.key === "ArrowDown" ? 1 : -1);
  act(event, () => tiles[there] && focus(tiles[there]));
}

// The tile of the next row that is most nearly below, or above.
function beyond(tiles, here, way) {
  const box = (tile) => tile.getBoundingClientRect();
  const from = box(tiles[here]);
  let best = -1;
  let least = Infinity;
  tiles.forEach((tile, number) => {
    const to = box(tile);
    const down = (to.top - from.top) * way;
    if (down < 2) return;
    const distance = down * 10 + Math.abs(to.left - from.left);
    if (distance < least) [least, best] = [distance, number];
  });
  return best;
}

function focus(tile) {
  tile.focus({ focusVisible: true, preventScroll: true });
  tile.scrollIntoView({ block: "nearest" });
}

if (document.querySelector("[data-running]")) setTimeout(() => location.reload(), 4000);
