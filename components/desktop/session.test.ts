import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Connection, ConnectionEvents, Transport } from "./connection";
import { DesktopSession, type Entrance } from "./session";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const ticket: Entrance = { kind: "ticket", ticket: "t" };

function desk(entrances: Entrance[] = []) {
  const opened: { transport: Transport; events: ConnectionEvents; close: () => void }[] = [];
  const enter = vi.fn(async () => entrances.shift() ?? ticket);
  const session = new DesktopSession({
    enter,
    connect: (transport, _, events) => {
      const connection = { transport, events, close: vi.fn() };
      opened.push(connection);
      return connection as unknown as Connection;
    },
    opened: () => undefined,
    lost: () => undefined,
    events: { clipboard: () => undefined, resized: () => undefined, cursor: () => undefined },
  });
  const last = () => {
    const connection = opened.at(-1);
    if (!connection) throw new Error("nothing was opened");
    return connection;
  };
  return { session, opened, enter, last };
}

const state = (session: DesktopSession) => session.get().state;

test("comes back at once, then after a wait that it tells, with a ticket each", async () => {
  const { session, last, enter, opened } = desk();
  session.start();
  await vi.advanceTimersByTimeAsync(0);
  last().events.open();
  expect(state(session)).toEqual({ kind: "open" });
  last().events.closed(0x208, true);
  expect(state(session)).toMatchObject({ kind: "returning", closing: "gateway", attempt: 1, retryAt: null });
  await vi.advanceTimersByTimeAsync(0);
  last().events.closed(0x208, true);
  expect(state(session)).toMatchObject({ attempt: 2, retryAt: Date.now() + 1000 });
  await vi.advanceTimersByTimeAsync(1000);
  expect(opened).toHaveLength(3);
  expect(enter).toHaveBeenCalledTimes(3);
  last().events.open();
  last().events.closed(0x208, true);
  expect(state(session)).toMatchObject({ attempt: 1 });
});

test("does not wait when the network is back, or a person says so", async () => {
  const { session, last, opened } = desk();
  session.start();
  await vi.advanceTimersByTimeAsync(0);
  last().events.closed(0x202, true);
  await vi.advanceTimersByTimeAsync(0);
  last().events.closed(0x202, true);
  session.hurry();
  expect(state(session)).toMatchObject({ kind: "returning", retryAt: null });
  await vi.advanceTimersByTimeAsync(0);
  expect(opened).toHaveLength(3);
  session.hurry();
  await vi.advanceTimersByTimeAsync(0);
  expect(opened).toHaveLength(3);
});

test("a network without WebSockets gets plain requests after the second try", async () => {
  const { session, last } = desk();
  session.start();
  await vi.advanceTimersByTimeAsync(0);
  last().events.closed(0x207, false);
  await vi.advanceTimersByTimeAsync(0);
  expect(last().transport).toBe("socket");
  last().events.closed(0x207, false);
  await vi.advanceTimersByTimeAsync(1000);
  expect(last().transport).toBe("http");
});

test("what does not mend itself waits for a person", async () => {
  const { session, last, opened } = desk();
  session.start();
  await vi.advanceTimersByTimeAsync(0);
  last().events.closed(0x20b, true);
  expect(state(session)).toEqual({ kind: "closed", closing: "ended" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(opened).toHaveLength(1);
  session.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(opened).toHaveLength(2);
});

test("who is signed out or refused is told so; a service that restarts is asked again", async () => {
  const error = { code: "conflict", key: "consoles.ended" };
  const { session } = desk([
    { kind: "refused", error: { code: "unavailable", key: "unavailable" }, later: true },
    { kind: "refused", error, later: false },
    { kind: "signedOut" },
  ]);
  session.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(state(session)).toEqual({ kind: "refused", error });
  session.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(state(session)).toEqual({ kind: "signedOut" });
});

test("stopped, it hears nothing any more", async () => {
  const { session, last, opened } = desk();
  session.start();
  await vi.advanceTimersByTimeAsync(0);
  session.stop();
  expect(last().close).toHaveBeenCalled();
  last().events.closed(0x202, true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(opened).toHaveLength(1);
});
