import { describe, expect, it } from "vitest";

import { boxesOfOutcome, boxesOfRecord, boxText, drawn } from "./picture-boxes";
import { dragged, FIT, fitScale, onto, PICTURE, pressed, region, trueSize, ZOOM_MAX, zoomAt } from "./picture-geometry";

const PHOTO = { width: 640, height: 480 };
const PANES = [
  { width: 320, height: 240 },
  { width: 1280, height: 300 },
  { width: 200, height: 900 },
];

/** Where a point of the picture is on the screen. */
function onScreen(point: { x: number; y: number }, view = FIT, pane = PANES[0]!) {
  const shown = region(view, PHOTO, pane);
  return {
    x: ((point.x - shown.x) / shown.width) * pane.width,
    y: ((point.y - shown.y) / shown.height) * pane.height,
  };
}

describe("a picture's place", () => {
  it("is whole and centred at first, in a pane of any shape", () => {
    for (const pane of PANES) {
      const shown = region(FIT, PHOTO, pane);
      expect(shown.x + shown.width / 2).toBeCloseTo(320);
      expect(shown.y + shown.height / 2).toBeCloseTo(240);
      expect(shown.width / shown.height).toBeCloseTo(pane.width / pane.height);
      expect(shown.width).toBeGreaterThanOrEqual(PHOTO.width - 1e-9);
      expect(shown.height).toBeGreaterThanOrEqual(PHOTO.height - 1e-9);
    }
  });
  it("keeps what is under the pointer while it is zoomed", () => {
    const pane = PANES[0]!;
    const point = { x: 200, y: 130 };
    const before = region(FIT, PHOTO, pane);
    const at = { x: before.x + (point.x / pane.width) * before.width, y: before.y + (point.y / pane.height) * before.height };
    const after = onScreen(at, zoomAt(FIT, 3, point, PHOTO, pane), pane);
    expect(after.x).toBeCloseTo(point.x);
    expect(after.y).toBeCloseTo(point.y);
  });
  it("follows the hand that drags it", () => {
    const view = { zoom: 4, x: 0.5, y: 0.5 };
    const before = onScreen({ x: 320, y: 240 }, view);
    const after = onScreen({ x: 320, y: 240 }, dragged(view, { x: 30, y: -12 }, PHOTO, PANES[0]!));
    expect(after.x - before.x).toBeCloseTo(30);
    expect(after.y - before.y).toBeCloseTo(-12);
  });
  it("never leaves the picture", () => {
    const shown = region({ zoom: 4, x: 0, y: 1 }, PHOTO, PANES[0]!);
    expect(shown.x).toBeCloseTo(0);
    expect(shown.y + shown.height).toBeCloseTo(PHOTO.height);
    expect(zoomAt(FIT, 1e9, { x: 0, y: 0 }, PHOTO, PANES[0]!).zoom).toBe(ZOOM_MAX);
    expect(zoomAt(FIT, 1e-9, { x: 0, y: 0 }, PHOTO, PANES[0]!).zoom).toBe(1);
  });
  it("can be that of a box, or of the picture's own pixels", () => {
    const view = onto({ left: 100, top: 100, right: 164, bottom: 132 }, PHOTO);
    expect(view.zoom).toBeCloseTo(5);
    expect(onScreen({ x: 132, y: 116 }, view).x).toBeCloseTo(160);
    expect(fitScale(PHOTO, PANES[0]!) * trueSize(FIT, PHOTO, PANES[0]!).zoom).toBeCloseTo(1);
  });
});

describe("keys", () => {
  it("zoom, move and toggle; others mean nothing", () => {
    const near = pressed("+", PICTURE)!;
    expect(near.view.zoom).toBeGreaterThan(1);
    expect(pressed("ArrowRight", { ...PICTURE, view: { zoom: 4, x: 0.5, y: 0.5 } })!.view.x).toBeGreaterThan(0.5);
    expect(pressed("ArrowRight", PICTURE)).toBeNull();
    expect(pressed("0", near)!.view).toEqual(FIT);
    expect(pressed("-", PICTURE)!.view.zoom).toBe(1);
    expect(pressed("g", PICTURE)!.truth).toBe(false);
    expect(pressed("p", PICTURE)!.found).toBe(false);
    expect(pressed("h", PICTURE)!.hidden).toBe(true);
    expect(pressed("x", PICTURE)).toBeNull();
  });
  it("move no further than what a pane can show, so that the way back is not idle", () => {
    let state = { ...PICTURE, view: { zoom: 2, x: 0.5, y: 0.5 } };
    for (let step = 0; step < 50; step += 1) state = pressed("ArrowLeft", state)!;
    expect(state.view.x).toBeCloseTo(0.25);
  });
});

describe("boxes", () => {
  it("of a record lie where they were annotated", () => {
    const [box] = boxesOfRecord([
      { label: "猫", x: 1, y: 2, width: 10, height: 20, area: null, crowd: true, difficult: false, attributes: {} },
    ]);
    expect(box).toMatchObject({ left: 1, top: 2, right: 11, bottom: 22, side: "truth", outcome: "ignored" });
  });
  it("of a test say by sign what they are", () => {
    const edges = { left: 0, top: 0, right: 4, bottom: 4 };
    const boxes = boxesOfOutcome({
      boxes: [{ task: "t", name: "cat", score: 0.931, outcome: "right", partner: 0, ...edges }],
      truths: [{ task: "t", name: "cat", outcome: "missed", ...edges, right: 40 }],
    });
    expect(boxes.map((each) => [each.key, boxText(each)])).toEqual([
      ["truth-0", "○ FN cat"],
      ["found-0", "✓ TP cat 0.93"],
    ]);
    expect(boxText({ name: "a".repeat(90), score: null, outcome: null })).toHaveLength(41);
  });
  it("are drawn as the toggles say, large ones first", () => {
    const boxes = boxesOfOutcome({
      boxes: [{ task: "t", name: "big", score: 1, outcome: "right", partner: null, left: 0, top: 0, right: 9, bottom: 9 }],
      truths: [{ task: "t", name: "small", outcome: "found", left: 0, top: 0, right: 2, bottom: 2 }],
    });
    expect(drawn(boxes, PICTURE).map((each) => each.name)).toEqual(["big", "small"]);
    expect(drawn(boxes, { ...PICTURE, truth: false }).map((each) => each.name)).toEqual(["big"]);
    expect(drawn(boxes, { ...PICTURE, hidden: true })).toEqual([]);
  });
});
