import { makeTables } from "../../../../loadtest/api-server/works-data.ts";

/**
 * A migration as the server of the sample data would give it: 80 published puzzles and one custom world, with the private columns and tables
 * that a real one has. Everything in it is made up, and whatever is private says so.
 */
export function madeUpMigration() {
  const { puzzle_work_profile: puzzles, custom_world_profile: worlds } = makeTables();
  const withPrivate = (row: object, index: number) => ({
    ...row,
    source_session_id: `private-session-${index}`,
    source_agent_session_id: `private-agent-session-${index}`,
    levels_json: `[{"private-level": ${index}}]`,
  });
  return {
    schema_version: 1,
    tables: {
      puzzle_work_profile: puzzles.filter(({ publication_status: status }) => status === "published").map(withPrivate),
      custom_world_profile: worlds.map(withPrivate),
      match3d_work_profile: [],
      user_account: [{ user_id: "user-0001", phone: "private-phone", password_hash: "private-hash" }],
      auth_identity: [{ user_id: "user-0001", identity: "private-identity" }],
      profile_wallet_ledger: [{ user_id: "user-0001", balance: 4711, note: "private-wallet" }],
      profile_invite_code: [{ code: "private-invite" }],
      ai_task: [{ prompt: "private-prompt" }],
      asset_object: [{ bytes: "private-bytes" }],
      audit_trail: [{ line: "private-log" }],
    },
  };
}

/** Key of the committed sample. It protects nothing, and nothing needs it: the data is made up. */
export const SAMPLE_KEY = "made-up-data-needs-no-secret-key";
