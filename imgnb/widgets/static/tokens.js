// A search as the words it is written in, so that a click can add one or take it out.

// The words of a query; what is in quotes is not torn apart.
export function tokens(query) {
  return query.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];
}

// `model:x`, quoted where the value has a sign that would end it.
export function token(field, value) {
  const plain = value.replaceAll('"', "");
  return /[\s,]/.test(plain) ? `${field}:"${plain}"` : `${field}:${plain}`;
}

// The query with this word, or without it where it was there.
export function toggled(query, word) {
  const words = tokens(query);
  return (words.includes(word) ? words.filter((other) => other !== word) : [...words, word]).join(" ");
}

export function sortOf(query) {
  return tokens(query).findLast((word) => word.startsWith("sort:"))?.slice(5) ?? "newest";
}

export function sorted(query, order) {
  const words = tokens(query).filter((word) => !word.startsWith("sort:"));
  return [...words, ...(order === "newest" ? [] : [`sort:${order}`])].join(" ");
}
