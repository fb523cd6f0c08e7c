/** Where a picture's pixels are on the screen: zoom and pan as numbers that hold for a pane of any size. */

export interface Size {
  width: number;
  height: number;
}

/** Edges in pixels of the upright image. */
export interface Edges {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** `zoom` 1 shows the whole picture; `x`, `y`: which part of it is in the middle, 0..1. Panes that share it move together. */
export interface View {
  zoom: number;
  x: number;
  y: number;
}

export const FIT: View = { zoom: 1, x: 0.5, y: 0.5 };
export const ZOOM_MAX = 64;
const ZOOM_STEP = 1.25;
const PAN_STEP = 0.1;
const BOX_SHARE = 0.5;

const between = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** Screen pixels per picture pixel where the whole picture is to be seen. */
export function fitScale(picture: Size, pane: Size): number {
  return Math.min(pane.width / picture.width, pane.height / picture.height);
}

/** The part of the picture that a pane shows, in the picture's pixels (an SVG's viewBox); never beyond its edges. */
export function region(view: View, picture: Size, pane: Size): { x: number; y: number } & Size {
  const scale = fitScale(picture, pane) * view.zoom;
  const width = pane.width / scale;
  const height = pane.height / scale;
  const middle = (share: number, whole: number, part: number) =>
    part >= whole ? whole / 2 : between(share * whole, part / 2, whole - part / 2);
  return {
    x: middle(view.x, picture.width, width) - width / 2,
    y: middle(view.y, picture.height, height) - height / 2,
    width,
    height,
  };
}

function clean(view: View): View {
  const zoom = between(view.zoom, 1, ZOOM_MAX);
  // a share that no pane can have in the middle would make the next steps in the other direction idle
  const room = 0.5 / zoom;
  return { zoom, x: between(view.x, room, 1 - room), y: between(view.y, room, 1 - room) };
}

/** Zoomed by a factor; the point of the pane (from its left upper corner) keeps its place. */
export function zoomAt(view: View, factor: number, point: { x: number; y: number }, picture: Size, pane: Size): View {
  const zoom = between(view.zoom * factor, 1, ZOOM_MAX);
  const before = region(view, picture, pane);
  const under = {
    x: before.x + (point.x / pane.width) * before.width,
    y: before.y + (point.y / pane.height) * before.height,
  };
  const scale = fitScale(picture, pane) * zoom;
  const centre = (at: number, offset: number) => at - offset / scale;
  return clean({
    zoom,
    x: centre(under.x, point.x - pane.width / 2) / picture.width,
    y: centre(under.y, point.y - pane.height / 2) / picture.height,
  });
}

/** Moved by screen pixels, as a hand that drags the picture. */
export function dragged(view: View, by: { x: number; y: number }, picture: Size, pane: Size): View {
  const shown = region(view, picture, pane);
  const scale = fitScale(picture, pane) * view.zoom;
  return clean({
    zoom: view.zoom,
    x: (shown.x + shown.width / 2 - by.x / scale) / picture.width,
    y: (shown.y + shown.height / 2 - by.y / scale) / picture.height,
  });
}

/** One pixel of the picture is one of the screen (or as near to it as the limits let). */
export function trueSize(view: View, picture: Size, pane: Size): View {
  return clean({ ...view, zoom: 1 / fitScale(picture, pane) });
}

/** The box in the middle, over half of the pane. */
export function onto(box: Edges, picture: Size): View {
  const share = (part: number, whole: number) => (BOX_SHARE * whole) / Math.max(1, part);
  return clean({
    zoom: Math.min(share(box.right - box.left, picture.width), share(box.bottom - box.top, picture.height)),
    x: (box.left + box.right) / 2 / picture.width,
    y: (box.top + box.bottom) / 2 / picture.height,
  });
}

/** What of a picture is shown: the part, true boxes, found boxes, any box at all. */
export interface PictureState {
  view: View;
  truth: boolean;
  found: boolean;
  hidden: boolean;
}

export const PICTURE: PictureState = { view: FIT, truth: true, found: true, hidden: false };

const MOVES: Record<string, readonly [x: number, y: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The state after a key, or null where the key means nothing: + - 0 arrows, `g` truth, `p` found, `h` hide all. */
export function pressed(key: string, state: PictureState): PictureState | null {
  const { view } = state;
  const move = MOVES[key];
  if (move !== undefined) {
    if (view.zoom === 1) return null;
    const step = PAN_STEP / view.zoom;
    return { ...state, view: clean({ ...view, x: view.x + move[0] * step, y: view.y + move[1] * step }) };
  }
  switch (key) {
    case "+":
    case "=":
      return { ...state, view: clean({ ...view, zoom: view.zoom * ZOOM_STEP }) };
    case "-":
    case "_":
      return { ...state, view: clean({ ...view, zoom: view.zoom / ZOOM_STEP }) };
    case "0":
      return { ...state, view: FIT };
    case "g":
      return { ...state, truth: !state.truth };
    case "p":
      return { ...state, found: !state.found };
    case "h":
      return { ...state, hidden: !state.hidden };
    default:
      return null;
  }
}
