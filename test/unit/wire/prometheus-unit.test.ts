import { describe, expect, test } from "vitest";
import { ucumUnit, unitName } from "../../../collector/wire/prometheus-unit.ts";

const words = (unit: string) => unitName(unit, false);

describe("units, row by row (otlptranslator unit_namer.go)", () => {
  test("unit: split at the first slash, halves trimmed, a half in braces dropped", () => {
    expect(words(" By / s ")).toBe("bytes_per_second");
    expect(words("a/b/c")).toBe("a_per_b_c");
    expect(words("{request}/s")).toBe("per_second");
    expect(words("By/{packet}")).toBe("bytes");
    expect(words("{a}b")).toBe("");
    expect(words("/")).toBe("");
  });

  test.each([
    ["d h min s ms us ns", "days hours minutes seconds milliseconds microseconds nanoseconds"],
    ["By KiBy MiBy GiBy TiBy KBy MBy GBy TBy", "bytes kibibytes mebibytes gibibytes tibibytes kilobytes megabytes gigabytes terabytes"],
    ["m V A J W g Cel Hz %", "meters volts amperes joules watts grams celsius hertz percent"],
  ])("main units: %s", (units, expected) => {
    expect(units.split(" ").map(words)).toEqual(expected.split(" "));
    expect(words("1")).toBe("");
  });

  test("main units, traps: Prometheus' server says tibibytes and does not know kBy; the specification does otherwise", () => {
    expect(words("TiBy")).toBe("tibibytes");
    expect(words("kBy")).toBe("kBy");
    expect(unitName("TiBy", false, "specification")).toBe("tebibytes");
    expect(unitName("kBy/s", false, "specification")).toBe("kilobytes_per_second");
    expect(unitName("MBy", false, "specification")).toBe("megabytes");
  });

  test("per units: m is a minute here, and min is unknown", () => {
    const pers = ["s", "m", "h", "d", "w", "mo", "y", "min"].map((per) => words(`1/${per}`));
    expect(pers).toEqual(["second", "minute", "hour", "day", "week", "month", "year", "min"].map((word) => `per_${word}`));
  });

  test("metadata unit: the word form, cleaned unless names may be UTF-8", () => {
    expect(words("°F")).toBe("F");
    expect(unitName("°F", true)).toBe("°F");
    expect(unitName("km/h", true)).toBe("km_per_hour");
    expect(words("__test $/°C")).toBe("test__per_C");
  });
});

describe("Prometheus' words back into UCUM (the specification's table)", () => {
  test("every word of the specification comes back as its unit", () => {
    for (const unit of ["d", "min", "KiBy", "TiBy", "kBy", "TBy", "m", "Cel", "Hz", "%", "m/s", "By/d", "GBy/mo"]) {
      expect(ucumUnit(unitName(unit, false, "specification"))).toBe(unit);
    }
  });

  test("ratio is 1, Prometheus' own spelling is understood, and unknown words stay", () => {
    expect(ucumUnit("ratio")).toBe("1");
    expect(ucumUnit("tibibytes")).toBe("TiBy");
    expect(ucumUnit("bananas_per_day")).toBe("bananas/d");
    expect(ucumUnit("bananas")).toBe("bananas");
    expect(ucumUnit("")).toBe("");
  });
});
