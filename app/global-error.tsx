"use client";

// The last resort, when even the layout failed: no texts, no tokens, so both languages and plain styles.
export default function GlobalError({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <html lang="zh-CN">
      <body
        style={{ font: "14px/1.6 system-ui, sans-serif", maxWidth: 480, margin: "20vh auto", padding: 16 }}
      >
        <h1 style={{ fontSize: 20 }}>页面没有加载出来</h1>
        <p>已保存的内容不受影响。请重试；如果仍然不行，请把请求编号告诉管理员。</p>
        <p lang="en">
          This page did not load. What you saved is safe. Try again, or give the request number to your
          administrator.
        </p>
        {error.digest ? <p>请求编号 / Request: {error.digest}</p> : null}
        <button type="button" onClick={reset} style={{ padding: "8px 16px" }}>
          重试 / Try again
        </button>
      </body>
    </html>
  );
}
