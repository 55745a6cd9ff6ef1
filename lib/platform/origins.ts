import { isIP } from "node:net";
import { type Env, env } from "./env";

/**
 * The one place that knows which origin is whose: the app's, and one of its own for each workspace.
 * M8 (a port per workspace, where a university has one host name only) would change `workspaceHost` and
 * `whoseHost` here, and the listeners; nothing else builds or reads a workspace's origin.
 */
export type Origins = {
  /** `https://lab.uni.edu`, exactly as browsers write it in `Origin`. */
  app: string;
  appHost: string;
  secure: boolean;
  /** `.unilabs.net`, and `:3000` or nothing. */
  suffix: string;
  /** Ports that may stand behind a name without making it another origin. */
  defaultPort: string;
  /** `127.0.0.1:3000` and the like: where this process itself, or a monitor beside it, calls. */
  loopbackHosts: ReadonlySet<string>;
};

type Settings = Pick<Env, "PUBLIC_URL" | "WORKSPACE_DOMAIN" | "LISTEN" | "INSECURE_HTTP">;

const loopbackName = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Reads the settings, and refuses those with which one student's page could act as another person. */
export function readOrigins(settings: Settings): Origins {
  const url = new URL(settings.PUBLIC_URL);
  const domain = settings.WORKSPACE_DOMAIN.toLowerCase();
  const wrong = (why: string) => new Error(`Wrong settings: ${why}`);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw wrong("PUBLIC_URL must begin with http:// or https://.");
  if (url.pathname !== "/" || url.search || url.hash || url.username)
    throw wrong("PUBLIC_URL must be an origin only, such as https://lab.example.edu.");
  if (!/^([a-z0-9]([a-z0-9-]*[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(domain) || isIP(domain))
    throw wrong("WORKSPACE_DOMAIN must be a DNS name without port; workspaces get names below it.");
  const local = loopbackName.test(url.hostname);
  if (!local && loopbackName.test(domain))
    throw wrong(
      `WORKSPACE_DOMAIN is ${domain}, which other machines cannot reach. Set it to a domain with a wildcard record that leads here, best one that is not a part of ${url.hostname}'s.`,
    );
  if (!local && url.protocol === "http:" && !settings.INSECURE_HTTP)
    throw wrong(
      "PUBLIC_URL is plain http on a name that other machines use. Browsers then send passwords readable, offer no __Host- cookies and no Sec-Fetch headers, and a student's page could plant cookies on this site. Put TLS in front and write https://, or set INSECURE_HTTP=1 if you accept that.",
    );
  if (
    url.hostname.endsWith(`.${domain}`) &&
    !url.hostname.slice(0, -domain.length - 1).includes(".") &&
    isLabel(url.hostname.slice(0, -domain.length - 1))
  )
    throw wrong("the name in PUBLIC_URL looks like that of a workspace. Take another.");
  const port = url.port ? `:${url.port}` : "";
  const listenPort = settings.LISTEN.slice(settings.LISTEN.lastIndexOf(":") + 1);
  return {
    app: url.origin,
    appHost: url.host,
    secure: url.protocol === "https:" || local,
    suffix: `.${domain}${port}`,
    defaultPort: url.protocol === "https:" ? ":443" : ":80",
    loopbackHosts: new Set(["127.0.0.1", "localhost", "[::1]"].map((name) => `${name}:${listenPort}`)),
  };
}

let known: Origins | undefined;
export function origins(): Origins {
  known ??= readOrigins(env());
  return known;
}

/** What {@link randomLabel} makes; nothing else is looked up. */
const isLabel = (text: string): boolean => /^w[a-z0-9]{8,31}$/.test(text);

export const workspaceHost = (label: string, at: Origins = origins()): string => `${label}${at.suffix}`;

/** The origin of one workspace, as the browser writes it. */
export function originOf(label: string, at: Origins = origins()): string {
  return `${at.app.slice(0, at.app.indexOf(":"))}://${workspaceHost(label, at)}`;
}

export type Whose =
  | { kind: "app" }
  | { kind: "workspace"; label: string }
  | { kind: "loopback" }
  | { kind: "unknown" };

/** Whom a Host header means. Exact: no trailing dot, no other port, no deeper or shorter name. */
export function whoseHost(host: string, at: Origins = origins()): Whose {
  let name = host.toLowerCase();
  // `lab.uni.edu:443` and `lab.uni.edu` are one origin; browsers never write the former.
  if (name.endsWith(at.defaultPort)) name = name.slice(0, -at.defaultPort.length);
  if (name === at.appHost) return { kind: "app" };
  if (name.endsWith(at.suffix)) {
    const label = name.slice(0, -at.suffix.length);
    if (isLabel(label)) return { kind: "workspace", label };
  }
  return at.loopbackHosts.has(name) ? { kind: "loopback" } : { kind: "unknown" };
}

/** Name of the cookie that opens one workspace. Scripts and upstreams cannot write one of that prefix. */
export const grantCookieName = (label: string, at: Origins = origins()): string =>
  at.secure ? `__Host-Http-ws-${label}` : `ws-${label}`;

/** The one cookie line that works framed in every mode that was tried (docs/origins.md). */
export const grantCookie = (label: string, token: string, at: Origins = origins()): string =>
  at.secure
    ? `${grantCookieName(label, at)}=${token}; Path=/; Secure; HttpOnly; SameSite=None; Partitioned`
    : `${grantCookieName(label, at)}=${token}; Path=/; HttpOnly; SameSite=Lax`;
