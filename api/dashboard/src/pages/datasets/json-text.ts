/** A record as JSON in pieces, so that each box's piece can be pointed at. */
import type { DatasetRecord } from "./calls";

export interface JsonText {
  head: string;
  boxes: string[];
  tail: string;
}

const INDENT = 2;

/** Joined, the pieces are the record's whole JSON; a piece of `boxes` stands in the place of the box. */
export function jsonText(record: DatasetRecord): JsonText {
  const { boxes, attributes, ...rest } = record;
  const head = JSON.stringify(rest, null, INDENT).replace(/\n}$/, ",");
  const tail = JSON.stringify({ attributes }, null, INDENT).replace(/^{\n/, "");
  return { head, boxes: boxes.map((box) => JSON.stringify(box)), tail };
}
