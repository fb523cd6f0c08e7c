/** One image under several runs: panes that zoom and move together; next and previous by key. */
import { useQueries, type UseQueryResult } from "@tanstack/react-query";
import { Button, Spin } from "antd";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";

import { api, body, type Schemas } from "../../api/client";
import { Sample } from "../../kit/charts/legend";
import type { Run } from "../../kit/charts/options";
import { Picture, sidesOf } from "../../kit/picture";
import { boxesOfOutcome } from "../../kit/picture-boxes";
import { PICTURE, type PictureState } from "../../kit/picture-geometry";
import { PictureLegend, PictureTools } from "../../kit/picture-tools";
import { Problem } from "../../kit/problem";
import { useWords } from "../../words/say";
import type { Compared } from "./figures";
import { compare } from "./words";

type Outcome = Schemas["ImageOutcome"];

const PANES_MAX = 4;
/** Equal names are rare; more than that are not looked through. */
const NAMESAKES_MAX = 50;

export function imageSrc(test: string, number: number): string {
  return `/api/v1/tests/${test}/images/${number}/image`;
}

interface Props {
  flip: Schemas["Flip"];
  at: number;
  count: number;
  tests: readonly Compared[];
  runs: readonly Run[];
  base: string;
  against: string;
  /** To another image by its place; undefined closes. */
  turn: (at: number | undefined) => void;
}

export function SameImage(props: Props) {
  const { flip, at, count, base, against, runs, turn } = props;
  const { say } = useWords(compare);
  const [state, setState] = useState<PictureState>(PICTURE);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.focus(), []);
  const shown = usePanes(props);
  const boxes = useMemo(() => boxesOfOutcome(flip.test), [flip.test]);
  const step = (by: number) => {
    if (at + by >= 0 && at + by < count) turn(at + by);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by: Record<string, () => void> = { j: () => step(1), k: () => step(-1), Escape: () => turn(undefined) };
    by[event.key]?.();
  };
  return (
    <div ref={place} className="same-image" role="group" tabIndex={-1} aria-label={say("compare.viewer")} onKeyDown={onKeyDown}>
      <div className="run">
        <strong>{flip.base.name}</strong>
        <span>{say("compare.place", { at: at + 1, count })}</span>
        <Button size="small" disabled={at === 0} onClick={() => step(-1)}>
          {say("compare.previous")}
        </Button>
        <Button size="small" disabled={at + 1 >= count} onClick={() => step(1)}>
          {say("compare.next")}
        </Button>
        <Button size="small" onClick={() => turn(undefined)}>
          {say("compare.close")}
        </Button>
      </div>
      <PictureTools state={state} change={setState} sides={sidesOf(boxes)} />
      <div className="panes">
        {[base, against, ...shown.others].map((id) => {
          const run = runs.find((each) => each.key === id);
          const outcome = shown.outcomes.get(id);
          return run === undefined ? null : (
            <Pane key={id} run={run} base={id === base} src={imageSrc(base, flip.base.number)} state={state} change={setState} outcome={outcome} asked={shown.asking.get(id)} />
          );
        })}
      </div>
      {shown.left > 0 ? <p>{say("compare.panes_left", { count: shown.left })}</p> : null}
      {boxes.length > 0 ? <PictureLegend /> : null}
    </div>
  );
}

/** What the other runs made of the same file; they are asked by its name, and it is told by its digest. */
function usePanes({ flip, tests, base, against }: Props) {
  const others = tests.map((each) => each.test.id).filter((id) => id !== base && id !== against).slice(0, PANES_MAX - 2);
  const { name, digest } = flip.base;
  const asked = useQueries({
    queries: others.map((id) => ({
      queryKey: ["tests", "image-of", id, name],
      queryFn: () =>
        body(
          api.GET("/api/v1/tests/{id}/images", {
            params: { path: { id }, query: { search: name, limit: NAMESAKES_MAX } },
          }),
        ),
    })),
  });
  const outcomes = new Map<string, Outcome>([[base, flip.base], [against, flip.test]]);
  const asking = new Map(others.map((id, at) => [id, asked[at]]));
  others.forEach((id, at) => {
    const found = asked[at]?.data?.items.find((each) => each.digest === digest && each.name === name);
    if (found !== undefined) outcomes.set(id, found);
  });
  return { others, outcomes, asking, left: Math.max(0, tests.length - PANES_MAX) };
}

interface PaneProps {
  run: Run;
  base: boolean;
  src: string;
  state: PictureState;
  change: (next: PictureState) => void;
  outcome: Outcome | undefined;
  /** The question for it, where one was needed. */
  asked: UseQueryResult | undefined;
}

const PANE_PX = 320;

function Pane({ run, base, src, state, change, outcome, asked }: PaneProps) {
  const { say } = useWords(compare);
  const boxes = useMemo(() => (outcome ? boxesOfOutcome(outcome) : []), [outcome]);
  return (
    <div className="pane">
      <div className="run">
        <Sample slot={run.slot} /> <span>{base ? `${run.name} · ${say("compare.base")}` : run.name}</span>
      </div>
      {outcome === undefined ? (
        <Absent asked={asked} />
      ) : (
        <>
          <Picture
            src={src}
            name={`${outcome.name} · ${run.name}`}
            size={outcome}
            boxes={boxes}
            state={state}
            onState={change}
            height={PANE_PX}
            tools={false}
          />
          <Answers outcome={outcome} />
        </>
      )}
    </div>
  );
}

/** Why there is no picture: it is being asked for, that failed, or the run has no such image. */
function Absent({ asked }: Pick<PaneProps, "asked">) {
  const { say } = useWords(compare);
  if (asked?.isError) return <Problem error={asked.error} again={() => void asked.refetch()} />;
  return asked?.isPending ? <Spin /> : <p>{say("compare.absent")}</p>;
}

function Answers({ outcome }: { outcome: Outcome }) {
  const { say } = useWords(compare);
  const mark = (right: boolean | null) => (right === null ? "" : say(right ? "compare.right" : "compare.wrong"));
  const truth = (name: string | null) => (name === null ? "" : say("compare.truth", { name }));
  const lines = [
    ...outcome.answers.map((each) => {
      const [best] = each.top;
      return [mark(each.right), each.task, best ? `${best.name} ${best.score.toFixed(3)}` : "", truth(each.truth)];
    }),
    ...outcome.texts.map((each) => [mark(each.right), each.task, each.text, truth(each.truth)]),
    ...outcome.counts.map((each) => [each.task, `TP ${each.right} · FP ${each.wrong} · FN ${each.missed} · F1 ${each.f1.toFixed(3)}`]),
  ];
  return (
    <ul className="answers">
      {lines.map((line) => (
        <li key={line.join()}>{line.filter((each) => each !== "").join(" · ")}</li>
      ))}
    </ul>
  );
}
