/** One of several that are always seen: Ant Design's, as one stop of the keyboard, whose arrows then choose. */
import { Segmented, type SegmentedProps } from "antd";
import { useId } from "react";

export function Segments<T extends string | number>(props: SegmentedProps<T>) {
  const name = useId();
  // the group around the radio buttons would be a stop that no key does anything at
  return <Segmented<T> name={name} {...props} tabIndex={-1} />;
}
