import { converse } from "./converse";

const connectionConfirm = 0xd0;
// TPKT around an X.224 connection request that offers TLS.
const hello = Buffer.from("030000130ee000000000000100080001000000", "hex");

/** The X.224 handshake: who answers it is an RDP server that takes connections. */
export const probeRdp = (address: string): Promise<boolean> =>
  converse(address, async ({ read, write }) => {
    write(hello);
    const head = await read(4);
    const length = head.readUInt16BE(2);
    if (head.readUInt8(0) !== 3 || length < 11 || length > 64) return false;
    return (await read(length - 4)).readUInt8(1) === connectionConfirm;
  });
