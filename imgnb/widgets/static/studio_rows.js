// Rows that change while somebody works in them: what stays the same stays, and the focus does not fall out.

// `wanted` are the rows as [key, what it shows, make]; where the focus was in one that is gone, a neighbour gets it, and
// where there is none, `otherwise`.
export function update(list, wanted, otherwise) {
  const held = [...list.children].findIndex((row) => row.contains(document.activeElement));
  const before = new Map([...list.children].map((row) => [row.dataset.key, row]));
  const rows = wanted.map(([key, shown, make]) => {
    const old = before.get(key);
    if (old?.dataset.shown === shown) return old;
    const made = make();
    Object.assign(made.dataset, { key, shown });
    return made;
  });
  for (const row of [...list.children]) if (!rows.includes(row)) row.remove();
  rows.forEach((row, index) => {
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  });
  if (held >= 0 && !list.contains(document.activeElement)) near(rows, held, otherwise).focus();
}

function near(rows, held, otherwise) {
  const order = [...rows.slice(held), ...rows.slice(0, held).reverse()];
  return order.map((row) => row.querySelector("button")).find(Boolean) ?? otherwise;
}
