import { NextIntlClientProvider } from "next-intl";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { most } from "./cost";
import { Markdown } from "./markdown";

const texts = { ui: { markdown: { imageBlocked: "blocked {alt}", done: "done", todo: "to do" } } };
const html = (text: string) =>
  renderToStaticMarkup(
    <NextIntlClientProvider locale="en" messages={texts} timeZone="UTC">
      <Markdown>{text}</Markdown>
    </NextIntlClientProvider>,
  );

test("maths and code are drawn", () => {
  const out = html("$a^2$ and\n\n$$\n\\frac{1}{2}\n$$\n\n```python\nprint(42)\n```");
  expect(out.match(/class="katex"/g)).toHaveLength(2);
  expect(out).toContain("katex-display");
  expect(out).toContain("hljs-built_in");
});

test("nothing of what people write runs, and no foreign picture is fetched", () => {
  const out = html(
    [
      "<script>alert(1)</script><img src=x onerror=alert(1)><iframe src=//evil></iframe>",
      "[a](javascript:alert(1)) [b](data:text/html,x) [c](//evil.example/x)",
      "![p](https://evil.example/p.png) ![q](//evil.example/q.png) ",
      "$\\href{javascript:alert(1)}{x}$ $\\includegraphics{https://evil.example/i.png}$ $\\htmlStyle{position:fixed}{x}$",
    ].join("\n\n"),
  );
  expect(out).not.toMatch(/<script|<iframe|onerror|<img|href="javascript|href="data|style="[^"]*position/i);
  expect(out).toContain('href="//evil.example/x" target="_blank" rel="noopener noreferrer nofollow"');
});

test("our own pictures show, headings start below the page's", () => {
  const out = html("# Title\n\n![p](/api/attachments/1)");
  expect(out).toContain('src="/api/attachments/1"');
  expect(out).toContain("<h2>Title</h2>");
});

test("formulas and code that nobody could wait for stay text, the ones before are drawn", () => {
  const many = html("$a$ ".repeat(most.formulas.count + 3));
  expect(many.match(/class="katex"/g)).toHaveLength(most.formulas.count);
  expect(many.match(/<code>a<\/code>/g)).toHaveLength(3);
  expect(html(`$$\n${"a+".repeat(most.formulas.length / 2)}a\n$$`)).not.toContain("katex");
  const blocks = html("```js\nnew X\n```\n\n".repeat(most.code.count + 3));
  expect(blocks.match(/hljs-keyword/g)).toHaveLength(most.code.count);
  expect(html(`\`\`\`js\nnew X;${" ".repeat(most.code.length)}\n\`\`\``)).not.toContain("hljs");
});

test("a formula that defines something is not drawn: a short one could grow to millions of signs", () => {
  const grows = `\\def\\a{${"x".repeat(5_000)}}${"\\a".repeat(190)}`;
  for (const one of [grows, "\\newcommand{\\b}{y}\\b", "\\global\\let\\c=z\\c"]) {
    expect(html(`$${one}$`)).not.toContain("katex");
    expect(html(`\`\`\`math\n${one}\n\`\`\``)).not.toContain("katex");
  }
  expect(html("$$\n\\left(x\\right) \\leq \\defi \\tag{1}\n$$")).toContain("katex");
});

test.each([
  ["emphasis", "*a_"],
  ["a list", "- item\n"],
  ["lists in lists", "a\n- b\n  - c\n"],
  ["formulas", "$x$ "],
  ["a quote in a quote", "> "],
  ["a quote in a quote, without spaces", ">"],
  ["a list in a list", "1. "],
  ["brackets", "["],
  ["pictures", "!["],
  ["a list that goes in further", `${"  ".repeat(40)}- a\n`],
])("nothing but %s is shown as it was written", (_what, text) => {
  const written = text.repeat(200_000 / text.length);
  const at = performance.now();
  expect(html(written)).toContain('class="markdown whitespace-pre-wrap');
  expect(performance.now() - at).toBeLessThan(5_000);
});

test("a long text of plain words is drawn", () => {
  const text = "实验 needs some words, a few with *emphasis* and `code`, and a full stop.\n\n".repeat(1_000);
  expect(html(text).match(/<em>/g)).toHaveLength(1_000);
  expect(html("---------------------------------------------\n\n- a\n  > - b")).toContain("<blockquote>");
});
