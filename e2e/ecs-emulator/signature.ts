import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { Refusal } from "./refusal";

export interface SignedRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  body: Buffer;
}

const algorithm = "ACS3-HMAC-SHA256";
const skewMs = 15 * 60_000;
const sha256 = (text: string | Buffer): string => createHash("sha256").update(text).digest("hex");

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

/** Checks who signed a request, in the order of the cloud; a nonce is taken once. */
export class Signatures {
  readonly #nonces = new Set<string>();

  constructor(
    private readonly secretOf: (accessKeyId: string) => string | undefined,
    private readonly now: () => number,
  ) {}

  check(request: SignedRequest): void {
    const { headers } = request;
    const { id, signed, signature } = parse(headers.authorization ?? "");
    const secret = this.secretOf(id);
    if (!secret) throw new Refusal(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.");
    this.#checkTime(headers["x-acs-date"]);
    const nonce = headers["x-acs-signature-nonce"];
    if (!nonce) throw new Refusal(400, "MissingSignatureNonce");
    if (this.#nonces.has(nonce)) {
      throw new Refusal(400, "SignatureNonceUsed", "Specified signature nonce was used already.");
    }
    this.#nonces.add(nonce);
    const wanted = createHmac("sha256", secret)
      .update(`${algorithm}\n${sha256(canonical(request, signed))}`)
      .digest();
    const given = Buffer.from(signature, "hex");
    const isRight = given.length === wanted.length && timingSafeEqual(given, wanted);
    if (
      !isRight ||
      headers["x-acs-content-sha256"] !== sha256(request.body) ||
      !isComplete(headers, signed)
    ) {
      const why = "Specified signature is not matched with our calculation.";
      throw new Refusal(400, "SignatureDoesNotMatch", why);
    }
  }

  #checkTime(date: string | undefined): void {
    if (!date) throw new Refusal(400, "MissingTimestamp");
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(date) || Number.isNaN(Date.parse(date))) {
      throw new Refusal(
        400,
        "InvalidTimeStamp.Format",
        "Specified time stamp or date value is not well formatted.",
      );
    }
    if (Math.abs(Date.parse(date) - this.now()) > skewMs) {
      throw new Refusal(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.");
    }
  }
}

function parse(authorization: string): { id: string; signed: string[]; signature: string } {
  const wanted = new RegExp(`^${algorithm} Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]+)$`);
  const [, id, signed, signature] = wanted.exec(authorization) ?? [];
  if (!id || !signed || !signature) throw new Refusal(400, "IncompleteSignature");
  return { id, signed: signed.split(";"), signature };
}

/** Every header that says something about the call has to be signed. */
function isComplete(headers: SignedRequest["headers"], signed: string[]): boolean {
  const due = Object.keys(headers).filter((name) => name.startsWith("x-acs-") || name === "host");
  return due.every((name) => signed.includes(name));
}

function canonical({ method, path, query, headers }: SignedRequest, signed: string[]): string {
  const pairs = [...query].sort(([left], [right]) => (left < right ? -1 : 1));
  return [
    method,
    path,
    pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&"),
    ...signed.map((name) => `${name}:${(headers[name] ?? "").trim()}`),
    "",
    signed.join(";"),
    headers["x-acs-content-sha256"] ?? "",
  ].join("\n");
}
