const side = 48;

/** What is in a picture: not even a background, one colour, as before a desktop is there, or something to see. RGBA. */
export function contentOf(pixels: Uint8ClampedArray): "nothing" | "plain" | "picture" {
  for (let i = 4; i < pixels.length; i++) if (pixels[i] !== pixels[i % 4]) return "picture";
  return pixels[3] ? "plain" : "nothing";
}

/** {@link contentOf} of a canvas, looked at from afar. */
export function contentOfCanvas(picture: HTMLCanvasElement): ReturnType<typeof contentOf> {
  if (picture.width === 0 || picture.height === 0) return "nothing";
  const small = document.createElement("canvas");
  small.width = side;
  small.height = side;
  const context = small.getContext("2d", { willReadFrequently: true });
  if (!context) return "picture";
  context.drawImage(picture, 0, 0, side, side);
  return contentOf(context.getImageData(0, 0, side, side).data);
}
