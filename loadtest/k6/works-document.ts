/** What the extraction writes and the k6 script reads. This file runs in k6 too: no node:* here. */
export const WORKS_SCHEMA = "pitwall.works-list/1";

/** The only tables of a migration that works come from; the kind of a work is the table's name without its ending. */
export const WORKS_TABLES = [
  "puzzle_work_profile",
  "custom_world_profile",
  "match3d_work_profile",
  "square_hole_work_profile",
  "big_fish_work_profile",
  "visual_novel_work_profile",
] as const;
export type WorksTable = (typeof WORKS_TABLES)[number];

export type WorkKind = "puzzle" | "custom_world" | "match3d" | "square_hole" | "big_fish" | "visual_novel";

export const KIND_OF_TABLE: Readonly<Record<WorksTable, WorkKind>> = {
  puzzle_work_profile: "puzzle",
  custom_world_profile: "custom_world",
  match3d_work_profile: "match3d",
  square_hole_work_profile: "square_hole",
  big_fish_work_profile: "big_fish",
  visual_novel_work_profile: "visual_novel",
};

/** One work of any table, with what a request needs to address it. "" where the table has no such column or value. */
export interface NormalizedWork {
  readonly kind: WorkKind;
  readonly profileId: string;
  readonly ownerUserId: string;
  readonly publicWorkCode: string;
  readonly publicationStatus: string;
}

export type WorkValue = string | number | boolean | null | readonly string[];
export type WorkRow = Readonly<Record<string, WorkValue>>;

export interface WorksDocument {
  readonly schema: typeof WORKS_SCHEMA;
  /** Every table of the list, also those without rows. */
  readonly tables: Readonly<Record<WorksTable, readonly WorkRow[]>>;
  readonly normalizedWorks: readonly NormalizedWork[];
  /** Rows by table, and `normalizedWorks`. */
  readonly counts: Readonly<Record<WorksTable | "normalizedWorks", number>>;
}

/**
 * The works of a document that was read from a file.
 * @param file for messages
 * @throws Error in words where it is not such a document
 */
export function parseWorks(text: string, file: string): readonly NormalizedWork[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new Error(`WORKS_DATA=${file} is not JSON. Make it with: npm run loadtest:extract-works`);
  }
  const schema = isRecord(document) ? document["schema"] : undefined;
  if (!isRecord(document) || schema !== WORKS_SCHEMA) {
    throw new Error(
      `WORKS_DATA=${file} has the schema ${JSON.stringify(schema) ?? "none"}, not "${WORKS_SCHEMA}". Make it with: npm run loadtest:extract-works`,
    );
  }
  const works = document["normalizedWorks"];
  if (!Array.isArray(works)) throw new Error(`WORKS_DATA=${file}: normalizedWorks is not a list`);
  return works.map((work: unknown, index) => {
    if (isWork(work)) return work;
    throw new Error(`WORKS_DATA=${file}: normalizedWorks[${index}] has no kind, profileId, ownerUserId or publicWorkCode`);
  });
}

function isWork(work: unknown): work is NormalizedWork {
  return isRecord(work) && ["kind", "profileId", "ownerUserId", "publicWorkCode"].every((name) => typeof work[name] === "string");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
