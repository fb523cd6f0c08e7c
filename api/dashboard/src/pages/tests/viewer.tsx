/** One image of a test, large: boxes at any zoom, what was said, the same as JSON; the next one by key. */
import { useQuery } from "@tanstack/react-query";
import { Button, Modal, Skeleton, Space, Table } from "antd";
import { type KeyboardEvent, useMemo, useState } from "react";

import { api, body, type Schemas } from "../../api/client";
import { percent } from "../../kit/charts/figures";
import { Picture } from "../../kit/picture";
import { boxesOfOutcome, boxText } from "../../kit/picture-boxes";
import { Problem } from "../../kit/problem";
import { useWords } from "../../words/say";
import { tests } from "./words";

type Image = Schemas["ImageOutcome"];
const WIDTH = 1080;

interface Props {
  id: string;
  number: number;
  /** The images among which the keys go on. */
  around: readonly number[];
  open: (number: number | null) => void;
}

const one = (id: string, number: number) =>
  body(api.GET("/api/v1/tests/{id}/images/{number}", { params: { path: { id, number } } }));

export function Viewer({ id, number, around, open }: Props) {
  const { say } = useWords(tests);
  const found = useQuery({ queryKey: ["tests", "image", id, number], queryFn: () => one(id, number) });
  const at = around.indexOf(number);
  const go = (by: -1 | 1) => {
    const next = around[at + by];
    if (at >= 0 && next !== undefined) open(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "j") go(1);
    if (event.key === "k") go(-1);
  };
  return (
    <Modal open width={WIDTH} title={found.data?.name ?? String(number)} footer={null} onCancel={() => open(null)}>
      <div onKeyDown={onKeyDown}>
        <Space>
          <Button disabled={at <= 0} onClick={() => go(-1)}>
            {say("images.before")}
          </Button>
          <Button disabled={at < 0 || at === around.length - 1} onClick={() => go(1)}>
            {say("images.after")}
          </Button>
          <a href={`/api/v1/tests/${id}/images/${number}/image`} download>
            {say("images.original")}
          </a>
        </Space>
        {found.isError ? <Problem error={found.error} /> : null}
        {found.isPending ? <Skeleton active /> : null}
        {found.data ? <Shown src={`/api/v1/tests/${id}/images/${number}/image`} image={found.data} /> : null}
      </div>
    </Modal>
  );
}

function Shown({ src, image }: { src: string; image: Image }) {
  const { say } = useWords(tests);
  const [lit, setLit] = useState<string | null>(null);
  const boxes = useMemo(() => boxesOfOutcome(image).filter((each) => each.outcome !== "below"), [image]);
  const below = (image.boxes ?? []).filter((each) => each.outcome === "below").length;
  return (
    <>
      <Picture src={src} name={image.name} size={image} boxes={boxes} lit={lit} onLit={setLit} />
      <Answers image={image} />
      {boxes.length ? (
        <ul className="box-list">
          {boxes.map((each) => (
            <li key={each.key}>
              <button
                type="button"
                aria-pressed={lit === each.key}
                onClick={() => setLit(lit === each.key ? null : each.key)}
              >
                {`${each.side === "truth" ? say("images.truth") : say("images.answer")} · ${boxText(each)}`}
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      {below ? <p>{say("images.below", { count: below })}</p> : null}
      <details>
        <summary>{say("images.json")}</summary>
        <pre tabIndex={0} className="json" aria-label={say("images.json")}>
          {JSON.stringify(image, null, 1)}
        </pre>
      </details>
    </>
  );
}

function Answers({ image }: { image: Image }) {
  const { say } = useWords(tests);
  const rows = [
    ...(image.answers ?? []).map((each) => ({
      task: each.task,
      truth: each.truth,
      said: each.top.map((guess) => `${guess.name} ${percent(guess.score, 1)}`).join(", "),
    })),
    ...(image.texts ?? []).map((each) => ({ task: each.task, truth: each.truth, said: each.text })),
  ];
  if (rows.length === 0) return null;
  return (
    <Table
      rowKey="task"
      size="small"
      pagination={false}
      dataSource={rows}
      columns={[
        { title: say("result.task"), dataIndex: "task" },
        { title: say("images.truth"), dataIndex: "truth" },
        { title: say("images.answer"), dataIndex: "said" },
      ]}
    />
  );
}
