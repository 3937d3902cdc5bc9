import type { NormalizedWork, WorkKind } from "./works-document.ts";

/** The read endpoints of the works lists. `name` is the tag `endpoint` and the value of ENDPOINT; `route` is the tag `name`. */
export interface WorksEndpoint {
  readonly name: string;
  /** As the server's `http.route` has it, so that client, proxy and server call the endpoint the same. */
  readonly route: string;
  readonly answers: "list" | "work";
  /** Needs `Authorization: Bearer`. */
  readonly isPersonal: boolean;
  /** Whose works are addressed; only of those that answer a work. */
  readonly of: WorkKind;
}

const publicList = { answers: "list", isPersonal: false } as const;
const publicWork = { answers: "work", isPersonal: false } as const;

export const WORKS_ENDPOINTS: readonly WorksEndpoint[] = [
  { name: "puzzle_gallery_list", route: "/api/runtime/puzzle/gallery", of: "puzzle", ...publicList },
  { name: "custom_world_gallery_list", route: "/api/runtime/custom-world-gallery", of: "custom_world", ...publicList },
  { name: "puzzle_works_list", route: "/api/runtime/puzzle/works", of: "puzzle", answers: "list", isPersonal: true },
  { name: "custom_world_works_list", route: "/api/runtime/custom-world/works", of: "custom_world", answers: "list", isPersonal: true },
  { name: "puzzle_gallery_detail", route: "/api/runtime/puzzle/gallery/{profile_id}", of: "puzzle", ...publicWork },
  { name: "custom_world_gallery_detail", route: "/api/runtime/custom-world-gallery/{owner_user_id}/{profile_id}", of: "custom_world", ...publicWork },
  { name: "custom_world_gallery_by_code", route: "/api/runtime/custom-world-gallery/by-code/{code}", of: "custom_world", ...publicWork },
  { name: "puzzle_works_detail", route: "/api/runtime/puzzle/works/{profile_id}", of: "puzzle", answers: "work", isPersonal: true },
];

/** Public works only: of a personal one nobody knows whether the token's owner has it. */
export const DETAIL_ENDPOINTS = WORKS_ENDPOINTS.filter(({ answers, isPersonal }) => answers === "work" && !isPersonal);

/** The works that an endpoint can address: of its kind, published where it is public, with all that its route names. */
export function worksFor(endpoint: WorksEndpoint, works: readonly NormalizedWork[]): readonly NormalizedWork[] {
  return works.filter((work) => {
    const isSeen = endpoint.isPersonal || work.publicationStatus === "published";
    return work.kind === endpoint.of && isSeen && !pathOf(endpoint, work).includes("//");
  });
}

/** The route with the work's own ids in it. */
export function pathOf(endpoint: WorksEndpoint, work: NormalizedWork): string {
  const values: Readonly<Record<string, string>> = { profile_id: work.profileId, owner_user_id: work.ownerUserId, code: work.publicWorkCode };
  // An empty id leaves two slashes, also at the end.
  return `${endpoint.route}/`.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(values[name] ?? "")).replace(/([^/])\/$/, "$1");
}
