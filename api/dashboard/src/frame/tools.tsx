/** Language and theme, on every page. */
import { BgColorsOutlined } from "@ant-design/icons";
import { Button } from "antd";

import { useWords } from "../words/say";
import { useTheme } from "./theme-context";

export function Tools() {
  const { say, lang, use } = useWords();
  const theme = useTheme();
  const other = theme.mode === "dark" ? "light" : "dark";
  return (
    <>
      <Button
        type="text"
        icon={<BgColorsOutlined aria-hidden />}
        aria-label={say(`app.theme.${other}`)}
        onClick={() => theme.use(other)}
      />
      <Button type="text" lang={lang === "zh" ? "en" : "zh-CN"} onClick={() => use(lang === "zh" ? "en" : "zh")}>
        {say("app.language")}
      </Button>
    </>
  );
}
