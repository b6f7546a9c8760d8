// What is drawn, at the picture's full size: a list of steps, and the canvas that they make. It knows no screen.
//
// A step's points are pixels of the picture, so that it is the same on a telephone and on a large screen.

const BETWEEN = 12; // weight of steps after which the canvas is kept, so that undo need not begin from nothing
const HEAVY = { fill: 6, picture: 3 }; // steps that take much longer than others
const KEPT = 4; // canvases of the full size that are kept at once

export class Drawing {
  constructor(width, height) {
    this.canvas = sheet(width, height);
    this.context = this.canvas.getContext("2d");
    this.steps = [];
    this.undone = [];
    this.kept = [];
    this.floor = null;
    this.weight = 0;
  }

  // What it begins with; no undo goes beneath it.
  begin(step) {
    this.floor = step;
    paint(this.context, step);
  }

  add(step) {
    if (paint(this.context, step) === false) return false;
    return this.done(step);
  }

  // A step that stands on the canvas already, as a stroke does when its pen is lifted.
  done(step) {
    this.steps.push(step);
    this.undone = [];
    this.weigh(step, this.steps.length);
    return true;
  }

  // A step beneath those from `at` on: it came before them.
  insert(at, step) {
    this.steps.splice(at, 0, step);
    this.undone = [];
    this.kept = this.kept.filter(({ count }) => count <= at);
    this.repaint();
  }

  undo() {
    if (!this.steps.length) return false;
    this.undone.push(this.steps.pop());
    this.repaint();
    return true;
  }

  redo() {
    if (!this.undone.length) return false;
    const step = this.undone.pop();
    this.steps.push(step);
    paint(this.context, step);
    this.weigh(step, this.steps.length);
    return true;
  }

  // As the steps say; what was begun and not finished is gone.
  repaint() {
    this.kept = this.kept.filter(({ count }) => count <= this.steps.length);
    const last = this.kept.at(-1);
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (last) this.context.drawImage(last.canvas, 0, 0);
    else if (this.floor) paint(this.context, this.floor);
    this.weight = 0;
    for (let at = last?.count ?? 0; at < this.steps.length; at += 1) {
      paint(this.context, this.steps[at]);
      this.weigh(this.steps[at], at + 1);
    }
  }

  // Keep the canvas, on which `count` steps stand, once it takes long to come here again.
  weigh(step, count) {
    this.weight += HEAVY[step.does] ?? 1;
    if (this.weight < BETWEEN) return;
    const canvas = sheet(this.canvas.width, this.canvas.height);
    canvas.getContext("2d").drawImage(this.canvas, 0, 0);
    this.kept = [...this.kept, { count, canvas }].slice(-KEPT);
    this.weight = 0;
  }

  png() {
    return new Promise((resolve) => this.canvas.toBlob(resolve, "image/png"));
  }
}

function sheet(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

// Do a step on a context whose units are the picture's pixels. False where there is nothing to do.
export function paint(context, step) {
  context.save();
  context.globalCompositeOperation = step.erase ? "destination-out" : "source-over";
  context.fillStyle = context.strokeStyle = step.colour ?? "#000";
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = step.width ?? 1;
  const result = STEPS[step.does](context, step);
  context.restore();
  return result;
}

// The stroke's segments from point `from` on; each is drawn once and by itself, so that a long stroke stays quick.
export function segments(context, step, from) {
  context.save();
  context.globalCompositeOperation = step.erase ? "destination-out" : "source-over";
  context.strokeStyle = step.colour;
  context.lineCap = "round";
  for (let at = Math.max(0, from); at < step.points.length; at += 1) {
    const [x, y, width] = step.points[at];
    const [x0, y0] = step.points[Math.max(0, at - 1)];
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(at ? x : x + 0.01, y);
    context.stroke();
  }
  context.restore();
}

const STEPS = {
  stroke: (context, step) => segments(context, step, 0),
  area(context, { points: [[x0, y0], [x1, y1]] }) {
    context.fillRect(Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0));
  },
  lasso(context, { points }) {
    trace(context, points);
    context.closePath();
    context.fill();
  },
  line(context, { points }) {
    trace(context, points);
    context.stroke();
  },
  arrow(context, { points: [[x0, y0], [x1, y1]], width }) {
    const angle = Math.atan2(y1 - y0, x1 - x0);
    const head = Math.min(width * 4, Math.max(width * 2, Math.hypot(x1 - x0, y1 - y0) * 0.6));
    const corner = (turn) => [x1 - head * Math.cos(angle + turn), y1 - head * Math.sin(angle + turn)];
    trace(context, [[x0, y0], [x1 - head * 0.6 * Math.cos(angle), y1 - head * 0.6 * Math.sin(angle)]]);
    context.stroke();
    context.lineWidth = width / 2;
    trace(context, [corner(0.45), [x1, y1], corner(-0.45)]);
    context.closePath();
    context.fill();
    context.stroke();
  },
  rectangle(context, { points: [[x0, y0], [x1, y1]] }) {
    context.strokeRect(Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0));
  },
  ellipse(context, { points: [[x0, y0], [x1, y1]] }) {
    context.beginPath();
    context.ellipse((x0 + x1) / 2, (y0 + y1) / 2, Math.abs(x1 - x0) / 2, Math.abs(y1 - y0) / 2, 0, 0, 2 * Math.PI);
    context.stroke();
  },
  // Shifted to where the picture holds all of it, in lines where it is too wide; `clipped` where that is not enough.
  text(context, step) {
    const { points: [[x, y]], text, size } = step;
    const { width, height } = context.canvas;
    context.font = `600 ${size}px system-ui, sans-serif`;
    context.textBaseline = "top";
    const rows = lines(context, text, width);
    const wide = Math.max(...rows.map((row) => context.measureText(row).width));
    const high = rows.length * size * 1.2;
    step.clipped = wide > width || high > height;
    const [left, top] = [Math.max(0, Math.min(x, width - wide)), Math.max(0, Math.min(y, height - high))];
    rows.forEach((row, at) => context.fillText(row, left, top + at * size * 1.2));
  },
  fill: flood,
  invert(context, { colour }) {
    context.globalCompositeOperation = "xor";
    context.fillStyle = colour;
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  },
  clear: (context) => context.clearRect(0, 0, context.canvas.width, context.canvas.height),
  // What the kernel has, in the place of all; of a mask only the area counts, and gets the colour.
  picture(context, { image, colour }) {
    STEPS.clear(context);
    if (image) context.drawImage(image, 0, 0);
    if (!colour) return;
    context.globalCompositeOperation = "source-in";
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  },
};

// The text in lines that are no wider than that, broken within a word only where one is wider by itself.
function lines(context, text, width) {
  const fits = (row) => context.measureText(row).width <= width;
  const rows = [""];
  for (const word of text.split(/(?<=\s)/)) {
    if (fits(rows.at(-1) + word.trimEnd())) {
      rows[rows.length - 1] += word;
      continue;
    }
    if (rows.at(-1)) rows.push("");
    for (const letter of word) {
      if (rows.at(-1) && !fits(rows.at(-1) + letter.trimEnd())) rows.push("");
      rows[rows.length - 1] += letter;
    }
  }
  return rows;
}

function trace(context, points) {
  context.beginPath();
  for (const [index, [x, y]] of points.entries()) {
    if (index) context.lineTo(x, y);
    else context.moveTo(x, y);
  }
}

// Fill what the painted outline around the point encloses; with `erase`, take away the painted piece there.
function flood(context, { points: [[px, py]], colour, erase }) {
  const { width, height } = context.canvas;
  const [x0, y0] = [Math.floor(px), Math.floor(py)];
  if (x0 < 0 || y0 < 0 || x0 >= width || y0 >= height) return false;
  const picture = context.getImageData(0, 0, width, height);
  const pixels = new Uint32Array(picture.data.buffer);
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const ink = erase ? 0 : ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  const open = erase ? (at) => pixels[at] >>> 24 >= 128 : (at) => pixels[at] >>> 24 < 128;
  if (!open(y0 * width + x0)) return false;
  const waiting = [y0 * width + x0];
  while (waiting.length) {
    const at = waiting.pop();
    if (!open(at)) continue;
    const row = at - (at % width);
    let [left, right] = [at, at];
    while (left > row && open(left - 1)) left -= 1;
    while (right < row + width - 1 && open(right + 1)) right += 1;
    pixels.fill(ink, left, right + 1);
    for (const next of [row - width, row + width]) {
      if (next < 0 || next >= pixels.length) continue;
      let inside = false;
      for (let near = next + left - row; near <= next + right - row; near += 1) {
        const free = open(near);
        if (free && !inside) waiting.push(near);
        inside = free;
      }
    }
  }
  context.putImageData(picture, 0, 0);
  return true;
}
