// What is drawn over the drawing and is no part of it: the brush's ring, the line that Shift would draw, the keys' cross.

const ARM = 12; // screen pixels

// Dark beneath light, so that they are seen on any picture. `thin` is a screen pixel in pixels of the picture.
export function guides(context, { thin, ring, line, cross }) {
  for (const [colour, wide] of [["#000", 3], ["#fff", 1.2]]) {
    context.strokeStyle = colour;
    context.lineWidth = wide * thin;
    context.beginPath();
    if (ring) context.arc(...ring.at, ring.width / 2, 0, 2 * Math.PI);
    if (line) trace(context, line);
    for (const [dx, dy] of cross ? [[1, 0], [0, 1]] : []) {
      const [x, y] = [ARM * thin * dx, ARM * thin * dy];
      trace(context, [[cross[0] - x, cross[1] - y], [cross[0] + x, cross[1] + y]]);
    }
    context.stroke();
  }
}

function trace(context, [from, to]) {
  context.moveTo(...from);
  context.lineTo(...to);
}
