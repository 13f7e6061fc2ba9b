/**
 * YAML of plain data. Texts stand between double quotes, as in JSON, which YAML takes: whatever a token turns out to be, it
 * stays one text.
 *
 * @see https://yaml.org/spec/1.2.2/
 */
export function yamlOf(data: Record<string, unknown>): string {
  return `${lines(data).join('\n')}\n`;
}

function lines(value: unknown): string[] {
  if (Array.isArray(value) && value.length > 0) {
    return value.flatMap((each) => lines(each).map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`)));
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    if (members.length > 0) {
      return members.flatMap(([name, member]) => {
        const key = /^[a-z][a-z_-]*$/.test(name) ? name : JSON.stringify(name);
        const inner = lines(member);
        return isBlock(member) ? [`${key}:`, ...inner.map((line) => `  ${line}`)] : [`${key}: ${inner[0]}`];
      });
    }
  }
  return [JSON.stringify(value)];
}

function isBlock(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).some((each) => each !== undefined);
}
