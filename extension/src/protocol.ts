/** What the kernel and this extension say to each other; the kernel's side is `fedlab_kernel/notebook/bridge`. */

export const STATUS_TARGET = 'fedlab.status';
export const ASK_TARGET = 'fedlab.ask';

/** A place in a cell: line and UTF-16 units in it, both from 0. */
export interface Position {
  line: number;
  character: number;
}

export interface Range {
  start: Position;
  end: Position;
}

export interface TextEdit {
  range: Range;
  text: string;
}

export interface Finding {
  range: Range;
  severity: 'error' | 'warning' | 'note';
  code: string;
  message: string;
  reason: string;
  fix: string | null;
  edits: TextEdit[];
}

/** The price of one `release`. */
export interface Priced {
  range: Range;
  name: string;
  times: number;
  epsilon: number;
  delta: number;
  error: string;
  share: number | null;
  free: boolean;
  text: string;
}

/** The price of a cell. */
export interface Total {
  epsilon: number;
  delta: number;
  share: number | null;
  hospital: string;
  refused: string;
  text: string;
}

export interface Diagnostics {
  findings: Finding[];
  releases: Priced[];
  total: Total | null;
  version: number;
}

export interface Completion {
  label: string;
  insert: string;
  kind: string;
  detail: string;
  documentation: string;
  replaces: Range;
}

export interface Completions {
  items: Completion[];
  version: number;
}

/** Markdown in which everything that hospitals or queries wrote is escaped. */
export interface Hover {
  range: Range;
  text: string;
  version: number;
}

/** What can be asked of the kernel, and what it answers. */
export interface Asked {
  diagnostics: { with: { text: string }; answer: Diagnostics | null };
  hover: { with: { text: string; position: Position }; answer: Hover | null };
  completion: { with: { text: string; position: Position }; answer: Completions };
  start: { with: { data: string; fresh: boolean }; answer: null };
  stop: { with: Record<string, never>; answer: null };
  restart: { with: { hospital: string }; answer: null };
  cancel: { with: Record<string, never>; answer: null };
  verify: { with: Record<string, never>; answer: null };
}

export interface Reply {
  id: number;
  answer: unknown;
  problem: string;
}

/** All that the panel shows; see the kernel's side for what each field means. */
export interface Status {
  version: number;
  everyCell: boolean;
  data: string;
  busy: string;
  problem: string;
  own: boolean;
  hospitals: Hospital[];
  running: Running | null;
  refusals: Refusal[];
  differences: string[];
}

export type HospitalState = 'ready' | 'starting' | 'failed' | 'died' | 'unreachable' | 'untrusted';

export interface Hospital {
  name: string;
  title: string;
  state: HospitalState;
  message: string;
  tables: { name: string; persons: number }[];
  budgets: Budget[];
  log: { size: number; root: string; at: number } | null;
}

export interface Budget {
  population: string;
  shared: boolean;
  epsilon: number;
  delta: number;
  reserved: number;
  spent: number;
  text: string;
  history: [number, number][];
}

export interface Running {
  title: string;
  since: number;
  lines: string[];
  round: { name: string; number: number; rounds: number; epsilon: number; price: number } | null;
  cancelling: boolean;
  background: boolean;
}

export interface Refusal {
  at: number;
  code: string;
  message: string;
  fix: string | null;
}
