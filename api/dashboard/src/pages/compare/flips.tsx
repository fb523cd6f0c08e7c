/** Images of which the base and another run differ: what became wrong, what became right; any opens under all runs. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Button, Select, Spin } from "antd";

import { api, body, type Schemas } from "../../api/client";
import type { Run } from "../../kit/charts/options";
import { Problem } from "../../kit/problem";
import { Segments } from "../../kit/segments";
import { useWords } from "../../words/say";
import type { Compared } from "./figures";
import { type Change, type CompareSearch, said } from "./search";
import { imageSrc, SameImage } from "./same-image";
import { compare } from "./words";

const LIMIT = 48;

interface Props {
  tests: readonly Compared[];
  base: Compared;
  runs: readonly Run[];
  search: CompareSearch;
  go: (next: CompareSearch) => void;
}

/** Tasks that both have, of whatever kind. */
function tasksOfBoth(base: Compared, other: Compared): string[] {
  const own = (each: Compared) => [...Object.keys(each.classes), ...each.test.sequences.map((one) => one.task)];
  return own(base).filter((task) => own(other).includes(task));
}

export function Flips({ tests, base, runs, search, go }: Props) {
  const { say } = useWords(compare);
  const others = tests.filter((each) => each !== base);
  const against = others.find((each) => each.test.id === search.against) ?? others[0];
  if (against === undefined) return null;
  const tasks = tasksOfBoth(base, against);
  const narrow = (next: CompareSearch) => go(said({ ...search, ...next, cursor: undefined, image: undefined }));
  return (
    <section aria-labelledby="compare-flips">
      <h2 id="compare-flips">{say("compare.flips")}</h2>
      <div className="choices">
        <label className="run">
          {say("compare.against")}
          <Select<string>
            aria-label={say("compare.against")}
            style={{ minWidth: 280 }}
            value={against.test.id}
            options={runs.filter((run) => run.key !== base.test.id).map((run) => ({ value: run.key, label: run.name }))}
            onChange={(id) => narrow({ against: id })}
          />
        </label>
        {tasks.length > 1 ? (
          <label className="run">
            {say("compare.task")}
            <Select<string>
              aria-label={say("compare.task")}
              style={{ minWidth: 160 }}
              value={tasks.find((task) => task === search.task) ?? tasks[0] ?? ""}
              options={tasks.map((task) => ({ value: task, label: task }))}
              onChange={(task) => narrow({ task })}
            />
          </label>
        ) : null}
      </div>
      <Gallery
        tests={tests}
        runs={runs}
        base={base}
        against={against}
        task={tasks.find((task) => task === search.task)}
        search={search}
        go={go}
      />
    </section>
  );
}

interface GalleryProps extends Props {
  against: Compared;
  task: string | undefined;
}

function Gallery({ tests, base, runs, against, task, search, go }: GalleryProps) {
  const { say } = useWords(compare);
  const query = said({ task, change: search.change, cursor: search.cursor });
  const ids = { base: base.test.id, test: against.test.id };
  const found = useQuery({
    queryKey: ["tests", "flips", ids, query],
    queryFn: () =>
      body(
        api.GET("/api/v1/comparisons/flips", {
          params: {
            query: {
              ...ids,
              limit: LIMIT,
              ...(query.task ? { task: query.task } : {}),
              ...(query.change ? { change: query.change } : {}),
              ...(query.cursor ? { cursor: query.cursor } : {}),
            },
          },
        }),
      ),
    placeholderData: keepPreviousData,
  });
  if (found.isError && found.data === undefined) return <Problem error={found.error} again={() => void found.refetch()} />;
  if (found.isPending) return <Spin />;
  const { items, next } = found.data;
  const open = search.image === undefined ? undefined : items[search.image];
  return (
    <>
      <Changes flips={found.data} search={search} go={go} />
      {open !== undefined && search.image !== undefined ? (
        <SameImage
          flip={open}
          at={search.image}
          count={items.length}
          tests={tests}
          runs={runs}
          base={base.test.id}
          against={against.test.id}
          turn={(image) => go(said({ ...search, image }))}
        />
      ) : null}
      <Thumbs items={items} base={base.test.id} search={search} go={go} />
      <div className="pages">
        {search.cursor ? (
          <Button onClick={() => go(said({ ...search, cursor: undefined, image: undefined }))}>{say("compare.first")}</Button>
        ) : null}
        {next !== null ? (
          <Button onClick={() => go(said({ ...search, cursor: next, image: undefined }))}>{say("compare.more")}</Button>
        ) : null}
      </div>
    </>
  );
}

function Changes({ flips, search, go }: Pick<Props, "search" | "go"> & { flips: Schemas["Flips"] }) {
  const { say } = useWords(compare);
  return (
    <>
      <p className="hint">{say("compare.flips_hint", { images: flips.images })}</p>
      <Segments<Change | "all">
        aria-label={say("compare.change")}
        value={search.change ?? "all"}
        options={[
          { value: "all", label: say("compare.change_all", { n: flips.lost + flips.won }) },
          { value: "lost", label: say("compare.change_lost", { n: flips.lost }) },
          { value: "won", label: say("compare.change_won", { n: flips.won }) },
        ]}
        onChange={(change) =>
          go(said({ ...search, change: change === "all" ? undefined : change, cursor: undefined, image: undefined }))
        }
      />
      {flips.items.length === 0 ? <p>{say("compare.flips_none")}</p> : null}
    </>
  );
}

interface ThumbsProps extends Pick<Props, "search" | "go"> {
  items: readonly Schemas["Flip"][];
  base: string;
}

function Thumbs({ items, base, search, go }: ThumbsProps) {
  const { say } = useWords(compare);
  return (
    <ul className="flips">
      {items.map((flip, at) => {
        const change = say(`compare.${flip.change}`);
        return (
          <li key={flip.base.number}>
            <button
              type="button"
              className={`flip ${flip.change}`}
              aria-pressed={search.image === at}
              aria-label={say("compare.open", { change, name: flip.base.name })}
              onClick={() => go(said({ ...search, image: at }))}
            >
              <img src={imageSrc(base, flip.base.number)} alt="" loading="lazy" width={112} height={84} />
              <span>{`${flip.change === "lost" ? "▼" : "▲"} ${change}`}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
