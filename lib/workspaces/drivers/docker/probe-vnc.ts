import { createCipheriv } from "node:crypto";
import { converse } from "./converse";
import { desktopPassword } from "./desktop";

const vncAuth = 2;

/** RFB 3.8 up to and with the password: the desktop lets nobody in before it is drawn. */
export const probeVnc = (address: string, secret: string): Promise<boolean> =>
  converse(address, async ({ read, write }) => {
    const banner = (await read(12)).toString("latin1");
    if (!/^RFB 003\.00[78]\n$/.test(banner)) return false;
    write(Buffer.from("RFB 003.008\n", "latin1"));
    const count = (await read(1)).readUInt8(0);
    if (!(await read(count)).includes(vncAuth)) return false;
    write(Buffer.of(vncAuth));
    write(answerTo(await read(16), desktopPassword(secret)));
    return (await read(4)).readUInt32BE(0) === 0;
  });

/** VNC's answer: the challenge by DES, whose key is the password with the bits of each byte turned round. */
export function answerTo(challenge: Uint8Array, password: string): Buffer {
  const key = Buffer.alloc(8);
  key.write(password.slice(0, 8), "latin1");
  const turned = key.map((byte) =>
    Number.parseInt(byte.toString(2).padStart(8, "0").split("").reverse().join(""), 2),
  );
  // Three times DES with one key is DES, which OpenSSL no longer offers by itself.
  const cipher = createCipheriv("des-ede3-ecb", Buffer.concat([turned, turned, turned]), null);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(challenge), cipher.final()]);
}
