/** Which theme is on, and how another one is chosen. */
import { createContext, useContext } from "react";

import type { Mode } from "./theme";

export interface Theme {
  mode: Mode;
  use: (mode: Mode) => void;
}

export const ThemeContext = createContext<Theme>({ mode: "light", use: () => undefined });

export function useTheme(): Theme {
  return useContext(ThemeContext);
}
