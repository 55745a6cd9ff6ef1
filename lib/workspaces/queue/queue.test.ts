import { describe, expect, it } from "vitest";
import { roundedWait } from "../components/wait-text";
import { forecastPlaces, forecastTurns, type Holder, quantile, remainingHolds } from "./forecast";
import { agingMs, fairOrder, type Waiting } from "./order";
import { fitsNowhere, overtakeMs, planPlaces, type Room } from "./plan";
import { isNews } from "./tell";

const now = Date.UTC(2026, 2, 2, 8);
let made = 0;
const waiting = (classId: string | null, since: number, more: Partial<Waiting> = {}): Waiting => {
  made++;
  const id = `w${String(made).padStart(4, "0")}`;
  return {
    id,
    classId,
    userId: `u-${id}`,
    memoryMb: 512,
    diskMb: 0,
    driver: "docker",
    hostId: null,
    sinceMs: since,
    ...more,
  };
};
const holding = (classId: string | null, userId = "somebody") => ({ classId, userId });
const room = (freeMemoryMb: number, more: Partial<Room> = {}): Room => ({
  id: "h1",
  driver: "docker",
  open: true,
  memoryMb: 4_096,
  freeMemoryMb,
  freeDiskMb: 10_000,
  ...more,
});
const names = (order: readonly Waiting[]) => order.map(({ classId }) => classId).join("");

/** A small seeded generator: a failing run can be had again. */
function dice(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe("order", () => {
  it("takes classes in turn, whoever of them waits longest first", () => {
    const a = [0, 1, 2].map((n) => waiting("A", now - 1_000 + n));
    const b = [10, 11].map((n) => waiting("B", now - 1_000 + n));
    expect(names(fairOrder([...b, ...a], [], now))).toBe("ABABA");
  });

  it("lets the class with the fewest running go first", () => {
    const a = [0, 1].map((n) => waiting("A", now - 1_000 + n));
    const b = [10, 11].map((n) => waiting("B", now - 1_000 + n));
    expect(names(fairOrder([...a, ...b], [holding("A"), holding("A")], now))).toBe("BBAA");
  });

  it("lets a student with nothing running go before one who has something, within a class", () => {
    const busy = waiting("A", now - 2_000, { userId: "busy" });
    const free = waiting("A", now - 1_000);
    expect(fairOrder([busy, free], [holding("A", "busy")], now).map(({ id }) => id)).toEqual([
      free.id,
      busy.id,
    ]);
    // Not for ever: ten minutes of waiting count more.
    const old = { ...busy, sinceMs: now - 700_000 };
    expect(fairOrder([old, free], [holding("A", "busy")], now)[0]?.id).toBe(old.id);
  });

  it("counts waiting: nobody stands behind a class that comes and goes", () => {
    const old = waiting("A", now - agingMs - 1);
    const young = waiting("B", now);
    expect(names(fairOrder([young, old], [holding("A")], now))).toBe("AB");
    expect(names(fairOrder([young, { ...old, sinceMs: now - 1 }], [holding("A")], now))).toBe("BA");
  });

  it("treats everybody without a class as a class of their own", () => {
    const own = waiting(null, now - 10);
    const a = [waiting("A", now - 30), waiting("A", now - 20)];
    expect(fairOrder([...a, own], [], now).map(({ classId }) => classId)).toEqual(["A", null, "A"]);
  });
});

describe("plan", () => {
  const big = (since: number) => waiting("A", since, { memoryMb: 2_048 });

  it("fills the emptiest host first and none beyond its memory or disk", () => {
    const hosts = [room(1_000), room(1_500, { id: "h2" })];
    const order = [0, 1, 2, 3].map(() => waiting("A", now));
    expect([...planPlaces(order, hosts, now).values()]).toEqual(["h2", "h1", "h2"]);
    const disk = [room(4_096, { freeDiskMb: 100 })];
    const homes = order.map((one) => ({ ...one, diskMb: 64 }));
    expect(planPlaces(homes, disk, now).size).toBe(1);
  });

  it("lets small ones overtake a big one for a minute, then keeps the host free for it", () => {
    const small = waiting("A", now);
    expect([...planPlaces([big(now - overtakeMs + 1), small], [room(1_000)], now).keys()]).toEqual([
      small.id,
    ]);
    expect(planPlaces([big(now - overtakeMs), small], [room(1_000)], now).size).toBe(0);
    const other = [room(1_000), room(600, { id: "h2" })];
    expect([...planPlaces([big(now - overtakeMs), small], other, now).values()]).toEqual(["h2"]);
  });

  it("holds nobody up for disk, which waiting does not bring", () => {
    const home = waiting("A", now - 10 * overtakeMs, { diskMb: 20_000 });
    const small = waiting("A", now);
    expect([...planPlaces([home, small], [room(1_000)], now).keys()]).toEqual([small.id]);
  });

  it("goes where the home lies, and nowhere else", () => {
    const pinned = waiting("A", now, { hostId: "h2" });
    expect(planPlaces([pinned], [room(4_000), room(100, { id: "h2" })], now).size).toBe(0);
    expect(planPlaces([pinned], [room(0), room(600, { id: "h2" })], now).get(pinned.id)).toBe("h2");
    expect(planPlaces([pinned], [room(600, { id: "h2", open: false })], now).size).toBe(0);
  });

  it("goes to a host of the kind that it needs", () => {
    const cloud = room(1, { id: "region", driver: "ecs", memoryMb: 60 });
    const desktop = waiting("A", now, { driver: "ecs", hostId: "region", memoryMb: 1 });
    const notebook = waiting("A", now, { memoryMb: 1 });
    const places = planPlaces([desktop, notebook], [cloud, room(600)], now);
    expect([places.get(desktop.id), places.get(notebook.id)]).toEqual(["region", "h1"]);
    expect(planPlaces([{ ...desktop, hostId: "h1" }], [cloud, room(600)], now).size).toBe(0);
  });

  it("knows what fits nowhere ever, and waits for hosts that it does not know", () => {
    const host = { id: "h1", driver: "docker", memoryMb: 2_048, diskMb: 1_000, known: true } as const;
    const asks = { driver: "docker", memoryMb: 4_096, hostId: null, homeMb: 100 } as const;
    expect(fitsNowhere(asks, [host])).toBe(true);
    expect(fitsNowhere(asks, [host, { ...host, id: "h2", memoryMb: 4_096 }])).toBe(false);
    expect(fitsNowhere(asks, [host, { ...host, id: "h2", known: false }])).toBe(false);
    expect(fitsNowhere(asks, [])).toBe(false);
    expect(fitsNowhere({ ...asks, memoryMb: 512, homeMb: 2_000 }, [host])).toBe(true);
    expect(fitsNowhere({ ...asks, memoryMb: 512, homeMb: 2_000, hostId: "h1" }, [host])).toBe(false);
  });
});

describe("any arrivals", () => {
  // Ninety minutes of arrivals of all sizes, as many as two hosts can just bear, and time to end.
  it.each([1, 2, 3, 4])("seed %i: nobody starves, nothing is promised twice, classes take turns", (seed) => {
    const die = dice(seed);
    const rooms = [room(2_048, { memoryMb: 2_048 }), room(1_536, { id: "h2", memoryMb: 1_536 })];
    const held: (Holder & { classId: string | null; endsMs: number })[] = [];
    let left: Waiting[] = [];
    let [longest, placed, least, complete] = [0, 0, Number.POSITIVE_INFINITY, true];
    for (let second = 0; second < 10_800; second += 5) {
      const at = now + second * 1_000;
      for (const one of held.filter(({ endsMs }) => endsMs <= at)) {
        const host = rooms.find(({ id }) => id === one.hostId);
        if (host) host.freeMemoryMb += one.memoryMb;
        held.splice(held.indexOf(one), 1);
      }
      // One class is many, one is few, some have big ones.
      if (second < 5_400 && die(100) < 14) {
        const classId = ["A", "A", "A", "A", "B", null][die(6)] ?? null;
        left.push(waiting(classId, at, { memoryMb: [512, 512, 512, 1_536][die(4)] ?? 512 }));
      }
      const order = fairOrder(left, held, at);
      complete &&= new Set(order.map(({ id }) => id)).size === left.length;
      const places = planPlaces(order, rooms, at);
      for (const one of left) {
        const host = rooms.find(({ id }) => id === places.get(one.id));
        if (!host) continue;
        host.freeMemoryMb -= one.memoryMb;
        least = Math.min(least, host.freeMemoryMb);
        held.push({ ...one, hostId: host.id, freesAtMs: null, endsMs: at + (60 + die(240)) * 1_000 });
        placed++;
      }
      left = left.filter(({ id }) => !places.has(id));
      for (const one of left) longest = Math.max(longest, at - one.sinceMs);
    }
    expect(complete).toBe(true);
    expect(least).toBeGreaterThanOrEqual(0);
    expect(longest).toBeLessThan(60 * 60_000);
    expect(placed).toBeGreaterThan(100);
    expect(left).toEqual([]);
  });
});

describe("forecast", () => {
  const holder = (freesAtMs: number | null, memoryMb = 512): Holder => ({
    classId: "A",
    userId: "x",
    hostId: "h1",
    memoryMb,
    freesAtMs,
  });
  const full = room(0, { memoryMb: 1_024 });

  it("gives each the moment when room comes by the queue's own rules", () => {
    const queue = [1, 2, 3].map((n) => ({ ...waiting("A", now - 100 + n), holdMs: 60_000 }));
    const holders = [holder(now + 30_000), holder(now + 50_000)];
    expect([...forecastPlaces(queue, holders, [full], now).values()]).toEqual([
      now + 30_000,
      now + 50_000,
      now + 90_000,
    ]);
  });

  it("promises nothing where nobody knows the end", () => {
    const queue = [1, 2].map((n) => ({ ...waiting("A", now - 100 + n), holdMs: null }));
    const expected = forecastPlaces(queue, [holder(null), holder(now + 1_000)], [full], now);
    expect([...expected.keys()]).toEqual([queue[0]?.id]);
  });

  it("knows that the first of many who began together goes early", () => {
    const history = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100].map((n) => n * 1_000);
    const rest = remainingHolds([0, 0, 0, 0, 0], history).map((ms) => Math.round((ms ?? 0) / 1_000));
    expect(rest).toEqual([15, 35, 55, 75, 95]);
    expect(remainingHolds([95_000], history)).toEqual([5_000]);
    expect(remainingHolds([200_000], history)).toEqual([20_000]);
    expect(remainingHolds([0], [1_000, 2_000])).toEqual([null]);
    expect(quantile([], 0.5)).toBeNull();
  });

  it("tells turns to boot by those that boot now", () => {
    expect(forecastTurns(3, [now - 3_000, now - 1_000], 2, 4_000, now)).toEqual([
      now + 1_000,
      now + 3_000,
      now + 5_000,
    ]);
    // One overdue, and a free turn.
    expect(forecastTurns(2, [now - 9_000], 2, 4_000, now)).toEqual([now, now + 400]);
  });
});

describe("words", () => {
  it("rounds a wait as people say it", () => {
    expect([-5, 1, 12_000, 90_000, 91_000, 3_600_000, 7_200_000].map(roundedWait)).toEqual([
      null,
      { unit: "seconds", value: 5 },
      { unit: "seconds", value: 15 },
      { unit: "seconds", value: 90 },
      { unit: "minutes", value: 2 },
      { unit: "minutes", value: 60 },
      { unit: "hours", value: 2 },
    ]);
  });
});

describe("news", () => {
  const told = (was: number | null, is: number | null) => {
    const line = { id: "w", userId: null, experimentId: null, position: is, until: null };
    return isNews({ ...line, before: { position: was, until: null } }, now);
  };
  it("is each place for the first fifty, and further back what is worth a message", () => {
    expect([told(2, 1), told(26, 25), told(null, 400), told(3, null)]).toEqual([true, true, true, true]);
    expect(told(3, 3)).toBe(false);
    expect(told(401, 400)).toBe(false);
    expect(told(416, 400)).toBe(true);
  });
  it("costs a line of 500 some 90 messages each, not 500", () => {
    let position = 500;
    let messages = 0;
    for (let place = 499; place > 0; place--)
      if (told(position, place)) {
        messages++;
        position = place;
      }
    expect(messages).toBeLessThan(100);
  });
});
