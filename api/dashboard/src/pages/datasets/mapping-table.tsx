/** Left the template's tasks, which are fixed; right the keys of the annotations, each to be used once. */
import { Select, Tag, Typography } from "antd";

import type { Schemas } from "../../api/client";
import { useWords } from "../../words/say";
import { BOXES_KEY, type Chosen, fittingKeys, usedBy } from "./mapping";
import { datasets } from "./words";

type Report = Schemas["ScanReport"];
type Task = Schemas["TaskSpec"];

interface Props {
  report: Report;
  /** The tasks are the package's own: there is nothing to be matched otherwise. */
  own: boolean;
  chosen: Chosen;
  choose: (chosen: Chosen) => void;
}

const CLASSES_SHOWN = 30;

export function MappingTable({ report, own, chosen, choose }: Props) {
  const { say } = useWords(datasets);
  return (
    <section aria-label={say("map.title")} className="filters">
      <h2>{say("map.title")}</h2>
      <table className="mapping">
        <thead>
          <tr>
            <th scope="col">{own ? say("map.left_own") : say("map.left")}</th>
            <th scope="col">{say("map.right")}</th>
            <th scope="col">{say("map.difference")}</th>
          </tr>
        </thead>
        <tbody>
          {report.wanted?.tasks.map((task) => (
            <tr key={task.name}>
              <td>
                <TaskCell task={task} />
              </td>
              <td>
                <KeyCell task={task.name} report={report} own={own} chosen={chosen} choose={choose} />
              </td>
              <td>
                <Difference task={task.name} report={report} fresh={chosen[task.name] ?? null} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function TaskCell({ task }: { task: Task }) {
  const { say } = useWords(datasets);
  const more = task.classes.length - CLASSES_SHOWN;
  return (
    <details>
      <summary>
        <strong>{task.name}</strong> {say("map.classes", { count: task.classes.length })}
      </summary>
      {task.classes.slice(0, CLASSES_SHOWN).map((each) => (
        <Tag key={each}>{each}</Tag>
      ))}
      {more > 0 ? say("map.more", { count: task.classes.length }) : null}
    </details>
  );
}

function KeyCell({ task, report, own, chosen, choose }: Props & { task: string }) {
  const { say } = useWords(datasets);
  const name = (key: Schemas["PackageKey"]) => {
    const plain = key.name === BOXES_KEY && key.tool === "box" ? say("map.boxes") : key.name;
    const used = usedBy(chosen, key.name, task);
    const count = say("map.values", { count: Object.keys(key.values).length });
    return `${plain} · ${count}${used === null ? "" : say("map.used", { task: used })}`;
  };
  return (
    <Select<string>
      aria-label={say("map.choose", { task })}
      style={{ minWidth: 260, width: "100%" }}
      disabled={own}
      {...(chosen[task] === undefined ? { status: "error" as const } : { value: chosen[task] })}
      placeholder={say("map.right")}
      options={fittingKeys(report).map((key) => ({
        value: key.name,
        label: name(key),
        disabled: usedBy(chosen, key.name, task) !== null,
      }))}
      onChange={(key) => choose({ ...chosen, [task]: key })}
    />
  );
}

/** What the scan found between the task and the key that it was told; of another key nothing is known yet. */
function Difference({ task, report, fresh }: { task: string; report: Report; fresh: string | null }) {
  const { say } = useWords(datasets);
  const told = report.pairs.find((pair) => pair.task === task)?.key ?? null;
  if (fresh === null || fresh !== told) return <>—</>;
  const found = report.mismatches.find((each) => each.task === task);
  if (found === undefined) return <Typography.Text type="secondary">{say("map.matches")}</Typography.Text>;
  const outside = Object.entries(found.outside);
  return (
    <>
      {outside.length ? (
        <p>
          {say("list.named", { name: say("map.outside") })}
          {outside.slice(0, CLASSES_SHOWN).map(([value, count]) => (
            <Tag key={value} color="error">{`${value} × ${count}`}</Tag>
          ))}
          {found.outside_values > CLASSES_SHOWN ? say("map.more", { count: found.outside_values }) : null}
        </p>
      ) : null}
      {found.unused.length ? (
        <p>
          {say("list.named", { name: say("map.unused") })}
          {found.unused.slice(0, CLASSES_SHOWN).map((value) => (
            <Tag key={value}>{value}</Tag>
          ))}
          {found.unused_classes > CLASSES_SHOWN ? say("map.more", { count: found.unused_classes }) : null}
        </p>
      ) : null}
    </>
  );
}
