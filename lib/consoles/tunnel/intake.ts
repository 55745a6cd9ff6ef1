import { connect, type Socket } from "node:net";

/**
 * Takes what was read. The bytes, and `room` bytes before them that may be written to, are lent until `done` is
 * called; nothing else is read into them before.
 */
export type Listener = (bytes: Buffer, done: () => void, room: number) => void;

const room = 16 * 1024;
const size = 64 * 1024;
/** Every connection reads into this one first: what lands here is copied before anybody else's does. */
const landing = Buffer.allocUnsafeSlow(size);
/** Those of busy connections, used again and again: a new one for each read costs more than all else here. */
const spare: Buffer<ArrayBuffer>[] = [];
const mostSpare = 64;

const take = () => spare.pop() ?? Buffer.allocUnsafeSlow(room + size).subarray(room);
const nothing = () => undefined;

function release(buffer: Buffer<ArrayBuffer>): void {
  if (spare.length < mostSpare) spare.push(buffer);
}

/** A TCP connection that is read into few buffers. While little comes it holds none. */
export class Intake {
  readonly socket: Socket;
  listener: Listener = (_bytes, done) => done();
  #next = landing;

  constructor(at: { host: string; port: number }) {
    const onread = {
      buffer: () => this.#next,
      callback: (bytes: number) => {
        this.#read(bytes);
        return true;
      },
    };
    this.socket = connect({ host: at.host, port: at.port, noDelay: true, onread });
  }

  #read(bytes: number): void {
    const buffer = this.#next;
    const read = buffer.subarray(0, bytes);
    // Half empty, a buffer that waits for a slow browser would hold more than it is known to.
    const much = bytes >= size / 2;
    this.#next = much ? take() : landing;
    if (much && buffer !== landing) this.listener(read, () => release(buffer), room);
    else {
      const copy = Buffer.from(read);
      if (buffer !== landing) release(buffer);
      this.listener(copy, nothing, 0);
    }
  }
}
