// What is drawn, waits, or has ended: its stage, the time it takes, and what can be done about it.

import { button, h } from "./panel.js";
import { update } from "./studio_rows.js";

const TICK = 100; // ms
const ENDED = 6; // runs that are over and still listed

export class Runs {
  // `watch` shows the run that goes on; `otherwise` gets the focus where no row is left to have it.
  constructor(page, watch, otherwise) {
    this.page = page;
    this.watch = watch;
    this.otherwise = otherwise;
    this.since = new Map(); // when a run that goes on would have begun by this page's clock
    this.now = button("Stop now", () => page.tryAsk("stop", { now: true }));
    this.after = button("Stop after this one", () => page.tryAsk("stop", { now: false }));
    this.list = h("ul", { class: "imgnb-runs", "aria-label": "Runs" });
    this.buttons = h("div", { class: "imgnb-row" }, this.now, this.after);
    this.el = h("div", { class: "imgnb-queue" }, this.buttons, this.list);
    this.timer = setInterval(() => this.tick(), TICK);
  }

  leave() {
    clearInterval(this.timer);
  }

  // `elapsed` is as old as the state; what a page that opens has asked for just now is right.
  settle(runs) {
    for (const run of runs) {
      if (run.status === "running") this.since.set(run.id, performance.now() - run.elapsed * 1000);
    }
  }

  show(runs) {
    for (const run of runs) {
      if (run.status === "running" && !this.since.has(run.id)) this.settle([run]);
    }
    const going = runs.some((run) => run.status === "running");
    const waiting = runs.some((run) => run.status === "waiting");
    const held = this.buttons.contains(document.activeElement);
    this.buttons.hidden = !going;
    this.after.hidden = !waiting;
    const over = runs.filter(({ status }) => status !== "running" && status !== "waiting");
    const shown = runs.filter((run) => !over.includes(run) ||
      (over.indexOf(run) >= over.length - ENDED && (run.status !== "done" || run.replayed || run === runs.at(-1))));
    update(this.list, shown.map((run) => [run.id, JSON.stringify({ ...run, elapsed: 0 }), () => this.row(run)]), this.otherwise);
    const focused = document.activeElement;
    if (held && (focused === document.body || !focused.checkVisibility())) (this.list.querySelector("button") ?? this.otherwise).focus();
    this.tick();
  }

  row(run) {
    const time = h("span", { class: "imgnb-time" });
    time.dataset.run = run.status === "running" ? run.id : "";
    if (run.status !== "running") time.textContent = run.status === "waiting" ? "" : `${run.elapsed.toFixed(1)} s`;
    const does = {
      waiting: () => button("Take out", () => this.page.tryAsk("take_out", { run: run.id }), { label: `Take out: ${run.prompt}` }),
      failed: () => [button("Try again", () => this.page.tryAsk("retry", { run: run.id }), { label: `Try again: ${run.prompt}` }),
        button("×", () => this.page.tryAsk("forget", { run: run.id }), { label: "Dismiss" })],
      stopped: () => [button("Try again", () => this.page.tryAsk("retry", { run: run.id }), { label: `Try again: ${run.prompt}` }),
        button("×", () => this.page.tryAsk("forget", { run: run.id }), { label: "Dismiss" })],
    }[run.status];
    return h("li", { class: `imgnb-run imgnb-run-${run.status}` },
      h("span", { class: "imgnb-mark", "aria-hidden": "true" }),
      run.status === "running"
        ? h("button", { type: "button", class: "imgnb-what", dir: "auto", title: "Look at what is drawn", onclick: () => this.watch(run.id) }, run.prompt)
        : h("span", { class: "imgnb-what", dir: "auto" }, run.prompt),
      h("span", { class: "imgnb-stage" }, run.stage), time, does ? does() : null,
      run.error ? h("p", { class: "imgnb-error", role: "alert" }, run.error, run.hint ? h("span", {}, ` – ${run.hint}`) : null) : null);
  }

  elapsed(id) {
    return this.since.has(id) ? (performance.now() - this.since.get(id)) / 1000 : 0;
  }

  tick() {
    for (const time of this.list.querySelectorAll(".imgnb-time")) {
      if (time.dataset.run) time.textContent = `${this.elapsed(time.dataset.run).toFixed(1)} s`;
    }
  }
}
