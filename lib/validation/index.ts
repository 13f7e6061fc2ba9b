export { ReplacementGuard } from './replacement-guard';
export type { ReplacementGuardOptions } from './replacement-guard';
