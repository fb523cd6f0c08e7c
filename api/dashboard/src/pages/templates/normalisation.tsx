/** Mean and scale of a sub-template: typed, taken from a preset, or worked out from mean and deviation in 0..1. */
import { Alert, Button, Input, Popover, Select } from "antd";
import { useState } from "react";

import { useDictionary } from "../../kit/dictionary";
import { useWords } from "../../words/say";
import type { SubForm } from "./document";
import { Field, VectorField } from "./fields";
import { channelsOf, fromUnit, looksLikeDivisor, presetText } from "./normalise";
import { templates } from "./words";

interface Props {
  id: string;
  sub: SubForm;
  change: (part: Partial<SubForm>) => void;
}

export function Normalisation({ id, sub, change }: Props) {
  const { say } = useWords(templates);
  const channels = channelsOf(sub.input_shape);
  return (
    <>
      <VectorField
        id={`${id}-mean`}
        label={say("sub.mean")}
        value={sub.mean_values}
        change={(mean_values) => change({ mean_values })}
        count={channels}
        after={<Preset list="mean_values" channels={channels} use={(mean_values) => change({ mean_values })} />}
      />
      <VectorField
        id={`${id}-scale`}
        label={say("sub.scale")}
        value={sub.scale_values}
        change={(scale_values) => change({ scale_values })}
        count={channels}
        after={<Preset list="scale_values" channels={channels} use={(scale_values) => change({ scale_values })} />}
      />
      <div className="wide">
        <FromUnit id={id} use={change} />
        {looksLikeDivisor(sub.scale_values) ? <Alert type="warning" showIcon title={say("scale.divisor")} /> : null}
      </div>
    </>
  );
}

interface PresetProps {
  list: "mean_values" | "scale_values";
  channels: number | null;
  use: (text: string) => void;
}

function Preset({ list, channels, use }: PresetProps) {
  const { say } = useWords(templates);
  const entries = useDictionary().data?.get(list)?.entries ?? [];
  const label = `${say("sub.preset")} · ${list}`;
  const take = (name: string) => {
    const values = entries.find((each) => each.name === name)?.values;
    if (values) use(presetText(values, channels ?? 3));
  };
  return (
    <Select<string>
      aria-label={label}
      style={{ width: 120 }}
      placeholder={say("sub.preset")}
      value={null}
      options={entries.map((each) => ({ value: each.name, label: each.name }))}
      onChange={take}
    />
  );
}

function FromUnit({ id, use }: { id: string; use: (part: Partial<SubForm>) => void }) {
  const { say } = useWords(templates);
  const [open, setOpen] = useState(false);
  const [mean, setMean] = useState("0.485,0.456,0.406");
  const [std, setStd] = useState("0.229,0.224,0.225");
  const found = fromUnit(mean, std);
  const take = () => {
    if (found) use(found);
    setOpen(false);
  };
  const content = (
    <section aria-label={say("unit.open")} style={{ width: 320 }}>
      <Field id={`${id}-unit-mean`} label={say("unit.mean")}>
        <Input id={`${id}-unit-mean`} value={mean} onChange={(event) => setMean(event.target.value)} />
      </Field>
      <Field id={`${id}-unit-std`} label={say("unit.std")} problem={found ? null : say("unit.wrong")}>
        <Input id={`${id}-unit-std`} value={std} onChange={(event) => setStd(event.target.value)} />
      </Field>
      <Button type="primary" disabled={found === null} onClick={take}>
        {say("unit.use")}
      </Button>
    </section>
  );
  return (
    <Popover trigger="click" open={open} onOpenChange={setOpen} content={content}>
      <Button style={{ marginBottom: 16 }} aria-expanded={open}>
        {say("unit.open")}
      </Button>
    </Popover>
  );
}
