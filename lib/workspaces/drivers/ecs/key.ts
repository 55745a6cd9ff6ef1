import { createPrivateKey, createPublicKey, hkdfSync } from "node:crypto";

/** DER of a private key of Ed25519 (RFC 8410) up to its 32 bytes. */
const derHead = Buffer.from("302e020100300506032b657004220420", "hex");
const kind = "ssh-ed25519";
const comment = "labyard";

/**
 * The key with which we log in to an instance, out of the workspace's secret, so that nobody has to keep it: it opens
 * also after its student has changed the password. As OpenSSH writes both halves.
 */
export function keyOf(secret: string): { privateKey: string; publicKey: string } {
  const seed = Buffer.from(hkdfSync("sha256", secret, "", "labyard instance key", 32));
  const key = createPrivateKey({ key: Buffer.concat([derHead, seed]), format: "der", type: "pkcs8" });
  const point = Buffer.from(createPublicKey(key).export({ format: "jwk" }).x ?? "", "base64url");
  const own = Buffer.concat([text(kind), text(point)]);
  // PROTOCOL.key of OpenSSH: no cipher, one key; two equal numbers tell that it was read right.
  const secretHalf = padded(
    Buffer.concat([Buffer.alloc(8), own, text(Buffer.concat([seed, point])), text(comment)]),
  );
  const none = text("none");
  const whole = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    ...[none, none, text("")],
    ...[uint32(1), text(own), text(secretHalf)],
  ]);
  const lines = whole.toString("base64").replace(/.{70}/g, "$&\n");
  return {
    privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`,
    publicKey: `${kind} ${own.toString("base64")} ${comment}`,
  };
}

function uint32(value: number): Buffer {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(value);
  return four;
}

const text = (value: string | Buffer): Buffer =>
  Buffer.concat([uint32(Buffer.byteLength(value)), Buffer.from(value)]);

/** With 1, 2, 3 … up to a whole number of eight bytes. */
function padded(data: Buffer): Buffer {
  const more = (8 - (data.length % 8)) % 8;
  return Buffer.concat([data, Buffer.from(Array.from({ length: more }, (_, index) => index + 1))]);
}
