import * as React from 'react';

/** The time, in Unix seconds, again every second while the component is shown. */
export function useNow(): number {
  const [now, setNow] = React.useState(() => Date.now() / 1000);
  React.useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now() / 1000), 1000);
    return () => window.clearInterval(timer);
  }, []);
  return now;
}

/** A time of day, from Unix seconds. */
export function clock(at: number): string {
  return new Date(at * 1000).toLocaleTimeString([], { hourCycle: 'h23' });
}

/** A duration in seconds as 0:07 or 1:02:03; the kernel's clock may be ahead of this one. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (part: number) => String(part).padStart(2, '0');
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
