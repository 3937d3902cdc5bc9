/**
 * The order of two texts by their UTF-8 bytes, which is the one of code points: what remote write demands of labels. JavaScript's own
 * compares UTF-16 units, and puts 😱 (U+1F631, units D83D DE31) before ｆ (U+FF46).
 */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Halves of surrogate pairs stand for code points above U+FFFF: behind all other units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;
}
