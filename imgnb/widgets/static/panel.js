// What every page of imgnb shares: asking the kernel, thumbnails that load when they are seen, words for what is wrong.
//
// Texts of users and providers are put on the page by `textContent` alone (`h` does so), never as HTML.

const PATIENCE = 1500; // ms until a page says that the kernel is busy
const BATCH = 8; // ms in which thumbnails that come into sight are asked for together
const AT_ONCE = 50; // thumbnails in one message
const ON_THE_WAY = 4; // messages that wait for their thumbnails
const KEPT = 600; // thumbnails that a page keeps; those that were shown longest ago are let go
const BIGGEST = 8_000_000; // bytes: the notebook server closes the connection at 10 MiB

// An element: h("button", {class: "x", onclick: f, "aria-label": "y", disabled: true}, "text", otherElement, null)
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// A button. `keys` is the key that does the same, said to people and to screen readers.
export function button(text, onclick, { label = null, keys = null, pressed = null, kind = "", disabled = false } = {}) {
  const title = [label ?? text, keys ? `(${keys})` : ""].join(" ").trim();
  const said = label === null ? null : label;
  return h("button", { type: "button", class: `imgnb-button ${kind}`, onclick, title, "aria-label": said,
    "aria-keyshortcuts": keys, "aria-pressed": pressed === null ? null : String(pressed), disabled }, text);
}

// A control under its label, and a line of help that belongs to it.
let fields = 0;
export function field(label, control, help = null) {
  control.id ||= `imgnb-field-${(fields += 1)}`;
  if (help) {
    help.id ||= `${control.id}-help`;
    control.setAttribute("aria-describedby", help.id);
  }
  return h("div", { class: "imgnb-field" }, h("label", { for: control.id }, label), control, help);
}

// A panel's module for the front end. `draw(panel)` builds the page once for each place where it is shown; it may return
// a function that is called when it goes away.
//   panel.el                        where the page goes
//   panel.state                     what the kernel says is to be shown; panel.onState(f) calls f with it now and at each change
//   panel.ask(word, given, buffers) asks the kernel: a promise of its result, with `buffers` where it sent bytes
//   panel.tryAsk(...)               the same; what goes wrong is said on the page, and undefined is the answer
//   panel.onNews(word, f)           calls f(values, buffers) when the kernel says something
//   panel.thumb(sha256, alt)        an <img> that loads its thumbnail when it is seen
//   panel.expect(hashes)            asks for the first thumbnails of these at once
//   panel.say(text), panel.complain(text, hint)
export function panel(name, draw) {
  return {
    render({ model, el }) {
      const page = new Page(model, el, name);
      const gone = draw(page);
      return () => {
        gone?.();
        page.leave();
      };
    },
  };
}

class Page {
  constructor(model, host, name) {
    this.model = model;
    this.el = h("div", { class: `imgnb-panel imgnb-${name.replaceAll("_", "-")}`, role: "group",
      "aria-label": `imgnb ${name.replaceAll("_", " ")}`, "data-lm-suppress-shortcuts": "true" });
    this.status = h("p", { class: "imgnb-status", role: "status" });
    this.trouble = h("p", { class: "imgnb-trouble", role: "alert", hidden: true });
    this.waiting = h("p", { class: "imgnb-waiting", role: "status", hidden: true });
    this.lost = h("p", { class: "imgnb-lost", role: "alert", hidden: true },
      "The kernel that drew this is gone: run the cell again to use it. Below is how it stood.");
    host.classList.add("imgnb-host", `imgnb-host-${name.replaceAll("_", "-")}`);
    host.append(h("div", { class: "imgnb-frame" }, this.lost, this.el, this.waiting, this.trouble, this.status));
    this.host = host;
    this.asked = new Map();
    this.leaving = [];
    this.heard = {};
    this.token = Math.random().toString(36).slice(2);
    this.count = 0;
    this.thumbs = new Thumbs(this);
    // Keys that are meant for this page are not the notebook's.
    this.on(host, "keydown", (event) => event.stopPropagation());
    const received = (content, buffers) => this.receive(content, buffers);
    const lose = () => this.lose();
    model.on("msg:custom", received);
    model.on("comm_live_update", lose); // the front end says so when the kernel restarts
    this.leaving.push(() => model.off("msg:custom", received), () => model.off("comm_live_update", lose));
  }

  get state() {
    return this.model.get("state");
  }

  onState(show) {
    const changed = () => show(this.state);
    this.model.on("change:state", changed);
    this.leaving.push(() => this.model.off("change:state", changed));
    changed();
  }

  onNews(word, told) {
    this.heard[word] = told;
  }

  // An event listener that ends with the page.
  on(target, type, listener, options) {
    target.addEventListener(type, listener, options);
    this.leaving.push(() => target.removeEventListener(type, listener, options));
  }

  ask(word, given = {}, buffers = []) {
    const size = buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0);
    if (size > BIGGEST) {
      return Promise.reject(new Trouble(`${(size / 1e6).toFixed(1)} MB are too many for one message`));
    }
    const id = `${this.token}-${(this.count += 1)}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.wait(id), PATIENCE);
      this.asked.set(id, { resolve, reject, timer });
      this.tellAsking();
      this.model.send({ id, ask: word, given }, undefined, buffers);
    });
  }

  // How much the kernel has not answered yet: Lab may run the next cell before the kernel hears what was done here.
  tellAsking() {
    this.el.dataset.asking = this.asked.size;
  }

  async tryAsk(word, given, buffers) {
    try {
      const result = await this.ask(word, given, buffers);
      this.complain("");
      return result;
    } catch (error) {
      this.complain(error.message, error.hint);
      return undefined;
    }
  }

  receive(content, buffers = []) {
    if (content.heard) return this.wasHeard(content.heard);
    if (content.news) return this.heard[content.news]?.(content, buffers);
    const asked = this.asked.get(content.id);
    if (!asked) return undefined; // another page's, or one that has left
    this.wasHeard(content.id);
    this.asked.delete(content.id);
    this.tellAsking();
    if ("error" in content) return asked.reject(new Trouble(content.error, content.hint));
    return asked.resolve({ ...content.result, buffers });
  }

  wait(id) {
    this.asked.get(id).late = true;
    this.waiting.textContent = "The kernel does not answer: it is busy with something else, or gone. This waits.";
    this.waiting.hidden = false;
  }

  wasHeard(id) {
    const asked = this.asked.get(id);
    if (!asked) return;
    clearTimeout(asked.timer);
    asked.late = false;
    this.waiting.hidden = ![...this.asked.values()].some((other) => other.late);
  }

  // The kernel is gone for good; the style sheet then unfolds the static twin.
  lose() {
    for (const { timer } of this.asked.values()) clearTimeout(timer);
    this.host.classList.add("imgnb-is-lost");
    this.lost.hidden = false;
    this.el.hidden = this.waiting.hidden = this.trouble.hidden = true;
    this.say("");
  }

  say(text) {
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  complain(text, hint = "") {
    this.trouble.textContent = [text, hint].filter(Boolean).join(" – ");
    this.trouble.hidden = !text;
  }

  expect(hashes) {
    this.thumbs.expect(hashes);
  }

  thumb(sha256, alt) {
    return this.thumbs.image(sha256, alt);
  }

  leave() {
    for (const { timer } of this.asked.values()) clearTimeout(timer);
    this.asked.clear();
    for (const end of this.leaving.reverse()) end();
    this.thumbs.leave();
    this.host.replaceChildren();
  }
}

// A picture's address. Many small ones are there in half the time of blobs, each of which goes through another process.
export function dataUrl(bytes, type) {
  const view = bytes instanceof DataView ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes);
  if (view.toBase64) return `data:${type};base64,${view.toBase64()}`;
  let text = "";
  for (let at = 0; at < view.length; at += 8192) text += String.fromCharCode(...view.subarray(at, at + 8192));
  return `data:${type};base64,${btoa(text)}`;
}

class Trouble extends Error {
  constructor(message, hint = "") {
    super(message);
    this.hint = hint;
  }
}

// Thumbnails by hash: asked for in batches when they come into sight; the last few hundred are kept.
class Thumbs {
  constructor(page) {
    this.page = page;
    this.urls = new Map();
    this.wanted = new Map(); // hash -> images
    this.coming = new Map(); // the same, of what was asked for
    this.timer = null;
    this.flying = 0;
    this.sight = new IntersectionObserver((entries) => this.seen(entries), { rootMargin: "200px" });
  }

  image(sha256, alt) {
    const image = h("img", { alt, class: "imgnb-thumb", decoding: "sync", draggable: "false" });
    image.dataset.sha256 = sha256;
    if (this.urls.has(sha256)) this.show(image, this.known(sha256));
    else this.sight.observe(image);
    return image;
  }

  seen(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) {
        this.forget(target);
        continue;
      }
      const sha256 = target.dataset.sha256;
      if (this.urls.has(sha256)) {
        this.sight.unobserve(target);
        this.show(target, this.known(sha256));
        continue;
      }
      if (this.coming.has(sha256)) this.coming.get(sha256).add(target);
      else if (this.wanted.has(sha256)) this.wanted.get(sha256).add(target);
      else this.wanted.set(sha256, new Set([target]));
    }
    if (this.wanted.size && !this.timer) this.timer = setTimeout(() => this.fetch(), BATCH);
  }

  // Ask for these before they are laid out: they will be in sight.
  expect(hashes) {
    for (const sha256 of hashes.slice(0, AT_ONCE)) {
      if (!this.urls.has(sha256) && !this.coming.has(sha256) && !this.wanted.has(sha256)) this.wanted.set(sha256, new Set());
    }
    this.fetch();
  }

  // What has left the sight before it was asked for is not asked for.
  forget(image) {
    const images = this.wanted.get(image.dataset.sha256);
    images?.delete(image);
    if (images?.size === 0) this.wanted.delete(image.dataset.sha256);
  }

  fetch() {
    this.timer = null;
    while (this.wanted.size && this.flying < ON_THE_WAY) {
      const batch = [...this.wanted].slice(0, AT_ONCE);
      for (const [sha256, images] of batch) {
        this.wanted.delete(sha256);
        this.coming.set(sha256, images);
      }
      this.bring(batch);
    }
  }

  async bring(batch) {
    this.flying += 1;
    try {
      const { found, buffers } = await this.page.ask("thumbs", { of: batch.map(([sha256]) => sha256) });
      let next = 0;
      batch.forEach(([sha256, images], index) => {
        const about = found[index];
        const url = about && dataUrl(buffers[next++], about.type);
        this.keep(sha256, url);
        for (const image of images) {
          this.sight.unobserve(image);
          this.show(image, url);
        }
      });
    } catch (error) {
      this.page.complain(error.message, error.hint);
    }
    for (const [sha256] of batch) this.coming.delete(sha256);
    this.flying -= 1;
    if (this.wanted.size && !this.timer) this.fetch();
  }

  // A map remembers in which order things came: what is asked for again goes to its end.
  known(sha256) {
    const url = this.urls.get(sha256);
    this.urls.delete(sha256);
    this.urls.set(sha256, url);
    return url;
  }

  keep(sha256, url) {
    this.urls.set(sha256, url);
    if (this.urls.size > KEPT) this.urls.delete(this.urls.keys().next().value);
  }

  // An image that was taken off the page needs nothing any more.
  drop(image) {
    this.sight.unobserve(image);
    this.forget(image);
  }

  // Loaded is what has its pixels, not what was only given an address.
  async show(image, url) {
    let there = Boolean(url);
    if (there) {
      there = await new Promise((done) => {
        image.onload = () => done(true);
        image.onerror = () => done(false);
        image.src = url;
      });
    }
    if (!there) image.classList.add("imgnb-gone");
    image.dataset.loaded = there ? "yes" : "gone";
  }

  leave() {
    clearTimeout(this.timer);
    this.sight.disconnect();
  }
}
