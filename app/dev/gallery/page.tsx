import { notFound } from "next/navigation";
import { Markdown } from "@/components/markdown/markdown";
import { env } from "@/lib/platform/env";
import { Gallery } from "./gallery";

export const metadata = { title: "Gallery" };

const sample = `# 实验二：矩阵与快速幂

用 \`numpy\` 求 $A^n$，并比较两种做法的时间。设 $F_n$ 为斐波那契数，则

$$
\\begin{pmatrix} F_{n+1} \\\\ F_n \\end{pmatrix} = \\begin{pmatrix} 1 & 1 \\\\ 1 & 0 \\end{pmatrix}^n \\begin{pmatrix} 1 \\\\ 0 \\end{pmatrix}
$$

## 步骤
1. 打开 JupyterLab，新建 \`power.ipynb\`；
2. 写出 \`power(a, n)\`，复杂度 $O(\\log n)$；
3. 保存文件。

- [x] 读完说明
- [ ] 提交结果

\`\`\`python
def power(a, n):
    # 平方求幂
    result = 1
    while n:
        if n & 1: result *= a
        a, n = a * a, n >> 1
    return result

print("42", power(2, 10))
\`\`\`

| 方法 | 复杂度 | 用时 |
|---|---|---|
| 逐次相乘 | $O(n)$ | 3.1 s |
| 平方求幂 | $O(\\log n)$ | 0.2 ms |

> 外部图片不会显示：![图](https://example.com/a.png) [链接](https://example.com)
`;

/** Every part of the kit on one page, for development, screenshots and axe. */
export default function GalleryPage() {
  if (env().NODE_ENV === "production") notFound();
  return <Gallery now={Date.now()} markdown={<Markdown>{sample}</Markdown>} />;
}
