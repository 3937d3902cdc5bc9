/** Routes of the sample server as metrics, spans and logs name them. */
export const ROUTES = {
  health: "/healthz",
  puzzleGallery: "/api/runtime/puzzle/gallery",
  puzzleGalleryWork: "/api/runtime/puzzle/gallery/{profile_id}",
  customWorldGallery: "/api/runtime/custom-world-gallery",
  customWorldByCode: "/api/runtime/custom-world-gallery/by-code/{code}",
  customWorldWork: "/api/runtime/custom-world-gallery/{owner_user_id}/{profile_id}",
  puzzleWorks: "/api/runtime/puzzle/works",
  puzzleWork: "/api/runtime/puzzle/works/{profile_id}",
  customWorldWorks: "/api/runtime/custom-world/works",
} as const;

const PATTERNS = Object.values(ROUTES).map((route) => ({ route, pattern: new RegExp(`^${route.replaceAll(/\{\w+\}/g, "[^/]+")}/?$`, "i") }));

/** The route of a path, also of a request that is turned away before it is routed. Undefined = none. */
export function matchRoute(path: string): string | undefined {
  return PATTERNS.find(({ pattern }) => pattern.test(path))?.route;
}

/** `{name}` → `:name`. */
export function expressPath(route: string): string {
  return route.replaceAll(/\{(\w+)\}/g, ":$1");
}
