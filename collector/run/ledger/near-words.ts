/** Share of the letter pairs that two words must have in common to be told as near: a swap of two letters in a word of five leaves 0.33. */
const NEAR = 0.33;

/**
 * Candidates that a person may have meant, nearest first: those that contain the word, then those that share its pairs of letters.
 * Source: Dice's coefficient over bigrams (L. R. Dice, 1945).
 */
export function nearWords(word: string, candidates: Iterable<string>): readonly string[] {
  const lower = word.toLowerCase();
  return [...candidates]
    .map((candidate) => ({ candidate, score: likeness(lower, candidate.toLowerCase()) }))
    .filter(({ score }) => score >= NEAR)
    .sort((a, b) => b.score - a.score || (a.candidate < b.candidate ? 1 : -1))
    .map(({ candidate }) => candidate);
}

function likeness(word: string, candidate: string): number {
  if (word !== "" && candidate.includes(word)) return 1;
  const [a, b] = [pairsOf(word), pairsOf(candidate)];
  const common = [...a].filter((pair) => b.has(pair)).length;
  return a.size + b.size === 0 ? 0 : (2 * common) / (a.size + b.size);
}

/** With an end on both sides, so that first and last letters count. */
function pairsOf(word: string): ReadonlySet<string> {
  const whole = ` ${word} `;
  return new Set(Array.from({ length: whole.length - 1 }, (_, index) => whole.slice(index, index + 2)));
}
