import { describe, expect, test } from "vitest";
import { bind, ExpressionError, evaluate, indexable, parseExpr, usesAsync } from "./expr";

const event = { name: "e", data: { id: "x1", n: 2, ok: true, deep: { a: "b" }, list: [1] } };
const async = { name: "f", data: { id: "x1", n: 3 } };

test.each<[string, unknown]>([
  ["event.data.id", "x1"],
  ["event.data.id == async.data.id", true],
  ["event.data.n == async.data.n", false],
  ["event.data.n != async.data.n", true],
  ["event.data.id == 'x1' && event.data.ok", true],
  ["event.data.id == 'no' || event.data.n == 2", true],
  ["event.data.n == 1 || event.data.n == 2 && event.data.ok == false", false],
  ["(event.data.n == 1 || event.data.n == 2) && event.data.ok == true", true],
  ["event.data.id + '/' + event.data.deep.a", "x1/b"],
  ["event.data.n + 1", 3],
  ["event.data.missing == null", true],
  ["event.data.missing.deeper == 'x'", false],
  ["event.data.n == '2'", false],
  ["'it\\'s' == \"it's\"", true],
  ["event.data.constructor == null", true],
])("%s gives %j", (source, value) => expect(evaluate(parseExpr(source), { event, async })).toBe(value));

describe("refused", () => {
  test.each([
    "event.data.n > 1",
    "event.data.list.exists(x, x == 1)",
    "size(event.data.list)",
    "!event.data.ok",
    "data.id",
    "event",
    "event.data.id ==",
    "(event.data.n",
    "event.data.a event.data.b",
    "event.data['id']",
    "",
  ])("%s", (source) => expect(() => parseExpr(source)).toThrow(ExpressionError));
});

test("binding leaves only async open, and gives an equality to find it by", () => {
  const bound = bind(parseExpr("event.data.id == async.data.id && async.data.n == 3"), event);
  expect(evaluate(bound, { async })).toBe(true);
  expect(evaluate(bound, { async: { data: { id: "x2", n: 3 } } })).toBe(false);
  expect(indexable(bound)).toEqual({ path: "data.id", value: "x1" });
});

test("a condition with || or without equality has no index", () => {
  expect(indexable(parseExpr("async.data.a == 1 || async.data.b == 2"))).toBeUndefined();
  expect(indexable(parseExpr("async.data.ok"))).toBeUndefined();
});

test("async is found wherever it stands", () => {
  expect(usesAsync(parseExpr("event.data.a == 1 && async.data.b == 2"))).toBe(true);
  expect(usesAsync(parseExpr("event.data.a == 1"))).toBe(false);
});
