/** `["key","65","1"]` as it goes over the wire; lengths are counted in code points. */
export function encode(...elements: (string | number)[]): Buffer {
  return Buffer.from(`${elements.map(element).join(",")};`, "utf8");
}

const element = (value: string | number): string => {
  const text = String(value);
  return `${[...text].length}.${text}`;
};

/** The elements of one whole instruction that an {@link InstructionScanner} found. */
export function decode(data: Buffer, start = 0, end = data.length): string[] {
  const points = [...data.toString("utf8", start, end)];
  const elements: string[] = [];
  for (let at = 0; at < points.length; ) {
    const dot = points.indexOf(".", at);
    // What no scanner found may have no end.
    if (dot < 0) break;
    const length = Number(points.slice(at, dot).join(""));
    elements.push(points.slice(dot + 1, dot + 1 + length).join(""));
    at = dot + 1 + length + 1;
  }
  return elements;
}

/** The opcode of the instruction that begins there; always ASCII, or of no interest. */
export function opcodeAt(data: Buffer, start: number): string {
  const dot = data.indexOf(46, start);
  const length = Number(data.toString("latin1", start, dot));
  return data.toString("latin1", dot + 1, dot + 1 + length);
}
