/** How long is waited for what, in ms; an object, because tests have less time. */
export const patience = {
  connect: 5_000,
  /** All of a handshake with guacd, which itself gives a step 15 s. */
  handshake: 10_000,
  /** guacd says `nop` every 5 s, whatever happens on the desktop. */
  guacdSilent: 12_000,
  /** From `ready`, which guacd says before it has reached the desktop, to the first picture. */
  picture: 30_000,
  /** A reload, a lost network or another device finds the same session again within this. */
  keep: 20_000,
  /** How often guacd hears of us at least; it drops who is silent for 15 s, and hidden pages are. */
  nop: 4_000,
  /** The line into the desktop; without it the desktop opens all the same. */
  agent: 3_000,
  check: 1_000,
  /** A browser that is not heard is gone: each `nop` of guacd makes even a hidden page speak, or ask for more. */
  browser: 30_000,
  /** An answer over HTTP of which nobody takes a byte; Node asks twice before it ends one. */
  answer: 20_000,
  /** A browser that takes nothing at all of what waits for it; a watcher's holds up the student's guacd too. */
  stalledOwner: 10_000,
  stalledOther: 4_000,
};
