const side = 48;

/** Whether every pixel is the same: nothing has been drawn yet, or a desktop is only about to be. RGBA. */
export function isOneColour(pixels: Uint8ClampedArray): boolean {
  for (let i = 4; i < pixels.length; i++) if (pixels[i] !== pixels[i % 4]) return false;
  return true;
}

/** Whether there is nothing to be seen in a picture, looked at from afar. */
export function isBlank(picture: HTMLCanvasElement): boolean {
  if (picture.width === 0 || picture.height === 0) return true;
  const small = document.createElement("canvas");
  small.width = side;
  small.height = side;
  const context = small.getContext("2d", { willReadFrequently: true });
  if (!context) return false;
  context.drawImage(picture, 0, 0, side, side);
  return isOneColour(context.getImageData(0, 0, side, side).data);
}
