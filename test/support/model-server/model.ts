import { readFileSync } from 'fs';
import * as path from 'path';

/** The parts of an AWS service model that a server needs. */
export interface ServiceModel {
  /** @default a service of the protocol rest-json */
  readonly metadata?: { readonly protocol: string; readonly targetPrefix?: string };
  readonly operations: Record<string, Operation>;
  readonly shapes: Record<string, Shape>;
}

export interface Operation {
  readonly name: string;
  readonly http: { readonly method: string; readonly requestUri: string; readonly responseCode?: number };
  readonly input?: { readonly shape: string };
  readonly output?: { readonly shape: string; readonly resultWrapper?: string };
}

export interface Shape {
  readonly type: string;
  readonly members?: Record<string, Member>;
  readonly required?: string[];
  readonly member?: Member;
  readonly key?: Member;
  readonly value?: Member;
  readonly enum?: string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly error?: { readonly httpStatusCode: number };
  readonly exception?: boolean;
}

export interface Member {
  readonly shape: string;
  readonly location?: 'uri' | 'querystring' | 'header';
  readonly locationName?: string;
}

export function loadModel(service: string): ServiceModel {
  return JSON.parse(readFileSync(path.join(__dirname, '..', 'models', `${service}.json`), 'utf8'));
}

/** Members of a structure by the name they have on the wire. */
export function membersOnTheWire(shape: Shape): Record<string, Member> {
  const entries = Object.entries(shape.members ?? {});
  return Object.fromEntries(entries.map(([name, member]) => [member.locationName ?? name, member]));
}

/** Everything about the value that the model does not allow, each with its path. */
export function violations(model: ServiceModel, shapeName: string, value: unknown, at = ''): string[] {
  const shape = model.shapes[shapeName];
  const check = (member: Member, child: unknown, where: string) => violations(model, member.shape, child, where);
  switch (shape.type) {
    case 'structure': {
      if (!isObject(value)) return [`${at}: not an object`];
      const members = membersOnTheWire(shape);
      const required = (shape.required ?? []).map((name) => shape.members![name].locationName ?? name);
      const missing = required.filter((name) => value[name] === undefined).map((name) => `${at}.${name}: missing`);
      const present = Object.entries(value).flatMap(([name, child]) =>
        name in members ? check(members[name], child, `${at}.${name}`) : [`${at}.${name}: not in the model`],
      );
      return [...missing, ...present];
    }
    case 'list':
      if (!Array.isArray(value)) return [`${at}: not a list`];
      return [
        ...outside(shape, value.length, at),
        ...value.flatMap((child, i) => check(shape.member!, child, `${at}[${i}]`)),
      ];
    case 'map':
      if (!isObject(value)) return [`${at}: not a map`];
      return [
        ...outside(shape, Object.keys(value).length, at),
        ...Object.entries(value).flatMap(([key, child]) => [
          ...check(shape.key!, key, `${at}{${key}}`),
          ...check(shape.value!, child, `${at}.${key}`),
        ]),
      ];
    case 'string':
      if (typeof value !== 'string') return [`${at}: not a string`];
      if (shape.enum && !shape.enum.includes(value)) return [`${at}: '${value}' is none of ${shape.enum.join(', ')}`];
      if (shape.pattern && !new RegExp(`^(?:${shape.pattern})$`, 'u').test(value)) {
        return [`${at}: '${value}' does not match ${shape.pattern}`];
      }
      return outside(shape, value.length, at);
    case 'blob':
      return typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value) ? [] : [`${at}: not base64`];
    case 'timestamp':
      if (model.metadata?.protocol === 'json') return typeof value === 'number' ? [] : [`${at}: not a time in seconds`];
      return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? [] : [`${at}: not a time`];
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`${at}: not a boolean`];
    case 'integer':
    case 'long':
      return Number.isSafeInteger(value) ? outside(shape, value as number, at) : [`${at}: not an integer`];
    default: // double, float
      return typeof value === 'number' ? outside(shape, value, at) : [`${at}: not a number`];
  }
}

function outside({ min, max }: Shape, size: number, at: string): string[] {
  if (min !== undefined && size < min) return [`${at}: ${size} is below ${min}`];
  if (max !== undefined && size > max) return [`${at}: ${size} is above ${max}`];
  return [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
