/** Text as a machine reads it: fixed width, its own scrolling, reachable by keyboard. */
import "./source.css";

export function Source({ label, text }: { label: string; text: string }) {
  return (
    <pre className="source" role="region" aria-label={label} tabIndex={0}>
      <code>{text}</code>
    </pre>
  );
}
