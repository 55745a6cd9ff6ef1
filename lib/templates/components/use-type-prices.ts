"use client";

import { useEffect, useRef, useState } from "react";
import { useWatch } from "react-hook-form";
import type { TypePrice } from "@/lib/clouds";
import { typePricesAction } from "@/lib/clouds/actions";
import type { Catalogue } from "./use-catalogue";

type InstanceType = Catalogue["types"][number];
type Known = Record<string, TypePrice>;

/** So many at once: each is one or two calls of the account's few in a second. */
const atOnce = 10;

/** What the types on the screen cost, some at a time as they come into sight; undefined: not told yet. */
export function useTypePrices(shown: readonly InstanceType[]): (id: string) => TypePrice | undefined {
  const [hostId, spot] = useWatch({ name: ["hostId", "spot"] }) as [string, string];
  const [known, setKnown] = useState<Known>({});
  const asking = useRef(false);
  const withSpot = spot !== "never";
  // Another region or market has other prices.
  const keyOf = (id: string) => [hostId, withSpot, id].join(" ");
  useEffect(() => {
    const missing = shown.filter(({ id }) => !(keyOf(id) in known)).slice(0, atOnce);
    if (asking.current || missing.length === 0 || !hostId) return;
    asking.current = true;
    const types = missing.map(({ id, stock }) => ({
      id,
      spotZoneId: withSpot ? (stock.find(({ state }) => state !== "none")?.zoneId ?? null) : null,
    }));
    void typePricesAction({ hostId, types })
      .then((answer) => (answer.ok ? answer.data : []))
      .catch(() => [])
      .then((told) => {
        asking.current = false;
        const silent = missing.map(({ id }) => ({ id, price: null, spot: null }));
        const all = [...silent, ...told].map((price) => [keyOf(price.id), price] as const);
        setKnown((before) => ({ ...before, ...Object.fromEntries(all) }));
      });
  });
  return (id) => known[keyOf(id)];
}
