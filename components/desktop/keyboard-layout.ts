/** A US keyboard as Guacamole's on-screen keyboard wants it: which keys there are, and how they lie. */

type Key = { title: string; keysym?: number; requires?: string[]; modifier?: string };

const shift = ["shift"];
const pairs: Record<string, string> = {
  "`": "~",
  "1": "!",
  "2": "@",
  "3": "#",
  "4": "$",
  "5": "%",
  "6": "^",
  "7": "&",
  "8": "*",
  "9": "(",
  "0": ")",
  "-": "_",
  "=": "+",
  "[": "{",
  "]": "}",
  "\\": "|",
  ";": ":",
  "'": '"',
  ",": "<",
  ".": ">",
  "/": "?",
};
const letters = [..."abcdefghijklmnopqrstuvwxyz"];

const both = (plain: string, shifted: string): Key[] => [
  { title: plain },
  { title: shifted, requires: shift },
];
const named = (title: string, keysym: number, modifier?: string): Key => ({ title, keysym, modifier });

const keys: Record<string, Key[] | Key> = {
  ...Object.fromEntries(Object.entries(pairs).map(([plain, shifted]) => [plain, both(plain, shifted)])),
  ...Object.fromEntries(letters.map((letter) => [letter, both(letter, letter.toUpperCase())])),
  ...Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [`F${index + 1}`, named(`F${index + 1}`, 0xffbe + index)]),
  ),
  Esc: named("Esc", 0xff1b),
  Tab: named("Tab", 0xff09),
  Back: named("⌫", 0xff08),
  Del: named("Del", 0xffff),
  Enter: named("Enter", 0xff0d),
  Caps: named("Caps", 0xffe5),
  Shift: named("Shift", 0xffe1, "shift"),
  Ctrl: named("Ctrl", 0xffe3, "control"),
  Super: named("Super", 0xffeb, "super"),
  Alt: named("Alt", 0xffe9, "alt"),
  Space: named("Space", 0x20),
  Up: named("↑", 0xff52),
  Down: named("↓", 0xff54),
  Left: named("←", 0xff51),
  Right: named("→", 0xff53),
  Home: named("Home", 0xff50),
  End: named("End", 0xff57),
};

const rows = [
  ["Esc", ..."123456".split("").map((digit) => `F${digit}`), "F7", "F8", "F9", "F10", "F11", "F12", "Del"],
  ["`", ..."1234567890-=".split(""), "Back"],
  ["Tab", ..."qwertyuiop[]\\".split("")],
  ["Caps", ..."asdfghjkl;'".split(""), "Enter"],
  ["Shift", ..."zxcvbnm,./".split(""), "Up", "End"],
  ["Ctrl", "Super", "Alt", "Space", "Home", "Left", "Down", "Right"],
];

export const keyboardLayout = {
  language: "en_US",
  type: "qwerty",
  width: 15,
  keys,
  keyWidths: {
    Esc: 1.5,
    Del: 1.5,
    Back: 2,
    Tab: 1.5,
    "\\": 1.5,
    Caps: 1.75,
    Enter: 2.25,
    Shift: 2,
    End: 2,
    Ctrl: 1.5,
    Super: 1.5,
    Alt: 1.5,
    Space: 6,
    Home: 1.5,
  },
  layout: rows,
};
