/** Resumable uploads (tus): what was sent before a break is not sent again; the answer is the object's digest. */
import { Upload } from "tus-js-client";

import { ProblemError, refusal, StoppedError } from "./client";

export const UPLOADS = "/api/v1/uploads";
const CHUNK_BYTES = 32 << 20;
const RETRY_MS = [0, 1000, 3000, 5000, 10_000, 20_000];

export interface Sending {
  done: Promise<string>;
  stop: () => void;
}

export function send(file: File, progress: (sent: number, total: number) => void): Sending {
  let upload: Upload | undefined;
  let refuse: (reason: Error) => void = () => undefined;
  const done = new Promise<string>((resolve, reject) => {
    refuse = reject;
    let digest: string | null = null;
    upload = new Upload(file, {
      endpoint: UPLOADS,
      chunkSize: CHUNK_BYTES,
      retryDelays: RETRY_MS,
      metadata: { filename: file.name },
      removeFingerprintOnSuccess: true,
      onProgress: progress,
      onAfterResponse: (_request, response) => {
        digest = response.getHeader("Mo-Digest") ?? digest;
      },
      onError: (error) => reject(asProblem(error)),
      onSuccess: () =>
        digest === null ? reject(new ProblemError(0, "digest_missing", "no digest came back", "")) : resolve(digest),
    });
    void upload.findPreviousUploads().then((earlier) => {
      const [last] = earlier;
      if (last !== undefined) upload?.resumeFromPreviousUpload(last);
      upload?.start();
    });
  });
  const stop = () => {
    void upload?.abort();
    // tus says nothing any more of one that was stopped
    refuse(new StoppedError("stopped"));
  };
  return { done, stop };
}

/** tus tells a refusal's body as text. */
export function asProblem(error: Error): Error {
  const response = (error as { originalResponse?: { getStatus(): number; getBody(): string } | null }).originalResponse;
  if (!response) return error;
  try {
    const told = JSON.parse(response.getBody()) as { code?: string; title?: string; detail?: string };
    return refusal(response.getStatus(), told, error.message);
  } catch {
    return error;
  }
}
