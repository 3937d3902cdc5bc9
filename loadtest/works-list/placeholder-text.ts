import { mulberry32 } from "../api-server/works-data.ts";

const WORDS = ["amber", "bridge", "cedar", "delta", "ember", "fern", "grove", "harbor", "inlet", "juniper", "kettle", "lantern", "meadow", "north"];
/** By the number of bytes that a character takes in UTF-8, so that a list answer keeps its size. */
const WIDE = { 2: [..."éüößçñåø"], 3: [..."山水风云星月花木石桥灯船河林雨雪"], 4: [..."🌊🌲🌙🔔"] } as const;

/**
 * Made-up text with as many characters and bytes (UTF-8) as `text`, and nothing else of it: neither letters, nor where its words ended.
 * @param seed decides which text: the same seed and lengths give the same
 */
export function placeholderText(text: string, seed: number): string {
  const random = mulberry32(seed);
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item;
  const counts = { 1: 0, 2: 0, 3: 0, 4: 0 };
  for (const character of text) counts[widthOf(character)]++;
  let words = "";
  while (words.length < counts[1]) words += words === "" ? pick(WORDS) : ` ${pick(WORDS)}`;
  // A cut that ends in a space would be lost by whoever trims.
  const narrow = words.slice(0, counts[1]).replace(/ $/, "s");
  return ([3, 2, 4] as const).map((width) => Array.from({ length: counts[width] }, () => pick(WIDE[width])).join("")).join("") + narrow;
}

/** Half a surrogate pair is written as U+FFFD: three bytes. */
function widthOf(character: string): 1 | 2 | 3 | 4 {
  const code = character.codePointAt(0) as number;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x1_0000 ? 3 : 4;
}
