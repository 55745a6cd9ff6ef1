import { plainText } from "./username";

/** Why a chosen password is refused, as the name of its sentence; undefined when it is good. */
export type PasswordFault = "tooShort" | "tooLong" | "common" | "personal" | "school";

const shortest = 8;
const longest = 128;

// What guessers try first, also with a year or a few signs added (see `stem`).
const common = new Set(
  `password passw0rd passwort qwerty qwertyuiop qwertyui asdfghjkl asdfgh zxcvbnm zxcvbn qazwsx qazwsxedc 1qaz2wsx
  1q2w3e4r 1q2w3e4r5t iloveyou woaini woaini1314 5201314 1314520 admin administrator root welcome letmein login abc abcd
  abcdef abcdefg abcdefgh aa a ab test tester testtest guest student teacher user users changeme default secret dragon
  monkey master shadow sunshine princess football baseball superman batman trustno1 hello helloworld freedom whatever
  computer internet michael jordan charlie killer pass pass1word asd zxc qwe qweasd qweasdzxc qwer asdf zhang wang nihao
  mima google baidu alibaba tencent weixin`.split(/\s+/),
);

const school = [
  "labyard",
  "university",
  "college",
  "school",
  "campus",
  "daxue",
  "xuexiao",
  "xueyuan",
  "shiyan",
  "shiyanchang",
  "shiyanshi",
  "laboratory",
  "uni",
  "大学",
  "学校",
  "学院",
  "实验场",
  "实验室",
];

/** The word of a password, without the digits and signs that people put around it. */
const stem = (password: string) => password.replace(/^[\d\p{P}\p{S}]+|[\d\p{P}\p{S}]+$/gu, "");

const isRun = (text: string): boolean => {
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0);
  const steps = new Set(codes.slice(1).map((code, index) => code - (codes[index] ?? 0)));
  if (steps.size === 1 && [0, 1, -1].includes([...steps][0] ?? 9)) return true;
  // One to four characters said again and again: abcabcabc, 123123123.
  return /^(.{1,4}?)\1+$/u.test(text);
};

const digitsOnly = /^(19|20)?\d{6,8}$/;
const commonDigits = new Set([
  "1234567890",
  "0123456789",
  "0987654321",
  "12345678910",
  "1122334455",
  "147258369",
  "789456123",
  "123456789a",
]);

/** Length and guessability only (ASVS 6.2): no rules about kinds of characters. */
export function passwordFault(
  password: string,
  person: { username: string; number?: string | null; name?: string | null; email?: string | null },
): PasswordFault | undefined {
  const length = [...password.normalize("NFKC")].length;
  if (length < shortest) return "tooShort";
  if (length > longest || Buffer.byteLength(password) > longest * 4) return "tooLong";
  const text = password.normalize("NFKC").toLowerCase();
  const word = stem(text);
  const own = [person.username, person.number, person.name, person.email?.split("@")[0]]
    .map((part) => plainText(part ?? "").toLowerCase())
    .filter((part) => part.length > 0);
  for (const part of own) {
    if (text === part || (part.length >= 4 && text.includes(part) && length - part.length < 6))
      return "personal";
    if (word === part) return "personal";
    if (text === [...part].reverse().join("")) return "personal";
  }
  if (isRun(text) || commonDigits.has(text) || digitsOnly.test(text)) return "common";
  if (word === "" ? length < 12 : common.has(word) || common.has(text)) return "common";
  if (school.some((name) => word === name || (text.includes(name) && length - name.length < 5)))
    return "school";
  return undefined;
}
