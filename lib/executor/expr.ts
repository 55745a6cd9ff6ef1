/**
 * The expressions of triggers, cancelOn, waitForEvent and keys: paths from `event` and `async`, literals,
 * `==` `!=` `&&` `||` `+` and brackets. A closed grammar: whatever else Inngest's CEL has is refused.
 */
export type Value = string | number | boolean | null | undefined;
export type Expr =
  | { type: "literal"; value: Exclude<Value, undefined> }
  | { type: "path"; root: "event" | "async"; keys: string[] }
  | { type: "binary"; op: "==" | "!=" | "&&" | "||" | "+"; left: Expr; right: Expr };

export class ExpressionError extends Error {
  constructor(source: string, why: string) {
    super(`Expression not supported: ${why}, in: ${source}`);
    this.name = "ExpressionError";
  }
}

const token = /\s*(==|!=|&&|\|\||[+()]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\d+(?:\.\d+)?|[A-Za-z_][\w.]*)/y;
const precedence: Record<string, number> = { "||": 1, "&&": 2, "==": 3, "!=": 3, "+": 4 };

export function parseExpr(source: string): Expr {
  const tokens: string[] = [];
  token.lastIndex = 0;
  for (let end = 0; source.slice(end).trim() !== ""; end = token.lastIndex) {
    const found = token.exec(source)?.[1];
    if (found === undefined) throw new ExpressionError(source, `unexpected "${source.slice(end).trim()}"`);
    tokens.push(found);
  }
  let at = 0;

  const operand = (): Expr => {
    const text = tokens[at++];
    if (text === undefined) throw new ExpressionError(source, "it ends too soon");
    if (text === "(") {
      const inner = expression(0);
      if (tokens[at++] !== ")") throw new ExpressionError(source, "a bracket is not closed");
      return inner;
    }
    if (/^["']/.test(text)) {
      return { type: "literal", value: text.slice(1, -1).replace(/\\(.)/g, "$1") };
    }
    if (/^\d/.test(text)) return { type: "literal", value: Number(text) };
    if (text === "true" || text === "false") return { type: "literal", value: text === "true" };
    if (text === "null") return { type: "literal", value: null };
    const [root, ...keys] = text.split(".");
    if ((root !== "event" && root !== "async") || keys.length === 0 || keys.some((key) => key === "")) {
      throw new ExpressionError(source, `"${text}" is not a path from event or async`);
    }
    if (tokens[at] === "(") throw new ExpressionError(source, `no function "${text}"`);
    return { type: "path", root, keys };
  };

  const expression = (least: number): Expr => {
    let left = operand();
    for (;;) {
      const op = tokens[at] ?? "";
      const weight = precedence[op];
      if (weight === undefined || weight <= least) return left;
      at++;
      left = { type: "binary", op: op as "==", left, right: expression(weight) };
    }
  };

  const result = expression(0);
  if (at < tokens.length) throw new ExpressionError(source, `unexpected "${tokens[at]}"`);
  return result;
}

export type Scope = { event?: unknown; async?: unknown };

const isScalar = (value: unknown): value is Value =>
  value === null || ["string", "number", "boolean", "undefined"].includes(typeof value);

function lookUp(root: unknown, keys: readonly string[]): Value {
  let at = root;
  for (const key of keys) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return isScalar(at) ? at : JSON.stringify(at);
}

/** A missing path is undefined: equal to `null`, to nothing else. */
export function evaluate(expr: Expr, scope: Scope): Value {
  if (expr.type === "literal") return expr.value;
  if (expr.type === "path") return lookUp(scope[expr.root], expr.keys);
  const left = evaluate(expr.left, scope);
  if (expr.op === "&&") return left === true && evaluate(expr.right, scope) === true;
  if (expr.op === "||") return left === true || evaluate(expr.right, scope) === true;
  const right = evaluate(expr.right, scope);
  if (expr.op === "==") return (left ?? null) === (right ?? null);
  if (expr.op === "!=") return (left ?? null) !== (right ?? null);
  if (typeof left === "number" && typeof right === "number") return left + right;
  return `${left ?? ""}${right ?? ""}`;
}

/** Puts the values of `event` in, so that only `async` is left open. */
export function bind(expr: Expr, event: unknown): Expr {
  if (expr.type === "path" && expr.root === "event") {
    return { type: "literal", value: lookUp(event, expr.keys) ?? null };
  }
  if (expr.type !== "binary") return expr;
  return { ...expr, left: bind(expr.left, event), right: bind(expr.right, event) };
}

/** Every part that must be true for the whole to be true. */
const conjuncts = (expr: Expr): Expr[] =>
  expr.type === "binary" && expr.op === "&&" ? [...conjuncts(expr.left), ...conjuncts(expr.right)] : [expr];

/** An equality that the arriving event must meet (`data.id` and its value), to find waits by index. */
export function indexable(bound: Expr): { path: string; value: Value } | undefined {
  for (const part of conjuncts(bound)) {
    if (part.type !== "binary" || part.op !== "==") continue;
    const sides = [part.left, part.right];
    const path = sides.find((side) => side.type === "path");
    const literal = sides.find((side) => side.type === "literal");
    if (path?.type === "path" && literal?.type === "literal")
      return { path: path.keys.join("."), value: literal.value };
  }
  return undefined;
}

/** Whether an expression uses `async`, which only waits and cancelOn have. */
export const usesAsync = (expr: Expr): boolean =>
  expr.type === "path"
    ? expr.root === "async"
    : expr.type === "binary" && (usesAsync(expr.left) || usesAsync(expr.right));

export { lookUp };
