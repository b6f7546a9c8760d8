// The page of the tests' own widget.
import { button, h, panel } from "./panel.js";

export default panel("counter", (page) => {
  const count = h("output", { class: "count" });
  const shown = h("div", { class: "shown", style: "width: 120px" });
  const news = h("output", { class: "news" });
  page.el.append(
    h("div", { class: "imgnb-row" },
      button("Add", () => page.tryAsk("add", { by: 1 })),
      button("Add half", () => page.tryAsk("add", { by: 0.5 })),
      button("Break", () => page.tryAsk("break")),
      button("Wait", () => page.tryAsk("wait")),
      count, news),
    shown);
  page.onNews("said", ({ text }) => { news.textContent = text; });
  page.onState((state) => {
    count.textContent = `count ${state.count}`;
    shown.replaceChildren(...state.shown.map((sha256) => page.thumb(sha256, "a picture")));
  });
});
