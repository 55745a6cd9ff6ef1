import { useTranslations } from "next-intl";
import type { ComponentProps } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import rehypeHighlight from "rehype-highlight";
import rehypeKatex from "rehype-katex";
import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import remarkMath from "remark-math";
import { cn } from "../ui/class-names";
import { isTooDear, rehypeBounded } from "./cost";
import { isOwnPath } from "./own-path";
import "katex/dist/katex.min.css";
import "./markdown.css";

// What people wrote is cleaned before KaTeX and highlighting add their own, trusted, elements.
const schema: typeof defaultSchema = {
  ...defaultSchema,
  attributes: {
    ...defaultSchema.attributes,
    code: [["className", /^language-./, "math-inline", "math-display"]],
  },
  clobberPrefix: "md-",
};

function Anchor({ href, children }: ComponentProps<"a">) {
  if (!href) return children;
  const own = isOwnPath(href) || href.startsWith("#");
  return (
    <a href={href} {...(own ? {} : { target: "_blank", rel: "noopener noreferrer nofollow" })}>
      {children}
    </a>
  );
}

function Picture({ src, alt }: ComponentProps<"img">) {
  const t = useTranslations("ui.markdown");
  if (typeof src !== "string" || !isOwnPath(src)) {
    return <span className="text-muted">{t("imageBlocked", { alt: alt || String(src ?? "") })}</span>;
  }
  // biome-ignore lint/performance/noImgElement: sizes of pictures in texts are unknown
  return <img src={src} alt={alt ?? ""} loading="lazy" />;
}

function TaskBox({ checked }: ComponentProps<"input">) {
  const t = useTranslations("ui.markdown");
  return <input type="checkbox" checked={checked} disabled aria-label={checked ? t("done") : t("todo")} />;
}

const pre = ({ children }: ComponentProps<"pre">) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: wide code must be scrollable by keyboard
  <pre tabIndex={0}>{children}</pre>
);

const table = ({ children }: ComponentProps<"table">) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table must be scrollable by keyboard
  <div className="markdown-scroll" tabIndex={0}>
    <table>{children}</table>
  </div>
);

const shift = (level: number): Components => {
  const at = (n: number) => `h${Math.min(6, n + level)}` as "h2";
  return { h1: at(1), h2: at(2), h3: at(3), h4: at(4), h5: at(5), h6: at(6) };
};

/**
 * Text that people wrote: GFM, maths, code. A server component: no JavaScript reaches the browser.
 * Pictures only from our own origin; headings start below the page's own. What would take long to draw stays as written.
 */
export function Markdown({
  children,
  className,
  level = 1,
}: {
  children: string;
  className?: string;
  level?: number;
}) {
  if (isTooDear(children)) {
    return <div className={cn("markdown whitespace-pre-wrap break-words", className)}>{children}</div>;
  }
  return (
    <div className={cn("markdown", className)}>
      <ReactMarkdown
        remarkPlugins={[remarkGfm, remarkMath]}
        rehypePlugins={[
          [rehypeSanitize, schema],
          rehypeBounded,
          [
            rehypeKatex,
            { strict: "ignore", trust: false, errorColor: "var(--danger)", maxExpand: 200, maxSize: 50 },
          ],
          [rehypeHighlight, { detect: false }],
        ]}
        components={{ a: Anchor, img: Picture, input: TaskBox, pre, table, ...shift(level) }}
      >
        {children}
      </ReactMarkdown>
    </div>
  );
}
