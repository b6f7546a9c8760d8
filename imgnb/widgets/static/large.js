// Pictures as large as a page shows them: each asked for once, and kept while it is of use.

import { h } from "./panel.js";

const SMALL = 240; // pixels a side up to which a picture is shown larger than it is, by whole times
const KEPT = 16; // pictures whose bytes a page holds

export class LargePictures {
  constructor(page) {
    this.page = page;
    this.urls = new Map();
  }

  // An <img>, filled as soon as its picture is there. What cannot be shown says so on the page.
  image(sha256, alt, word = "picture", key = sha256) {
    const image = h("img", { alt, class: "imgnb-large", draggable: "false", decoding: "async" });
    image.ready = this.bring(key, word, { of: sha256 }).then((found) => {
      if (found) {
        image.width = found.width;
        image.height = found.height;
        const times = Math.floor(SMALL / Math.max(found.width, found.height));
        if (times > 1) {
          image.classList.add("imgnb-small");
          image.style.width = `${found.width * times}px`;
        }
        image.src = found.url;
      } else image.classList.add("imgnb-gone");
      image.dataset.loaded = found ? "yes" : "gone";
      return found;
    });
    return image;
  }

  bring(key, word, given) {
    const known = this.urls.get(key);
    if (known) {
      this.urls.delete(key); // the last used is the last to go
      this.urls.set(key, known);
      return known;
    }
    const asked = this.page.tryAsk(word, given).then((result) => {
      if (!result) {
        this.urls.delete(key);
        return null;
      }
      const url = URL.createObjectURL(new Blob([result.buffers[0]], { type: result.type }));
      return { ...result, url };
    });
    this.urls.set(key, asked);
    if (this.urls.size > KEPT) {
      const [oldest, found] = this.urls.entries().next().value;
      this.urls.delete(oldest);
      found.then((was) => was && URL.revokeObjectURL(was.url));
    }
    return asked;
  }

  leave() {
    for (const found of this.urls.values()) found.then((was) => was && URL.revokeObjectURL(was.url));
    this.urls.clear();
  }
}
