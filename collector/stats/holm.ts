/**
 * p-values as they are when so many questions were asked at once: over endpoints × metrics, in the order given. Compare with the level as before.
 * Controls the chance of even one false alarm, however the questions hang together. NaN (not asked) stays NaN and does not count.
 * Source: S. Holm, "A simple sequentially rejective multiple test procedure" (1979).
 */
export function holm(pValues: readonly number[]): readonly number[] {
  const order = pValues.map((_, index) => index).filter((index) => !Number.isNaN(pValues[index]));
  order.sort((a, b) => (pValues[a] as number) - (pValues[b] as number));
  const adjusted = pValues.map(() => Number.NaN);
  let largest = 0;
  order.forEach((index, place) => {
    largest = Math.max(largest, Math.min(1, (pValues[index] as number) * (order.length - place)));
    adjusted[index] = largest;
  });
  return adjusted;
}
