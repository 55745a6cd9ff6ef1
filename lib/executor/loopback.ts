import { Agent, request } from "undici";

/**
 * Calls our own HTTP server. No time limit: a step may take as long as it likes, the lease is renewed.
 * `host` is sent as the Host header, so that the server takes the call for one to the app.
 */
export function loopbackCall(options: { host?: string } = {}): (req: Request) => Promise<Response> {
  const dispatcher = new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    connections: 64,
    keepAliveTimeout: 4_000,
    pipelining: 1,
  });
  return async (req) => {
    const answer = await request(req.url, {
      dispatcher,
      method: req.method === "PUT" ? "PUT" : "POST",
      headers: { ...Object.fromEntries(req.headers), ...(options.host ? { host: options.host } : {}) },
      body: await req.text(),
    });
    const headers = new Headers();
    for (const [name, value] of Object.entries(answer.headers)) {
      if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
    }
    return new Response(await answer.body.text(), { status: answer.statusCode, headers });
  };
}
