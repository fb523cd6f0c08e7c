/** Colours in both themes: Ant Design's own fail the contrast of WCAG AA in places, these do not (checked by axe). */
import { theme as antd, type ThemeConfig } from "antd";

export type Mode = "light" | "dark";

const COMMON = { borderRadius: 6, fontSize: 14 };

export const THEMES: Record<Mode, ThemeConfig> = {
  light: {
    algorithm: antd.defaultAlgorithm,
    token: {
      ...COMMON,
      colorPrimary: "#0958d9",
      colorInfo: "#0958d9",
      colorLink: "#0958d9",
      colorError: "#cf1322",
      colorErrorBg: "#fff2f0",
      colorSuccess: "#237804",
      colorSuccessBg: "#f6ffed",
      colorWarning: "#ad4e00",
      colorWarningBg: "#fffbe6",
      colorTextTertiary: "rgba(0,0,0,.65)",
      colorTextDescription: "rgba(0,0,0,.65)",
      colorTextPlaceholder: "rgba(0,0,0,.62)",
    },
  },
  dark: {
    algorithm: antd.darkAlgorithm,
    token: {
      ...COMMON,
      colorInfo: "#69b1ff",
      colorLink: "#69b1ff",
      colorError: "#ff7875",
      colorTextTertiary: "rgba(255,255,255,.65)",
      colorTextDescription: "rgba(255,255,255,.65)",
      colorTextPlaceholder: "rgba(255,255,255,.6)",
    },
    components: {
      Tabs: { itemSelectedColor: "#69b1ff" },
      Button: { dangerColor: "#141414" },
    },
  },
};

const KEPT = "mo.theme";

/** What the reader chose, else what the system prefers. */
export function firstMode(kept: string | null, prefersDark: boolean): Mode {
  return kept === "dark" || kept === "light" ? kept : prefersDark ? "dark" : "light";
}

export function keptMode(): Mode {
  return firstMode(localStorage.getItem(KEPT), matchMedia("(prefers-color-scheme: dark)").matches);
}

/** The browser's own parts, and our styles, are in these colours from here on. */
export function paint(mode: Mode): void {
  document.documentElement.dataset["theme"] = mode;
  document.documentElement.style.colorScheme = mode;
}

export function keepMode(mode: Mode): void {
  localStorage.setItem(KEPT, mode);
}
