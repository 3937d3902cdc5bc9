/** One row of `puzzle_work_profile` or `custom_world_profile`, as lists show it. */
export interface WorkProfile {
  readonly profile_id: string;
  readonly owner_user_id: string;
  readonly author_display_name: string;
  readonly public_work_code: string;
  readonly title: string;
  readonly summary: string;
  readonly theme_tags: readonly string[];
  readonly cover_image_url: string;
  readonly publication_status: "published" | "draft";
  readonly published_at: string | null;
  readonly updated_at: string;
  readonly play_count: number;
  readonly like_count: number;
}

/** Plays of one public work on one day, which list reads sum up per work. */
export interface DailyPlays {
  readonly source_type: "puzzle" | "custom_world";
  readonly profile_id: string;
  /** Days since 1970-01-01 UTC. */
  readonly played_day: number;
  readonly count: number;
}

export interface Tables {
  readonly puzzle_work_profile: readonly WorkProfile[];
  readonly custom_world_profile: readonly WorkProfile[];
  readonly public_work_play_daily_stat: readonly DailyPlays[];
}

/** The day all data ends at: 2026-05-12. */
export const LAST_DAY = 20_585;
const MS_PER_DAY = 86_400_000;
const TAGS = ["mystery", "city", "forest", "robots", "ocean", "night", "winter", "detective", "garden", "clockwork"];
const THINGS = ["Lighthouse", "Library", "Harbour", "Orchard", "Observatory", "Tramway", "Workshop", "Archive"];

/**
 * 80 published puzzles, 4 drafts and 1 custom world with made-up people and texts: the size of the load test's data set, and the same
 * rows for the same seed on every machine.
 */
export function makeTables(seed = 7): Tables {
  const random = mulberry32(seed);
  const puzzles = Array.from({ length: 84 }, (_, index) => makeWork(random, "puzzle", index, index < 80));
  const worlds = [makeWork(random, "world", 0, true)];
  const plays: DailyPlays[] = [];
  for (const work of puzzles) {
    for (let day = 0; day < 14; day++) {
      plays.push({ source_type: "puzzle", profile_id: work.profile_id, played_day: LAST_DAY - day, count: Math.floor(random() * 40) });
    }
  }
  return { puzzle_work_profile: puzzles, custom_world_profile: worlds, public_work_play_daily_stat: plays };
}

function makeWork(random: () => number, kind: string, index: number, isPublished: boolean): WorkProfile {
  const pick = (words: readonly string[]) => words[Math.floor(random() * words.length)] as string;
  const id = String(index + 1).padStart(4, "0");
  const owner = 1 + Math.floor(random() * 24);
  const updatedMs = (LAST_DAY - Math.floor(random() * 60)) * MS_PER_DAY + Math.floor(random() * MS_PER_DAY);
  const thing = pick(THINGS);
  return {
    profile_id: `${kind}-profile-${id}`,
    owner_user_id: `user-${String(owner).padStart(4, "0")}`,
    author_display_name: `Author ${owner}`,
    public_work_code: `${kind.slice(0, 2).toUpperCase()}${id}`,
    title: `The ${pick(TAGS)} ${thing.toLowerCase()} No. ${index + 1}`,
    summary: `${12 + Math.floor(random() * 40)} pieces, set in an old ${thing.toLowerCase()} where every ${pick(TAGS)} leads to another ${pick(TAGS)}.`,
    theme_tags: [...new Set([pick(TAGS), pick(TAGS), pick(TAGS)])],
    cover_image_url: `/assets/covers/${kind}-${id}.webp`,
    publication_status: isPublished ? "published" : "draft",
    published_at: isPublished ? new Date(updatedMs - MS_PER_DAY).toISOString() : null,
    updated_at: new Date(updatedMs).toISOString(),
    play_count: Math.floor(random() * 5000),
    like_count: Math.floor(random() * 900),
  };
}

/** mulberry32 (Tommy Ettinger, public domain): 32 bits of state are plenty for test data. Uniform in [0, 1). */
export function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
