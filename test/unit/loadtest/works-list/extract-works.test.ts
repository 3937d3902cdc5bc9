import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseWorks, WORKS_TABLES } from "../../../../loadtest/k6/works-document.ts";
import { extractWorks, sampleWorks } from "../../../../loadtest/works-list/extract-works.ts";
import { formatLeftOut } from "../../../../loadtest/works-list/extraction-report.ts";
import { parseMigration } from "../../../../loadtest/works-list/parse-migration.ts";
import { keyedPseudonyms } from "../../../../loadtest/works-list/pseudonyms.ts";
import { WORKS_COLUMNS } from "../../../../loadtest/works-list/works-columns.ts";
import { madeUpMigration } from "./made-up-migration.ts";

const KEY = Buffer.from("a key that only this test uses, nobody else");

function extract(migration: unknown, key: Uint8Array = KEY) {
  return extractWorks(parseMigration(JSON.stringify(migration), "migration.json"), keyedPseudonyms(key), "migration.json");
}

const one = (row: object, table = "puzzle_work_profile") => extract({ tables: { [table]: [row] } });

describe("what leaves", () => {
  test("rows of the allowed tables, counted, with an address for each work", () => {
    const { document } = extract(madeUpMigration());
    expect(document.counts).toEqual({
      puzzle_work_profile: 80,
      custom_world_profile: 1,
      match3d_work_profile: 0,
      square_hole_work_profile: 0,
      big_fish_work_profile: 0,
      visual_novel_work_profile: 0,
      normalizedWorks: 81,
    });
    const row = document.tables.custom_world_profile[0];
    expect(document.normalizedWorks.at(-1)).toEqual({
      kind: "custom_world",
      profileId: row?.["profile_id"],
      ownerUserId: row?.["owner_user_id"],
      publicWorkCode: row?.["public_work_code"],
      publicationStatus: "published",
    });
  });

  test("an id has one pseudonym in every table, and another under another key", () => {
    const rows = {
      puzzle_work_profile: [{ profile_id: "p1", owner_user_id: "u1" }],
      big_fish_work_profile: [{ profile_id: "p2", owner_user_id: "u1" }],
    };
    const [first, second] = [extract(rows), extract(rows, Buffer.from("another key"))].map(({ document }) => document.normalizedWorks);
    expect(first?.[0]?.ownerUserId).toBe(first?.[1]?.ownerUserId);
    expect(first?.[0]?.profileId).not.toBe(first?.[1]?.profileId);
    expect(second?.[0]?.ownerUserId).not.toBe(first?.[0]?.ownerUserId);
  });

  test("ids of 64 bits stay apart, though a double holds them as one", () => {
    const text = '{"puzzle_work_profile": [{"profile_id": 9007199254740992001}, {"profile_id": 9007199254740992002}]}';
    const { document } = extractWorks(parseMigration(text, "m"), keyedPseudonyms(KEY), "m");
    expect(new Set(document.normalizedWorks.map(({ profileId }) => profileId)).size).toBe(2);
  });

  test("texts keep their number of characters and bytes, times their day, statuses only known words", () => {
    const title = "山水 puzzle é 🌊";
    const { document } = one({
      profile_id: "p",
      title,
      publication_status: { Published: [] },
      published_at: 1_778_532_662_123_456,
      updated_at: "2026-05-12T08:09:10+08:00",
    });
    const row = document.tables.puzzle_work_profile[0] as { title: string };
    expect([[...row.title].length, Buffer.byteLength(row.title)]).toEqual([[...title].length, Buffer.byteLength(title)]);
    expect(row.title).not.toContain("puzzle");
    expect(row).toMatchObject({ publication_status: "published", published_at: "2026-05-11T00:00:00.000Z", updated_at: "2026-05-12T00:00:00.000Z" });
    expect(one({ profile_id: "p", publication_status: "banned: private reason" }).document.normalizedWorks[0]?.publicationStatus).toBe("other");
  });

  test("options of SpacetimeDB are taken out of their wrapping", () => {
    const { document } = one({ profile_id: { some: "p" }, public_work_code: { none: [] }, play_count: { some: 3 } });
    expect(document.tables.puzzle_work_profile[0]).toMatchObject({
      profile_id: one({ profile_id: "p" }).document.normalizedWorks[0]?.profileId,
      public_work_code: null,
      play_count: 3,
    });
  });
});

describe("what stays behind is counted and named", () => {
  test("tables, columns, values of a wrong type, rows without an id", () => {
    const { document, leftOut } = extract({
      tables: {
        puzzle_work_profile: [{ profile_id: "p", source_session_id: "s", play_count: "many", constructor: 1 }, { title: "no id" }],
        user_account: [{ phone: "1" }, { phone: "2" }],
        "odd\u001b[31m": [],
      },
    });
    expect(document.counts.normalizedWorks).toBe(1);
    expect(Object.keys(document.tables.puzzle_work_profile[0] ?? {})).toEqual(["profile_id"]);
    expect(formatLeftOut(leftOut)).toBe(
      [
        "Private tables, left out:",
        "  user_account: 2 rows",
        "Other tables, left out:",
        "  odd?[31m: 0 rows",
        "Columns that are not on the list, left out:",
        "  puzzle_work_profile.source_session_id: 1 rows",
        "  puzzle_work_profile.constructor: 1 rows",
        "Values that are not of the column's type, left out:",
        "  puzzle_work_profile.play_count: 1 values",
        "Rows without a profile_id, left out:",
        "  puzzle_work_profile: 1 rows",
      ].join("\n"),
    );
  });

  test("only the tables asked for are taken", () => {
    const migration = parseMigration(JSON.stringify(madeUpMigration()), "m");
    const { document, leftOut } = extractWorks(migration, keyedPseudonyms(KEY), "m", ["custom_world_profile"]);
    expect(document.counts.normalizedWorks).toBe(1);
    expect(leftOut.tables.get("puzzle_work_profile")).toBe(80);
  });
});

test("a sample holds a few published rows of each table, the same whatever the order of the input", () => {
  const { tables } = madeUpMigration();
  const drafts = Array.from({ length: 9 }, (_, index) => ({ profile_id: `draft-${index}`, publication_status: "draft" }));
  const straight = sampleWorks(extract({ tables: { ...tables, puzzle_work_profile: [...drafts, ...tables.puzzle_work_profile] } }).document, 3);
  const reversed = sampleWorks(extract({ tables: { ...tables, puzzle_work_profile: tables.puzzle_work_profile.toReversed() } }).document, 3);
  expect(straight.counts).toMatchObject({ puzzle_work_profile: 3, custom_world_profile: 1, normalizedWorks: 4 });
  expect(straight).toEqual(reversed);
});

/** Values long enough not to turn up by chance. */
const secret = fc.stringMatching(/^[A-Za-z0-9@:/._ -]{12,40}$/).map((text) => `Zq${text}qZ`);
const nested = fc.oneof(
  secret,
  fc.array(secret, { maxLength: 3 }),
  fc.record({ some: secret }),
  fc.dictionary(secret, secret, { maxKeys: 2 }),
  fc.constant(null),
);
const COLUMN_NAMES = [...new Set(Object.values(WORKS_COLUMNS).flatMap((columns) => Object.keys(columns)))];
const row = fc
  .tuple(
    secret,
    fc.dictionary(fc.oneof(fc.constantFrom(...COLUMN_NAMES), fc.constantFrom("source_session_id", "wallet", "log", "__proto__"), secret), nested, {
      maxKeys: 12,
    }),
  )
  .map(([id, cells]) => ({ ...cells, profile_id: id }));
const table = fc.oneof(fc.constantFrom(...WORKS_TABLES), fc.constantFrom("user_account", "profile_wallet_ledger", "asset_object", "mystery"));
const migrations = fc.dictionary(table, fc.array(row, { maxLength: 4 }), { minKeys: 1, maxKeys: 6 });

test("no value of any migration is found in the bytes of the output, and the same key gives the same bytes", () => {
  let works = 0;
  fc.assert(
    fc.property(migrations, (tables) => {
      const { document } = extract({ tables });
      const bytes = JSON.stringify(document);
      const secrets = JSON.stringify(tables).match(/Zq[^"]*?qZ/g) ?? [];
      for (const value of secrets) expect(bytes).not.toContain(value);
      expect(bytes).not.toContain("Zq");
      expect(JSON.stringify(extract({ tables }).document)).toBe(bytes);
      expect(parseWorks(bytes, "works.json")).toEqual(document.normalizedWorks);
      works += document.counts.normalizedWorks;
    }),
    { numRuns: 200 },
  );
  expect(works).toBeGreaterThan(100);
});
