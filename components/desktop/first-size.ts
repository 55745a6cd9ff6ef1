/**
 * Knows whether the picture that a gateway draws has a size yet. guacd (1.3 under load) tells the first size before this
 * window is among those it tells, and then draws: on a picture without a size, which shows nothing.
 */
export class FirstSize {
  private known = false;

  /** Whether this instruction is the first to draw on the desktop's picture, and no size has come before. */
  lacks(opcode: string, args: readonly unknown[]): boolean {
    if (this.known) return false;
    const sized = opcode === "size" && Number(args[0]) === 0;
    const drawn =
      (opcode === "img" && Number(args[2]) === 0) ||
      (opcode === "rect" && Number(args[0]) === 0) ||
      (opcode === "copy" && Number(args[6]) === 0);
    this.known = sized || drawn;
    return drawn;
  }
}
