/** An image with boxes, drawn in the image's own pixels: they are right at any zoom. Mouse and keyboard zoom and move it. */
import "./picture.css";

import { type KeyboardEvent, type PointerEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";

import { useWords } from "../words/say";
import { boxText, drawn, type PictureBox } from "./picture-boxes";
import { dragged, fitScale, PICTURE, pressed, type PictureState, region, type Size, zoomAt } from "./picture-geometry";
import { PictureTools } from "./picture-tools";
import { picture as words } from "./picture-words";

export interface PictureProps {
  /** Where the image is; only this server is ever asked. */
  src: string;
  name: string;
  /** In pixels, upright. */
  size: Size;
  boxes: readonly PictureBox[];
  /** Given from outside, several pictures move together; left out, it keeps its own. */
  state?: PictureState;
  onState?: (next: PictureState) => void;
  /** The key of the box that stands out. */
  lit?: string | null;
  onLit?: (key: string | null) => void;
  /** Height of the pane in pixels. */
  height?: number;
  /** Without tools where one row of them serves several pictures. */
  tools?: boolean;
}

const HEIGHT = 480;
const TEXT_PX = 13;
const WHEEL_RATE = 0.0015;
/** More names than that are a carpet; the one that stands out is still named. */
const NAMED_MAX = 300;

export function Picture({ tools = true, height = HEIGHT, lit = null, onLit, ...props }: PictureProps) {
  const { say } = useWords(words);
  const [own, setOwn] = useState<PictureState>(PICTURE);
  const state = props.state ?? own;
  const change = props.onState ?? setOwn;
  const { pane, size } = usePaneSize(props.size);
  const hand = useHand(pane, { state, change, picture: props.size, pane: size });
  const sides = useMemo(() => sidesOf(props.boxes), [props.boxes]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = pressed(event.key, state);
    if (next === null) return;
    event.preventDefault();
    event.stopPropagation();
    change(next);
  };
  const label = say("picture.boxes", { name: props.name, truth: sides.truth, found: sides.found });
  return (
    <div className="picture">
      {tools ? <PictureTools state={state} change={change} sides={sides} picture={props.size} pane={size} /> : null}
      <div
        ref={pane}
        className="picture-pane"
        style={{ height }}
        role="group"
        tabIndex={0}
        aria-label={`${label}. ${say("picture.keys")}`}
        onKeyDown={onKeyDown}
        {...hand}
      >
        <Drawing {...props} state={state} pane={size} lit={lit} label={label} {...(onLit ? { onLit } : {})} />
      </div>
    </div>
  );
}

export interface Sides {
  truth: number;
  found: number;
}

export function sidesOf(boxes: readonly PictureBox[]): Sides {
  const truth = boxes.filter((box) => box.side === "truth").length;
  return { truth, found: boxes.length - truth };
}

/** The pane, and how large it is on the screen (before that is known: as the picture). */
function usePaneSize(first: Size) {
  const pane = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Size | null>(null);
  useLayoutEffect(() => {
    const element = pane.current;
    if (element === null) return;
    const measure = () => {
      if (element.clientWidth && element.clientHeight) {
        setSize({ width: element.clientWidth, height: element.clientHeight });
      }
    };
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return { pane, size: size ?? first };
}

interface Held {
  state: PictureState;
  change: (next: PictureState) => void;
  picture: Size;
  pane: Size;
}

/** Dragging moves; the wheel zooms where the pane has the focus (or with Ctrl), else the page scrolls as anywhere. */
function useHand(pane: React.RefObject<HTMLDivElement | null>, held: Held) {
  const last = useRef<{ x: number; y: number } | null>(null);
  const now = useRef(held);
  useLayoutEffect(() => {
    now.current = held;
  });
  useEffect(() => {
    const element = pane.current;
    if (element === null) return;
    const wheel = (event: WheelEvent) => {
      if (document.activeElement !== element && !event.ctrlKey) return;
      event.preventDefault();
      const { state, change, picture, pane: size } = now.current;
      const at = element.getBoundingClientRect();
      const point = { x: event.clientX - at.left, y: event.clientY - at.top };
      change({ ...state, view: zoomAt(state.view, Math.exp(-event.deltaY * WHEEL_RATE), point, picture, size) });
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [pane]);
  return {
    onPointerDown: (event: PointerEvent<HTMLDivElement>) => {
      if (event.button !== 0) return;
      last.current = { x: event.clientX, y: event.clientY };
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event: PointerEvent<HTMLDivElement>) => {
      if (last.current === null) return;
      const by = { x: event.clientX - last.current.x, y: event.clientY - last.current.y };
      last.current = { x: event.clientX, y: event.clientY };
      const { state, change, picture, pane: size } = held;
      change({ ...state, view: dragged(state.view, by, picture, size) });
    },
    onPointerUp: () => {
      last.current = null;
    },
    onPointerCancel: () => {
      last.current = null;
    },
  };
}

interface DrawingProps extends Omit<PictureProps, "tools" | "height" | "state" | "onState"> {
  state: PictureState;
  pane: Size;
  label: string;
}

function Drawing({ src, size, boxes, state, pane, lit, onLit, label }: DrawingProps) {
  const { say } = useWords(words);
  const [broken, setBroken] = useState("");
  const shown = region(state.view, size, pane);
  const pixel = 1 / (fitScale(size, pane) * state.view.zoom);
  const some = useMemo(() => drawn(boxes, state), [boxes, state]);
  return (
    <>
      <svg viewBox={`${shown.x} ${shown.y} ${shown.width} ${shown.height}`} role="img" aria-label={label}>
        <image href={src} width={size.width} height={size.height} onError={() => setBroken(src)} />
        {some.map((box) => (
          <BoxMark
            key={box.key}
            box={box}
            pixel={pixel}
            shown={shown}
            named={some.length <= NAMED_MAX || box.key === lit}
            lit={box.key === lit}
            {...(onLit ? { onLit } : {})}
          />
        ))}
      </svg>
      {broken === src ? <div className="broken">{say("picture.broken")}</div> : null}
    </>
  );
}

interface MarkProps {
  box: PictureBox;
  /** One screen pixel, in pixels of the picture. */
  pixel: number;
  shown: { x: number; y: number };
  named: boolean;
  lit: boolean;
  onLit?: (key: string | null) => void;
}

function BoxMark({ box, pixel, shown, named, lit, onLit }: MarkProps) {
  const text = boxText(box);
  const font = TEXT_PX * pixel;
  // a name above the picture's edge would be cut off: it goes inside of its box
  const above = box.top - 4 * pixel - font >= shown.y;
  const edges = { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top };
  const kind = `${box.side} ${box.outcome ?? ""}`;
  return (
    <g
      className={lit ? "lit" : undefined}
      data-box={box.key}
      onPointerEnter={() => onLit?.(box.key)}
      onPointerLeave={() => onLit?.(null)}
    >
      <title>{text}</title>
      <rect className="halo" {...edges} />
      <rect className={kind} {...edges} />
      {named ? (
        <text
          x={Math.max(box.left, shown.x) + 2 * pixel}
          y={above ? box.top - 4 * pixel : Math.max(box.top, shown.y) + font}
          fontSize={font}
          strokeWidth={3 * pixel}
        >
          {text}
        </text>
      ) : null}
    </g>
  );
}
