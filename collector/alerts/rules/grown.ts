/**
 * A counter that has grown within the window, or was born in it. `increase` takes the first sample as its base, so what stood in it is lost;
 * a series that did not exist one window ago gives its whole value.
 */
export function grown(selector: string, by: string, window: string): string {
  return `sum ${by} (increase(${selector}[${window}])) > 0
or (sum ${by} (${selector}) > 0 unless sum ${by} (${selector} offset ${window}))`;
}
