/** The log of a job: levels, search, following its end until the reader scrolls away, and the whole file. */
import { Alert, Button, Input, Select, Skeleton, Switch } from "antd";
import { useEffect, useMemo, useRef, useState } from "react";

import type { Schemas } from "../../api/client";
import { Problem } from "../../kit/problem";
import { SelectMany } from "../../kit/select-many";
import { useWords } from "../../words/say";
import type { JobSearch } from "./job-search";
import { chosen, type Level, LEVELS, type Line, LINES_MAX, linesOf } from "./log-lines";
import type { Shown } from "./use-log";
import { jobs } from "./words";

const NEAR_PX = 24;

interface Props {
  job: Schemas["Job"];
  attempt: number;
  shown: Shown;
  search: JobSearch;
  go: (next: JobSearch) => void;
}

/** The end of the box stays in sight until the reader scrolls up, and again once he is back at the end. */
function useFollow(lines: readonly Line[]) {
  const box = useRef<HTMLDivElement>(null);
  const [follow, setFollow] = useState(true);
  useEffect(() => {
    if (follow && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [lines, follow]);
  const scrolled = () => {
    const at = box.current;
    if (at !== null) setFollow(at.scrollHeight - at.scrollTop - at.clientHeight < NEAR_PX);
  };
  return { box, follow, setFollow, scrolled };
}

function Row({ line }: { line: Line }) {
  const { say, label } = useWords(jobs);
  return (
    <div className={`log-line ${line.level}`}>
      <span className="number">{line.number + 1}</span>
      <span className="level">{line.level === "info" ? "" : label("level", line.level)}</span>
      <span className="text">
        {line.text}
        {line.times > 1 ? `  ${say("log.times", { times: line.times })}` : ""}
      </span>
    </div>
  );
}

function Tools({ job, attempt, search, go, follow, setFollow }: Omit<Props, "shown"> & Pick<ReturnType<typeof useFollow>, "follow" | "setFollow">) {
  const { say, label } = useWords(jobs);
  const [typed, setTyped] = useState(search.find ?? "");
  const attempts = Array.from({ length: Math.max(1, job.epoch) }, (_, index) => index + 1);
  return (
    <div className="log-tools">
      {attempts.length > 1 ? (
        <Select
          aria-label={say("log.attempt")}
          value={attempt}
          options={attempts.map((each) => ({ value: each, label: say("log.attempt_n", { attempt: each }) }))}
          onChange={(value) => go({ attempt: value })}
        />
      ) : null}
      <SelectMany<Level>
        allowClear
        style={{ minWidth: 220 }}
        aria-label={say("log.levels")}
        placeholder={say("log.levels_all")}
        value={search.levels ?? []}
        options={LEVELS.map((level) => ({ value: level, label: label("level", level) }))}
        onChange={(levels) => go({ levels })}
      />
      <Input.Search
        allowClear
        style={{ width: 240 }}
        aria-label={say("log.find")}
        placeholder={say("log.find")}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onSearch={(find) => go({ find })}
      />
      <label>
        <Switch size="small" checked={follow} onChange={setFollow} aria-label={say("log.follow")} /> {say("log.follow")}
      </label>
      {job.logs.includes(attempt) ? (
        <Button href={`/api/v1/jobs/${job.id}/log?attempt=${attempt}`} download>
          {say("log.download")}
        </Button>
      ) : null}
    </div>
  );
}

function remarks({ log, live }: Shown, say: ReturnType<typeof useWords<typeof jobs>>["say"]): string[] {
  const told: string[] = [];
  if (log.first > 0 && live) told.push(say("log.began_before", { lines: log.first }));
  if (log.first > 0 && !live) told.push(say("log.cut", { lines: LINES_MAX, left: log.first }));
  if (log.missing > 0) told.push(say("log.missing", { lines: log.missing }));
  return told;
}

export function LogView({ job, attempt, shown, search, go }: Props) {
  const { say } = useWords(jobs);
  const lines = useMemo(() => linesOf(shown.log), [shown.log]);
  const seen = useMemo(() => chosen(lines, search.levels ?? [], search.find ?? ""), [lines, search.levels, search.find]);
  const { box, follow, setFollow, scrolled } = useFollow(seen);
  const nothing = lines.length === 0 ? say(shown.live ? "log.waiting" : "log.none") : say("log.no_match");
  return (
    <>
      <Tools job={job} attempt={attempt} search={search} go={go} follow={follow} setFollow={setFollow} />
      {remarks(shown, say).map((remark) => (
        <Alert key={remark} type="info" title={remark} style={{ marginBottom: 8 }} />
      ))}
      {shown.error ? <Problem error={shown.error} /> : null}
      <div className="log-box" ref={box} onScroll={scrolled} tabIndex={0} role="log" aria-live="off" aria-label={say("job.log")}>
        {shown.loading ? <Skeleton active title={false} style={{ padding: 12 }} /> : null}
        {!shown.loading && seen.length === 0 ? <div className="log-line">{nothing}</div> : null}
        {seen.map((line) => (
          <Row key={line.number} line={line} />
        ))}
      </div>
      <p role="status">{say("log.count", { seen: seen.length, all: lines.length })}</p>
    </>
  );
}
