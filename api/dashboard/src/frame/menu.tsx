/** The menu: every area of the house and its pages. */
import {
  AppstoreOutlined,
  BarChartOutlined,
  DatabaseOutlined,
  ExperimentOutlined,
  HomeOutlined,
  SettingOutlined,
  SwapOutlined,
} from "@ant-design/icons";
import type { ReactNode } from "react";

import type { SharedWord } from "../words/say";

export interface Entry {
  to: string;
  word: SharedWord;
  icon?: ReactNode;
  inside?: Entry[];
}

export const ENTRIES: Entry[] = [
  { to: "/", word: "menu.home", icon: <HomeOutlined aria-hidden /> },
  {
    to: "/models",
    word: "menu.models",
    icon: <AppstoreOutlined aria-hidden />,
    inside: [
      { to: "/models/pth", word: "menu.pth" },
      { to: "/models/nvidia", word: "menu.nvidia" },
      { to: "/models/ascend", word: "menu.ascend" },
    ],
  },
  {
    to: "/convert",
    word: "menu.convert",
    icon: <SwapOutlined aria-hidden />,
    inside: [
      { to: "/conversions", word: "menu.conversions" },
      { to: "/templates", word: "menu.templates" },
      { to: "/structures", word: "menu.structures" },
    ],
  },
  { to: "/datasets", word: "menu.datasets", icon: <DatabaseOutlined aria-hidden /> },
  {
    to: "/inference",
    word: "menu.inference",
    icon: <ExperimentOutlined aria-hidden />,
    inside: [
      { to: "/tests", word: "menu.tests" },
      { to: "/quick-checks", word: "menu.quick_checks" },
      { to: "/parities", word: "menu.parities" },
    ],
  },
  { to: "/compare", word: "menu.compare", icon: <BarChartOutlined aria-hidden /> },
  { to: "/system", word: "menu.system", icon: <SettingOutlined aria-hidden /> },
];

export const PATHS = ENTRIES.flatMap((each) => each.inside?.map((inner) => inner.to) ?? [each.to]);

/** The entry of the menu that a path belongs to: the longest that it begins with; null: the path is in no menu. */
export function entryOf(path: string, entries: readonly string[]): string | null {
  const fits = entries.filter((each) => path === each || (each !== "/" && path.startsWith(`${each}/`)));
  return fits.sort((one, other) => other.length - one.length)[0] ?? null;
}
