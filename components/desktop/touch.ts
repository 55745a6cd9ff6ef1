import { Mouse } from "guacamole-common-js";

export type TouchMode = "direct" | "pad";

/** Two fingers scroll where the library's own touch screen does not know it. */
function scrollByTwo(element: HTMLElement, target: Mouse.Touchscreen): void {
  let last: number | null = null;
  const middle = ({ touches }: TouchEvent) =>
    touches.length === 2 ? ((touches[0]?.clientY ?? 0) + (touches[1]?.clientY ?? 0)) / 2 : null;
  element.addEventListener("touchstart", (event) => {
    last = middle(event);
  });
  element.addEventListener("touchmove", (event) => {
    const now = middle(event);
    if (now === null || last === null) return;
    event.preventDefault();
    const steps = Math.trunc((now - last) / target.scrollThreshold);
    if (steps === 0) return;
    last += steps * target.scrollThreshold;
    const button = steps > 0 ? "up" : "down";
    for (let step = 0; step < Math.abs(steps); step++) target.click(button as Mouse.State.Buttons);
  });
}

/**
 * Two ways to use a desktop by fingers, each on a layer of its own because the library never lets go of an element:
 * where one touches is where the pointer is, or the glass is a trackpad.
 */
export function touchLayers(screen: HTMLElement) {
  const layer = () => {
    const element = document.createElement("div");
    element.className = "absolute inset-0 touch-none";
    screen.append(element);
    return element;
  };
  const [direct, pad] = [layer(), layer()];
  const touchscreen = new Mouse.Touchscreen(direct);
  const touchpad = new Mouse.Touchpad(pad);
  scrollByTwo(direct, touchscreen);
  return {
    targets: [touchscreen, touchpad],
    use(mode: TouchMode) {
      direct.hidden = mode !== "direct";
      pad.hidden = mode !== "pad";
    },
  };
}
