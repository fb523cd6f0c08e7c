/** A test's images: filtered by what became of them, drawn small with their boxes; one opens in the viewer. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Button, Empty, Input, Select, Space } from "antd";
import { useState } from "react";

import { api, body, type Schemas } from "../../api/client";
import { percent } from "../../kit/charts/figures";
import { Problem } from "../../kit/problem";
import { useWords } from "../../words/say";
import type { Report } from "./report";
import { useGo } from "./result-page";
import { imagesAsked, OUTCOMES, type ResultSearch, type Test } from "./search";
import { sliceText } from "./slices";
import { Thumb } from "./thumb";
import { Viewer } from "./viewer";
import { tests } from "./words";

type Image = Schemas["ImageOutcome"];
const ROWS = 24;

/** A page of the images of a test or quick check. */
export function imagesOf(id: string, search: ResultSearch) {
  const query = { limit: ROWS, ...imagesAsked(search) };
  return body(api.GET("/api/v1/tests/{id}/images", { params: { path: { id }, query } }));
}

export function Gallery({ test, report, search }: { test: Test; report: Report; search: ResultSearch }) {
  const go = useGo();
  return (
    <>
      <Filters report={report} search={search} />
      <Images id={test.id} search={search} go={go} />
    </>
  );
}

interface Showing {
  id: string;
  search: ResultSearch;
  go: (search: ResultSearch) => void;
}

export function Images({ id, search, go }: Showing) {
  const { say } = useWords(tests);
  const { image, ...around } = search;
  const found = useQuery({
    queryKey: ["tests", "images", id, imagesAsked(search)],
    queryFn: () => imagesOf(id, search),
    placeholderData: keepPreviousData,
  });
  const items = found.data?.items ?? [];
  const { cursor: _, ...first } = around;
  const next = found.data?.next;
  return (
    <>
      {found.isError ? <Problem error={found.error} again={() => void found.refetch()} /> : null}
      {found.data && items.length === 0 ? <Empty description={say("images.none")} /> : null}
      <ul className="shots">
        {items.map((each) => (
          <li key={each.number}>
            <button
              type="button"
              aria-label={say("images.open", { name: each.name })}
              onClick={() => go({ ...around, image: each.number })}
            >
              <Thumb src={`/api/v1/tests/${id}/images/${each.number}/image`} image={each} />
            </button>
            <Caption image={each} />
          </li>
        ))}
      </ul>
      <div className="pages">
        <Button disabled={!search.cursor} onClick={() => go(first)}>
          {say("images.first")}
        </Button>
        <Button disabled={!next} onClick={() => (next ? go({ ...around, cursor: next }) : undefined)}>
          {say("list.after")}
        </Button>
      </div>
      {image === undefined ? null : (
        <Viewer id={id} number={image} around={items.map((each) => each.number)} open={(at) => go(at === null ? around : { ...around, image: at })} />
      )}
    </>
  );
}

/** Name, and what became of it: in words, beside the picture. */
function Caption({ image }: { image: Image }) {
  const { say } = useWords(tests);
  return (
    <div className="caption">
      <b title={image.name}>{image.name}</b>
      {image.right === null ? null : <span>{say(image.right ? "outcome.right" : "outcome.wrong")}</span>}
      {(image.answers ?? []).map((each) => (
        <span key={each.task}>{`${each.top[0]?.name ?? ""} ${percent(each.top[0]?.score, 1)}${each.truth === null ? "" : ` ← ${each.truth}`}`}</span>
      ))}
      {(image.texts ?? []).map((each) => (
        <span key={each.task}>{each.truth === null ? each.text : `${each.text} ← ${each.truth}`}</span>
      ))}
      {(image.counts ?? []).map((each) => (
        <span key={each.task}>{`TP ${each.right} · FP ${each.wrong} · FN ${each.missed}`}</span>
      ))}
      {(image.counts ?? []).length === 0 && (image.boxes ?? []).length ? <span>{`${image.boxes?.length}`}</span> : null}
    </div>
  );
}

function Filters({ report, search }: { report: Report; search: ResultSearch }) {
  const { say, label } = useWords(tests);
  const go = useGo();
  const [typed, setTyped] = useState(search.search ?? "");
  const { cursor: _, image: __, ...rest } = search;
  const boxes = report.detection !== null && report.detection !== undefined;
  const tasks = [...report.tasks.map((each) => each.task), ...(report.detection ? [report.detection.task] : [])];
  const task = report.tasks.find((each) => each.task === search.task) ?? report.tasks[0];
  const classes = (report.detection?.classes ?? task?.classes ?? []).map((each) => each.name);
  const slices = (report.slices ?? []).map((each) => sliceText(each.summary));
  const outcomes = OUTCOMES.filter((each) => boxes || each === "right" || each === "wrong");
  const choose = (key: "outcome" | "task" | "class" | "found" | "slice", word: "images.outcome" | "result.task" | "images.true" | "images.found" | "images.slice", options: readonly { value: string; label: string }[]) => (
    <label>
      {say(word)}{" "}
      <Select<string>
        style={{ width: 150 }}
        showSearch={{ optionFilterProp: "label" }}
        aria-label={say(word)}
        value={search[key] ?? ""}
        options={[{ value: "", label: say("images.any") }, ...options]}
        onChange={(value) => {
          const { [key]: ___, ...left } = rest;
          go(value === "" ? left : { ...left, [key]: value });
        }}
      />
    </label>
  );
  const plain = (names: readonly string[]) => names.map((value) => ({ value, label: value }));
  return (
    <Space wrap>
      {choose("outcome", "images.outcome", outcomes.map((value) => ({ value, label: label("outcome", value) })))}
      {tasks.length > 1 ? choose("task", "result.task", plain(tasks)) : null}
      {classes.length ? choose("class", "images.true", plain(classes)) : null}
      {classes.length ? choose("found", "images.found", plain(classes)) : null}
      {slices.length ? choose("slice", "images.slice", plain(slices)) : null}
      <Input.Search
        allowClear
        style={{ width: 200 }}
        aria-label={say("images.name")}
        placeholder={say("images.name")}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onSearch={(text) => {
          const { search: ___, ...left } = rest;
          go(text.trim() ? { ...left, search: text.trim() } : left);
        }}
      />
    </Space>
  );
}
