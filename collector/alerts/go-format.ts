/** How Go prints numbers, which templates of Prometheus' annotations depend on (fmt, strconv ftoa.go). */

/** `%g`; without `precision` the fewest digits that tell the number apart, as `{{ $value }}` prints it. */
export function formatG(value: number, precision?: number): string {
  const special = formatSpecial(value);
  if (special !== undefined) return special;
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const text = precision === undefined ? value.toExponential() : value.toExponential(Math.max(precision, 1) - 1);
  const found = /^(-?)(\d)(?:\.(\d+))?e([-+]\d+)$/.exec(text);
  const [, sign = "", whole = "", fraction = "", power = "0"] = found ?? [];
  const digits = `${whole}${fraction}`.replace(/0+$/, "");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= (precision === undefined ? SHORTEST_LIMIT : Math.max(precision, 1))) {
    const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
    return `${sign}${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const padded = digits.padEnd(exponent + 1, "0");
  return padded.length > exponent + 1 ? `${sign}${padded.slice(0, exponent + 1)}.${padded.slice(exponent + 1)}` : `${sign}${padded}`;
}

/** From this exponent on the shortest form is written with `e`. */
const SHORTEST_LIMIT = 6;

function formatSpecial(value: number): string | undefined {
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : undefined;
}

/** The verbs of Printf that annotations use: `%s %v %d %f %g %e %q %%`, with a precision. Unknown ones stay as they are. */
export function printf(format: string, given: readonly (string | number)[]): string {
  let next = 0;
  return format.replace(/%(-?)(\d*)(?:\.(\d+))?([a-zA-Z%])/g, (whole, minus: string, width: string, precision: string | undefined, verb: string) => {
    if (verb === "%") return "%";
    const argument = given[next++];
    if (argument === undefined) return `%!${verb}(MISSING)`;
    const text = formatVerb(verb, argument, precision === undefined ? undefined : Number(precision)) ?? whole;
    return minus === "" ? text.padStart(Number(width)) : text.padEnd(Number(width));
  });
}

function formatVerb(verb: string, argument: string | number, precision: number | undefined): string | undefined {
  if (typeof argument === "string") {
    if (verb === "q") return JSON.stringify(argument);
    return verb === "s" || verb === "v" ? argument.slice(0, precision) : `%!${verb}(string=${argument})`;
  }
  switch (verb) {
    case "v":
    case "g":
      return formatG(argument, precision);
    case "f":
      return formatSpecial(argument) ?? argument.toFixed(precision ?? 6);
    case "e": {
      const text = argument.toExponential(precision ?? 6);
      return formatSpecial(argument) ?? text.replace(/e([-+])(\d)$/, "e$10$2");
    }
    default:
      return `%!${verb}(float64=${formatG(argument)})`;
  }
}
