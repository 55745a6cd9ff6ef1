import { argon2, randomBytes, randomInt, timingSafeEqual } from "node:crypto";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";

// argon2id as OWASP asks for (ASVS 11.4.2): 19 MiB, two passes. Kept in PHC form, so that stronger
// settings can come later: a hash made with others is renewed at the next sign-in.
const settings = { memory: 19_456, passes: 2, parallelism: 1 };
const prefix = `$argon2id$v=19$m=${settings.memory},t=${settings.passes},p=${settings.parallelism}$`;

const derive = promisify(argon2);
const bare = (buffer: Buffer) => buffer.toString("base64").replace(/=+$/, "");

// The thread pool has four threads for everything: a class that signs in must not take them all.
const lanes = Math.max(1, Math.min(2, availableParallelism()));
let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= lanes) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

const message = (password: string) => password.normalize("NFKC");

export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16);
  const tag = await inTurn(() =>
    derive("argon2id", { ...settings, message: message(password), nonce, tagLength: 32 }),
  );
  return `${prefix}${bare(nonce)}$${bare(tag)}`;
}

const phc = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const match = phc.exec(hash);
  if (!match) return false;
  const [, memory, passes, parallelism, nonce = "", tag = ""] = match;
  const expected = Buffer.from(tag, "base64");
  const found = await inTurn(() =>
    derive("argon2id", {
      memory: Number(memory),
      passes: Number(passes),
      parallelism: Number(parallelism),
      message: message(password),
      nonce: Buffer.from(nonce, "base64"),
      tagLength: expected.length,
    }),
  );
  return timingSafeEqual(found, expected);
}

export const needsRehash = (hash: string): boolean => !hash.startsWith(prefix);

let decoy: Promise<string> | undefined;

/** Takes as long as a check of a real password: an unknown name must not answer sooner. */
export async function verifyNothing(password: string): Promise<false> {
  decoy ??= hashPassword(randomBytes(16).toString("hex"));
  await verifyPassword(password, await decoy);
  return false;
}

// No 0/O, 1/l/I, no vowels that spell words.
const alphabet = "bcdfghjkmnpqrstvwxyz23456789";

/** A one-time password that can be read aloud: 10 characters, about 48 bits. */
export const initialPassword = (): string =>
  Array.from({ length: 10 }, () => alphabet[randomInt(alphabet.length)]).join("");

/** An unused one-time password no longer opens the account after this. */
export const initialPasswordMs = 14 * 24 * 60 * 60 * 1000;
