import { expect, it } from "vitest";
import { dateToTime, parseDate } from "./date.ts";

const NOW = Date.UTC(2026, 10, 30, 9, 0, 0, 250);
const sec = (y: number, m: number, d: number, h = 0, min = 0, s = 0): number => Date.UTC(y, m - 1, d, h, min, s) / 1000;

it.each([
  ["now", sec(2026, 11, 30, 9), 250_000_000],
  ["@0", 0, 0],
  ["@1700000000.5", 1700000000, 500_000_000],
  ["@1.000000001", 1, 1],
  ["2027-03-01", sec(2027, 3, 1), 0],
  ["2028-02-29T23:59", sec(2028, 2, 29, 23, 59), 0],
  ["2027-03-01 12:30:05.25", sec(2027, 3, 1, 12, 30, 5), 250_000_000],
  ["2027-03-01T12:30:00+02:00", sec(2027, 3, 1, 10, 30), 0],
  ["2027-03-01T12:30:00-0130", sec(2027, 3, 1, 14), 0],
])("%s", (text, s, ns) => {
  expect(parseDate(text, NOW)).toEqual({ sec: s, nsec: ns });
});

it.each([
  "",
  "tomorrow",
  "@-1",
  "@",
  "@99999999999",
  "@1e9",
  "2027",
  "2027-13-01",
  "2027-02-30",
  "1969-12-31",
  "2300-01-01",
  "2027-03-01T25:00",
])("refuses %j", (text) => {
  expect(parseDate(text, NOW)).toBeNull();
});

it("a Date of the library", () => {
  expect(dateToTime(new Date(1500))).toEqual({ sec: 1, nsec: 500_000_000 });
  expect(() => dateToTime(new Date(-1))).toThrow(RangeError);
  expect(() => dateToTime(new Date(Number.NaN))).toThrow(RangeError);
});
