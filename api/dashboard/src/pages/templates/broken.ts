/** Where a JSON text is broken: browsers say it in ways of their own, or not at all. */

export interface Place {
  line: number;
  column: number;
}

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Reads as far as the text is JSON. */
class Walk {
  at = 0;

  constructor(private readonly text: string) {}

  private take(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null || found[0] === "") return false;
    this.at = pattern.lastIndex;
    return true;
  }

  space(): void {
    this.take(SPACE);
  }

  sign(char: string): boolean {
    this.space();
    if (this.text[this.at] !== char) return false;
    this.at += 1;
    this.space();
    return true;
  }

  value(): boolean {
    this.space();
    if (this.sign("{")) return this.many("}", () => this.take(STRING) && this.sign(":") && this.value());
    if (this.sign("[")) return this.many("]", () => this.value());
    return this.take(STRING) || this.take(SCALAR);
  }

  private many(end: string, one: () => boolean): boolean {
    if (this.sign(end)) return true;
    while (one()) {
      if (this.sign(end)) return true;
      if (!this.sign(",")) return false;
    }
    return false;
  }
}

/** The place of the first character that cannot stand there; null where the text is JSON. */
export function brokenAt(text: string): Place | null {
  const walk = new Walk(text);
  const whole = walk.value();
  walk.space();
  if (whole && walk.at === text.length) return null;
  const before = text.slice(0, walk.at).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
