"use strict";
// Whatever comes from the data reaches the page as text or as the address of a file beside it, never as markup.
const pictures = JSON.parse(document.getElementById("pictures").textContent);
const PAGE = 60;
const $ = id => document.getElementById(id);
const fold = text => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const stars = count => "★".repeat(count) + "☆".repeat(5 - count);
const FACETS = [
  ["Model", "All models", item => [item.model]],
  ["Route", "All routes", item => [item.route]],
  ["Day", "All days", item => [item.time.slice(0, 10)]],
  ["Tag", "All tags", item => item.tags || []],
  ["Rating", "Any rating", item => item.stars ? [stars(item.stars)] : []],
];
let found = pictures, page = 0, current = 0, opener = null;

for (const item of pictures) {
  item.words = fold([item.prompt, item.model, ...(item.names || []), ...(item.tags || []), item.id, item.hash].join(" "));
}

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function facet([name, all, values]) {
  const counts = new Map();
  for (const item of pictures) for (const value of values(item)) counts.set(value, (counts.get(value) || 0) + 1);
  if (counts.size < 2 && name !== "Tag" && name !== "Rating" || !counts.size) return null;
  const select = make("select");
  select.setAttribute("aria-label", name);
  select.append(new Option(all, ""));
  const sorted = [...counts].sort((a, b) => name === "Day" || name === "Rating"
    ? (a[0] < b[0] ? 1 : -1) : b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  for (const [value, count] of sorted.slice(0, 200)) select.append(new Option(`${value} (${count})`, "=" + value));
  select.addEventListener("change", search);
  $("facets").append(select);
  return { select, values };
}
const facets = FACETS.map(facet).filter(Boolean);

function search() {
  const words = fold($("words").value).split(/\s+/).filter(word => word && word !== "-");
  found = pictures.filter(item =>
    words.every(word => word[0] === "-" ? !item.words.includes(word.slice(1)) : item.words.includes(word)) &&
    facets.every(({ select, values }) => !select.value || values(item).includes(select.value.slice(1))));
  show(0);
}

function show(number) {
  page = Math.max(0, Math.min(number, Math.ceil(found.length / PAGE) - 1));
  const last = Math.max(1, Math.ceil(found.length / PAGE));
  $("grid").replaceChildren(...found.slice(page * PAGE, (page + 1) * PAGE).map((item, n) => card(item, page * PAGE + n)));
  $("count").textContent = found.length === pictures.length
    ? `${found.length.toLocaleString("en")} pictures` : `${found.length.toLocaleString("en")} of ${pictures.length.toLocaleString("en")} pictures`;
  $("page").textContent = `${page + 1} of ${last}`;
  $("newer").disabled = page === 0;
  $("older").disabled = page + 1 >= last;
  $("pages").hidden = last === 1;
}

function card(item, number) {
  const button = make("button");
  button.type = "button";
  const frame = make("span", "frame", item.thumb ? undefined : "no preview");
  if (item.thumb) {
    const image = make("img");
    image.loading = "lazy";
    image.decoding = "async";
    image.alt = item.prompt.slice(0, 300) || "a picture without a prompt";
    image.src = item.thumb;
    frame.append(image);
  }
  const text = make("span", "text", item.prompt.slice(0, 300) || "(no prompt)");
  text.dir = "auto";
  const labels = [...(item.names || []).map(name => "@" + name), ...(item.stars ? [stars(item.stars)] : [])];
  button.append(frame, text, make("span", "small", [...labels, item.time.slice(0, 10), item.model].join(" · ")));
  button.addEventListener("click", () => { opener = button; look(number); });
  const entry = make("li");
  entry.append(button);
  return entry;
}

function look(number) {
  current = Math.max(0, Math.min(number, found.length - 1));
  const item = found[current];
  const source = item.drawn ? item.file : item.thumb;
  $("picture").hidden = !source;
  if (source) $("picture").src = source; else $("picture").removeAttribute("src");
  $("picture").alt = item.prompt.slice(0, 300);
  // In a tab of its own an SVG runs its scripts, and from the disk no "download" keeps a browser from opening it.
  if (item.file.endsWith(".svg")) $("open").removeAttribute("href"); else $("open").href = item.file;
  $("prompt").textContent = item.prompt || "(no prompt)";
  $("previous").disabled = current === 0;
  $("next").disabled = current + 1 >= found.length;
  $("copy").textContent = "Copy prompt";
  const facts = [["Model", item.model], ["Route", item.route], ["Made", item.time && item.time + " UTC"],
    ["Size", item.size && item.size.join(" × ")], ["File", Math.max(1, Math.round(item.bytes / 1024)).toLocaleString("en") + " kB"],
    ["Cost", item.cost], ["Names", item.names && item.names.map(name => "@" + name).join(", ")],
    ["Tags", item.tags && item.tags.join(", ")], ["Rating", item.stars && stars(item.stars)],
    ["Lies in", item.file], ["Id", item.id], ["SHA-256", item.hash]].filter(fact => fact[1]);
  $("facts").replaceChildren(...facts.flatMap(([name, value]) => [make("dt", "", name), make("dd", "", value)]));
  if (!$("viewer").open) $("viewer").showModal();
}

$("words").addEventListener("input", search);
$("newer").addEventListener("click", () => { show(page - 1); scrollTo(0, 0); });
$("older").addEventListener("click", () => { show(page + 1); scrollTo(0, 0); });
$("previous").addEventListener("click", () => look(current - 1));
$("next").addEventListener("click", () => look(current + 1));
$("close").addEventListener("click", () => $("viewer").close());
// The event comes a moment after the end: whoever has gone to the search by then stays there.
$("viewer").addEventListener("close", () => opener && document.activeElement !== $("words") && opener.focus());
$("viewer").addEventListener("click", event => { if (event.target === $("viewer")) $("viewer").close(); });
$("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(found[current].prompt);
    $("copy").textContent = "Copied";
  } catch {
    getSelection().selectAllChildren($("prompt"));
    $("copy").textContent = "Selected";
  }
});
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if ($("viewer").open) {
    if (event.key === "ArrowLeft") look(current - 1);
    if (event.key === "ArrowRight") look(current + 1);
  } else if (event.key === "/" && document.activeElement !== $("words")) {
    event.preventDefault();
    $("words").focus();
  }
});
search();
