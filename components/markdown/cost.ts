import type { ExtraProps } from "react-markdown";

type Element = NonNullable<ExtraProps["node"]>;

/** Everybody waits while a text is drawn: for minutes without these bounds, with them 5 s at worst on a busy machine. */
export const most = {
  marks: 8_000,
  /** To pair them costs more than their number. */
  emphasis: 3_000,
  /** They may be in each other's description. */
  pictures: 300,
  formulas: { count: 500, length: 10_000 },
  code: { count: 200, length: 50_000 },
};

/** Quotes and lists in each other, which overflow the stack: on one line, or on lines that go in ever further. */
const nested =
  /^(?:[ \t]{60,}(?:[>*+-]|\d{1,9}[.)])|(?:[ \t]*(?:>|[*+-](?=[ \t])|\d{1,9}[.)](?=[ \t]))){30})/m;

const countOf = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

/** Whether so much of the text is Markdown that it must be shown as it was written. */
export const isTooDear = (text: string): boolean =>
  countOf(text, /[*_~]/g) > most.emphasis ||
  countOf(text, /!\[/g) > most.pictures ||
  countOf(text, /[*_~`[\]<>|$#&\\@:!+\n\r-]/g) > most.marks ||
  nested.test(text);

/** What a formula defines for itself may write out a few signs to millions. */
const definition = /\\([egx]?def|(new|renew|provide)command|let|futurelet)(?![a-zA-Z])/;

const formula = /^(math-(inline|display)|language-math)$/;

/** Formulas and code beyond what may be drawn lose what KaTeX and highlighting know them by, and stay text. */
export const rehypeBounded = () => (tree: { children: Element["children"] }) => {
  const left = { formulas: { ...most.formulas }, code: { ...most.code } };
  const bound = (element: Element) => {
    const names = element.properties.className;
    if (element.tagName !== "code" || !Array.isArray(names)) return;
    const text = element.children.map((child) => (child.type === "text" ? child.value : "")).join("");
    const isFormula = names.some((name) => formula.test(String(name)));
    const budget = isFormula ? left.formulas : left.code;
    budget.count--;
    budget.length -= text.length;
    if (budget.count < 0 || budget.length < 0 || (isFormula && definition.test(text)))
      delete element.properties.className;
  };
  const walk = (nodes: Element["children"]) => {
    for (const node of nodes) {
      if (node.type !== "element") continue;
      bound(node);
      walk(node.children);
    }
  };
  walk(tree.children);
};
