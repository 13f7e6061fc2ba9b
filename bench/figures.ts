export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

export const rounded = (value: number) => Math.round(value * 100) / 100;
