/** Counts in the text form of Prometheus. No label holds a word of a request. */
export class Metrics {
  readonly #counts = new Map<string, number>();

  count(name: string, labels: Readonly<Record<string, string>> = {}, by = 1): void {
    const listed = Object.entries(labels).map(([label, value]) => `${label}="${value.replaceAll(/[^\w./-]/g, "_")}"`);
    const key = listed.length === 0 ? name : `${name}{${listed.join(",")}}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by);
  }

  text(gauges: Readonly<Record<string, number>>): string {
    const lines: string[] = [];
    const types = new Set<string>();
    const say = (key: string, value: number, kind: string): void => {
      const name = key.replace(/\{.*$/, "");
      if (!types.has(name)) lines.push(`# TYPE ${name} ${kind}`);
      types.add(name);
      lines.push(`${key} ${value}`);
    };
    for (const [key, value] of [...this.#counts].sort(([left], [right]) => (left < right ? -1 : 1)))
      say(key, value, "counter");
    for (const [name, value] of Object.entries(gauges)) say(name, value, "gauge");
    return `${lines.join("\n")}\n`;
  }
}
