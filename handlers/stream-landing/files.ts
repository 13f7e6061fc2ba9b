import type { MSKEvent, MSKRecord } from 'aws-lambda';

export interface LandingFile {
  readonly key: string;
  readonly body: string;
}

export interface Place {
  readonly partition: string;
  readonly offset: number;
}

/**
 * The objects of a batch: one for each partition and hour, named by its first offset, a line of JSON for each record.
 *
 * Records without a value, which delete others, hold nothing to look at.
 */
export function landingFiles(
  { records }: MSKEvent,
  prefix: string,
  extension: string,
): { readonly files: LandingFile[]; readonly unreadable: Place[] } {
  const lines = new Map<string, string[]>();
  const names = new Map<string, string>();
  const unreadable: Place[] = [];
  for (const [partition, batch] of Object.entries(records)) {
    for (const record of batch) {
      if (record.value === undefined || record.value === null) continue;
      const line = lineOf(record);
      if (line === undefined) {
        unreadable.push({ partition, offset: record.offset });
        continue;
      }
      const hour = new Date(record.timestamp).toISOString().slice(0, 13).replace(/[-T]/g, '/');
      const folder = `${prefix}${record.topic}/${hour}/`;
      const group = `${folder}${record.partition}`;
      if (!names.has(group)) names.set(group, `${group}-${String(record.offset).padStart(20, '0')}.${extension}`);
      lines.set(group, [...(lines.get(group) ?? []), line]);
    }
  }
  const files = [...lines].map(([group, all]) => ({ key: names.get(group)!, body: `${all.join('\n')}\n` }));
  return { files, unreadable };
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** The value as it is where it is JSON, as text where it is none; nothing where it is bytes. */
function lineOf({ offset, partition, timestamp, topic, value }: MSKRecord): string | undefined {
  let text: string;
  try {
    text = UTF8.decode(Buffer.from(value, 'base64'));
  } catch {
    return undefined;
  }
  if (text.includes('\0')) return undefined;
  return JSON.stringify({ topic, partition, offset, timestamp, value: parsed(text) });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
