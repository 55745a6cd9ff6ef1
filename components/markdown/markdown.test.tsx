import { NextIntlClientProvider } from "next-intl";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
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
