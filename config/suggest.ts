/** The candidate with the fewest edits from `word`, if few enough to be a slip of the finger: one for short words, up to three for long ones. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const lower = word.toLowerCase();
  const limit = word.length <= 3 ? 1 : word.length <= 7 ? 2 : 3;
  let best: string | undefined;
  let fewest = limit + 1;
  for (const candidate of candidates) {
    const edits = editDistance(lower, candidate.toLowerCase());
    if (edits < fewest) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}

/** `did you mean "http"? Known here: grpc, http`; undefined when there is nothing to offer. */
export function didYouMean(word: string, candidates: readonly string[], known = "known here"): string | undefined {
  if (candidates.length === 0) return undefined;
  const near = nearest(word, candidates);
  const list = `${known}: ${[...candidates].sort().join(", ")}`;
  return near === undefined ? list : `did you mean "${near}"? ${list}`;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let edits = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) edits = Math.min(edits, (beforeLast[j - 2] ?? 0) + 1);
      row.push(edits);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
