import { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import * as React from 'react';

/** Carries out a command. */
export type Run = (id: string, args?: ReadonlyPartialJSONObject) => void;

/** A button of the panel. */
export function Button({ label, describe, accent, disabled, onClick }: ButtonProps): JSX.Element {
  return (
    <button
      type="button"
      className={accent ? 'fedlab-button fedlab-mod-accent' : 'fedlab-button'}
      aria-label={describe}
      disabled={disabled}
      onClick={onClick}
    >
      {label}
    </button>
  );
}

interface ButtonProps {
  label: string;
  describe?: string; // for screen readers, where the label needs its surroundings
  accent?: boolean; // what one most likely wants
  disabled?: boolean;
  onClick: () => void;
}
