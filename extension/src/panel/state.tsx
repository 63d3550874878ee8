import * as React from 'react';
import { HospitalState } from '../protocol';

type Tone = 'good' | 'waiting' | 'bad';

interface Look {
  word: string;
  tone: Tone;
  shape: JSX.Element; // in a box of 12 by 12; no two are alike, so that colour is not needed
}

const LOOKS: Record<HospitalState, Look> = {
  ready: { word: 'ready', tone: 'good', shape: <path d="M2 6.5 5 9.5 10 3" /> },
  starting: { word: 'starting', tone: 'waiting', shape: <path d="M6 2v4l3 2M6 1a5 5 0 1 0 5 5" /> },
  failed: { word: 'did not start', tone: 'bad', shape: <path d="M3 3l6 6M9 3l-6 6" /> },
  died: { word: 'process ended', tone: 'bad', shape: <path d="M6 1v5M3.5 3a4.2 4.2 0 1 0 5 0" /> },
  unreachable: { word: 'not reachable', tone: 'bad', shape: <path d="M1 6h3M8 6h3M5 9l2-6" /> },
  untrusted: { word: 'not trusted', tone: 'bad', shape: <path d="M6 1l5 9.5H1zM6 4.5v3M6 9v.2" /> }
};

// A kernel that is newer than this extension may know of others.
const looks = (state: HospitalState): Look =>
  LOOKS[state] ?? { word: String(state), tone: 'waiting', shape: <path d="M2 6h8" /> };

/** The word for a state. */
export function wordOf(state: HospitalState): string {
  return looks(state).word;
}

/** A state as a shape and a word. */
export function StateOf({ state }: { state: HospitalState }): JSX.Element {
  const { word, tone, shape } = looks(state);
  return (
    <span className={`fedlab-state fedlab-mod-${tone}`}>
      <svg viewBox="0 0 12 12" aria-hidden="true">
        {shape}
      </svg>
      {word}
    </span>
  );
}
