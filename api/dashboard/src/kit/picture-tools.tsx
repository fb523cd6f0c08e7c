/** The tools of a picture, or of several that move together: zoom, fit, which boxes are shown. */
import { ZoomInOutlined, ZoomOutOutlined } from "@ant-design/icons";
import { Button } from "antd";

import { useWords } from "../words/say";
import { FIT, pressed, type PictureState, type Size, trueSize } from "./picture-geometry";
import { picture as words } from "./picture-words";

interface Props {
  state: PictureState;
  change: (next: PictureState) => void;
  /** How many boxes there are of each side; a side without any needs no toggle. */
  sides: { truth: number; found: number };
  /** Both are needed for "actual pixels", which is left out without them. */
  picture?: Size;
  pane?: Size;
}

export function PictureTools({ state, change, sides, picture, pane }: Props) {
  const { say } = useWords(words);
  const press = (key: string) => {
    const next = pressed(key, state);
    if (next !== null) change(next);
  };
  const toggle = (key: string, on: boolean, text: string) => (
    <Button size="small" type={on ? "primary" : "default"} aria-pressed={on} onClick={() => press(key)}>
      {`${text} (${key})`}
    </Button>
  );
  return (
    <div className="picture-tools" role="toolbar" aria-label={say("picture.tools")}>
      <Button size="small" icon={<ZoomInOutlined aria-hidden />} aria-label={say("picture.in")} onClick={() => press("+")} />
      <Button size="small" icon={<ZoomOutOutlined aria-hidden />} aria-label={say("picture.out")} onClick={() => press("-")} />
      <Button size="small" onClick={() => change({ ...state, view: FIT })}>
        {say("picture.fit")}
      </Button>
      {picture && pane ? (
        <Button size="small" onClick={() => change({ ...state, view: trueSize(state.view, picture, pane) })}>
          {say("picture.true_size")}
        </Button>
      ) : null}
      {sides.truth ? toggle("g", state.truth && !state.hidden, say("picture.truth")) : null}
      {sides.found ? toggle("p", state.found && !state.hidden, say("picture.found")) : null}
      {sides.truth || sides.found ? toggle("h", state.hidden, say("picture.hide")) : null}
    </div>
  );
}

/** What lines and signs mean; where there are outcomes. */
export function PictureLegend() {
  const { say } = useWords(words);
  return <p className="picture-legend">{say("picture.legend")}</p>;
}
