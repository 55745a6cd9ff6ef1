/** “Chrome · Windows” out of a User-Agent: enough to tell one's own sessions apart. */
export function deviceName(userAgent: string): string | undefined {
  const first = (table: readonly (readonly [RegExp, string])[]) =>
    table.find(([pattern]) => pattern.test(userAgent))?.[1];
  const browser = first([
    [/MicroMessenger/, "WeChat"],
    [/Edg(e|A|iOS)?\//, "Edge"],
    [/(Firefox|FxiOS)\//, "Firefox"],
    [/(Chrome|CriOS|Chromium)\//, "Chrome"],
    [/Safari\//, "Safari"],
  ]);
  const system = first([
    [/Windows/, "Windows"],
    [/(iPhone|iPad)/, "iOS"],
    [/Android/, "Android"],
    [/Mac OS X/, "macOS"],
    [/CrOS/, "ChromeOS"],
    [/Linux/, "Linux"],
  ]);
  return [browser, system].filter(Boolean).join(" · ") || undefined;
}
