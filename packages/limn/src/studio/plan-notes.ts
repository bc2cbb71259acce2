import type { Plan } from "@limn/core";

/** In words, for a person: what is asked of the service, and what limn does itself. */
export function planNotes({ request, calls }: Pick<Plan, "request" | "calls">): readonly string[] {
  const { native, wish, n, background, quality } = request;
  const asks = [
    ...(native.size === null ? [] : [`the size ${native.size.width}x${native.size.height} in its own field`]),
    ...(native.quality === null ? [] : [`the quality ${native.quality} in its own field`]),
    ...(native.aspect === null ? [] : [`the shape ${native.aspect.width}:${native.aspect.height} in words`]),
    ...(background === "transparent" ? ["a transparent background"] : []),
  ];
  const size =
    wish.size === null
      ? null
      : "longestSide" in wish.size
        ? `a longest side of ${wish.size.longestSide}`
        : `${wish.size.width}x${wish.size.height}`;
  const own = [
    ...(size === null || wish.fit === "native" ? [] : [`brings it to ${size} (${wish.fit})`]),
    ...(wish.format === null ? [] : [`delivers ${wish.format}`]),
  ];
  return [
    ...(asks.length === 0 ? [] : [`The service is asked for ${asks.join(", ")}.`]),
    ...(own.length === 0 ? [] : [`limn ${own.join(" and ")} itself.`]),
    ...(quality !== null && native.quality === null
      ? [`The quality ${quality} is a wish; the result says what was used.`]
      : []),
    `${calls} ${calls === 1 ? "call" : "calls"}, ${n} ${n === 1 ? "image" : "images"} of the plan's allowance.`,
  ];
}
