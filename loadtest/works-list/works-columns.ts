import type { WorksTable } from "../k6/works-document.ts";

/**
 * What becomes of a column's values:
 * - `profile`, `work`, `user`, `code`, `asset`: an identifier, replaced by a pseudonym; equal ones of one sort stay equal, in every table
 * - `text`, `texts`: replaced by made-up text of the same number of characters and bytes
 * - `status`: one of a few known words, else `other`
 * - `day`: a time, cut to its day (UTC)
 * - `count`, `flag`: kept
 */
export type ColumnSort = "profile" | "work" | "user" | "code" | "asset" | "text" | "texts" | "status" | "day" | "count" | "flag";
export type Columns = Readonly<Record<string, ColumnSort>>;

const EVERY_TABLE: Columns = {
  profile_id: "profile",
  work_id: "work",
  owner_user_id: "user",
  author_display_name: "text",
  author_public_user_code: "code",
  public_work_code: "code",
  title: "text",
  subtitle: "text",
  summary: "text",
  description: "text",
  theme_tags: "texts",
  tags: "texts",
  cover_image_url: "asset",
  cover_image_src: "asset",
  cover_asset_id: "asset",
  publication_status: "status",
  published_at: "day",
  created_at: "day",
  updated_at: "day",
  play_count: "count",
  like_count: "count",
  remix_count: "count",
  publish_ready: "flag",
};

/**
 * The columns that may leave, by table. A column that is not here stays behind, whatever its name: a new private column of the server is private
 * until somebody adds it here. Session columns (`source_session_id`, `source_agent_session_id` …) are left out on purpose.
 */
export const WORKS_COLUMNS: Readonly<Record<WorksTable, Columns>> = {
  puzzle_work_profile: { ...EVERY_TABLE, work_title: "text", work_description: "text", level_name: "text", level_count: "count" },
  custom_world_profile: {
    ...EVERY_TABLE,
    world_name: "text",
    summary_text: "text",
    playable_npc_count: "count",
    landmark_count: "count",
  },
  match3d_work_profile: { ...EVERY_TABLE, game_name: "text", theme_text: "text", clear_count: "count", difficulty: "count" },
  square_hole_work_profile: { ...EVERY_TABLE, game_name: "text", theme_text: "text", shape_count: "count", difficulty: "count" },
  big_fish_work_profile: { ...EVERY_TABLE, game_name: "text", theme_text: "text", level_count: "count" },
  visual_novel_work_profile: { ...EVERY_TABLE, work_title: "text", work_description: "text", scene_count: "count" },
};

/** Tables known to be private: named as such when they are left out. A name that ends in `*` stands for all that begin so. */
const PRIVATE_TABLES: readonly string[] = [
  "user_account",
  "auth_identity",
  "refresh_session",
  "auth_store_snapshot",
  "profile_wallet_ledger",
  "profile_redeem_*",
  "profile_invite_*",
  "public_work_play_daily_stat",
  "profile_played_world",
  "puzzle_runtime_run",
  "profile_save_archive",
  "runtime_snapshot",
  "ai_task",
  "ai_task_stage",
  "ai_text_chunk",
  "asset_object",
  "asset_entity_binding",
];

export function isPrivateTable(name: string): boolean {
  return PRIVATE_TABLES.some((table) => (table.endsWith("*") ? name.startsWith(table.slice(0, -1)) : name === table));
}
