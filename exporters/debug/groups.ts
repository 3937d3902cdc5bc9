import type { Resource, Scope } from "../../collector/model/resource.ts";

/** How the opening lines of a resource and a scope look in one layout. */
export interface GroupHeaders {
  resource(resource: Resource, index: number): string;
  scope(scope: Scope, index: number): string;
}

/**
 * Finds the resource and scope borders in flat items (they share both by identity) and numbers what stands within them.
 * A resource or scope without items is not in a batch and hence not shown.
 */
export class Groups {
  readonly #headers: GroupHeaders;
  #resource: Resource | undefined;
  #scope: Scope | undefined;
  #resourceIndex = -1;
  #scopeIndex = -1;
  #itemIndex = -1;

  constructor(headers: GroupHeaders) {
    this.#headers = headers;
  }

  /** Steps to this item; the lines that open its resource and scope if they are new, else "". */
  enter(resource: Resource, scope: Scope): string {
    if (resource === this.#resource && scope === this.#scope) {
      this.#itemIndex++;
      return "";
    }
    let out = "";
    if (resource !== this.#resource) {
      this.#resource = resource;
      this.#scopeIndex = -1;
      out = this.#headers.resource(resource, ++this.#resourceIndex);
    }
    this.#scope = scope;
    this.#itemIndex = 0;
    return out + this.#headers.scope(scope, ++this.#scopeIndex);
  }

  /** Of the entered item within its scope. */
  get itemIndex(): number {
    return this.#itemIndex;
  }
}

/** How many resources a batch tells of. */
export function countResources(items: readonly { readonly resource: Resource }[]): number {
  let resources = 0;
  let last: Resource | undefined;
  for (const { resource } of items) {
    if (resource !== last) resources++;
    last = resource;
  }
  return resources;
}
