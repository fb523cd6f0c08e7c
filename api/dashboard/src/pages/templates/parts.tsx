/** The lists in a sub-template's form: its tasks with their classes, and its arguments. */
import { Button, Input, Select } from "antd";

import { useWords } from "../../words/say";
import { type ArgForm, EMPTY_TASK, type Kind, KINDS, lines, type TaskForm } from "./document";
import { Field } from "./fields";
import { templates } from "./words";

/** The list with one of its parts changed. */
export function changed<T>(all: readonly T[], place: number, part: Partial<T>): T[] {
  return all.map((each, at) => (at === place ? { ...each, ...part } : each));
}

export function without<T>(all: readonly T[], place: number): T[] {
  return all.filter((_, at) => at !== place);
}

interface Props<T> {
  id: string;
  all: T[];
  change: (all: T[]) => void;
}

export function Tasks({ id, all, change }: Props<TaskForm>) {
  const { say } = useWords(templates);
  return (
    <section className="wide" aria-label={say("task.title")}>
      <h3>{say("task.title")}</h3>
      <p>{say("task.hint")}</p>
      {all.map((task, place) => (
        <div key={place} className="row-fields task-fields">
          <Field id={`${id}-task-${place}`} label={say("task.name")} required>
            <Input
              id={`${id}-task-${place}`}
              value={task.name}
              maxLength={200}
              onChange={(event) => change(changed(all, place, { name: event.target.value }))}
            />
          </Field>
          <Field
            id={`${id}-classes-${place}`}
            label={say("task.classes")}
            hint={say("task.count", { count: lines(task.classes).length })}
            required
          >
            <Input.TextArea
              id={`${id}-classes-${place}`}
              value={task.classes}
              rows={4}
              onChange={(event) => change(changed(all, place, { classes: event.target.value }))}
            />
          </Field>
          <Button
            danger
            disabled={all.length === 1}
            style={{ marginTop: 30 }}
            aria-label={`${say("task.remove")} ${task.name}`}
            onClick={() => change(without(all, place))}
          >
            {say("action.remove")}
          </Button>
        </div>
      ))}
      <Button onClick={() => change([...all, { ...EMPTY_TASK, name: `task${all.length + 1}` }])}>{say("task.add")}</Button>
    </section>
  );
}

export function Args({ id, all, change }: Props<ArgForm>) {
  const { say } = useWords(templates);
  return (
    <section className="wide" aria-label={say("arg.title")}>
      <h3>{say("arg.title")}</h3>
      {all.map((arg, place) => (
        <Arg
          key={place}
          id={`${id}-arg-${place}`}
          arg={arg}
          change={(part) => change(changed(all, place, part))}
          remove={() => change(without(all, place))}
        />
      ))}
      <Button onClick={() => change([...all, { name: "", kind: "sf", value: "" }])}>{say("arg.add")}</Button>
    </section>
  );
}

interface ArgProps {
  id: string;
  arg: ArgForm;
  change: (part: Partial<ArgForm>) => void;
  remove: () => void;
}

function Arg({ id, arg, change, remove }: ArgProps) {
  const { say } = useWords(templates);
  const typed = (value: string) => change({ value });
  return (
    <div className="row-fields">
      <Field id={`${id}-name`} label={say("arg.name")} required>
        <Input id={`${id}-name`} value={arg.name} onChange={(event) => change({ name: event.target.value })} />
      </Field>
      <Field id={`${id}-kind`} label={say("arg.kind")}>
        <Select<Kind>
          id={`${id}-kind`}
          aria-label={say("arg.kind")}
          value={arg.kind}
          options={KINDS.map((kind) => ({ value: kind, label: say(`arg.${kind}`) }))}
          onChange={(kind) => change({ kind })}
        />
      </Field>
      <Field id={`${id}-value`} label={say("arg.value")} required>
        {arg.kind === "vs" ? (
          <Input.TextArea
            id={`${id}-value`}
            value={arg.value}
            rows={3}
            onChange={(event) => typed(event.target.value)}
          />
        ) : (
          <Input id={`${id}-value`} value={arg.value} onChange={(event) => typed(event.target.value)} />
        )}
      </Field>
      <Button danger style={{ marginTop: 30 }} aria-label={`${say("arg.remove")} ${arg.name}`} onClick={remove}>
        {say("action.remove")}
      </Button>
    </div>
  );
}
