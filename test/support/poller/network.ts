import type { Resolve, Template } from '../kafka';
import { resourcesOf } from '../kafka';

interface Rule {
  readonly IpProtocol: string;
  readonly FromPort?: number;
  readonly ToPort?: number;
  readonly CidrIp?: string;
  readonly GroupId?: string;
  readonly SourceSecurityGroupId?: string;
  readonly DestinationSecurityGroupId?: string;
}

const ANYWHERE = '0.0.0.0/0';

/** What keeps a client with some security groups from a port of a server with some; nothing if it gets through. */
export function obstacles(
  template: Template,
  resolve: Resolve,
  way: { readonly from: readonly string[]; readonly to: readonly string[]; readonly port: number },
): string[] {
  const { from, to, port } = way;
  const opens = (
    rules: Rule[],
    other: 'SourceSecurityGroupId' | 'DestinationSecurityGroupId',
    groups: readonly string[],
  ) =>
    rules.some(
      (rule) =>
        (rule.IpProtocol === '-1' || (rule.IpProtocol === 'tcp' && rule.FromPort! <= port && port <= rule.ToPort!)) &&
        (rule.CidrIp === ANYWHERE || groups.includes(rule[other]!)),
    );
  const out = from.some((group) => {
    const rules = rulesOf(template, resolve, group, 'Egress');
    // EC2 lets everything out of a group until it gets a rule of its own.
    return rules.length === 0 || opens(rules, 'DestinationSecurityGroupId', to);
  });
  const into = to.some((group) => opens(rulesOf(template, resolve, group, 'Ingress'), 'SourceSecurityGroupId', from));
  return [
    ...(out ? [] : [`${from.join(', ')} may not go out to ${to.join(', ')} on port ${port}`]),
    ...(into ? [] : [`${to.join(', ')} does not admit ${from.join(', ')} on port ${port}`]),
  ];
}

/** @param id logical id of the group, which its stand-in has for a name */
function rulesOf(template: Template, resolve: Resolve, id: string, direction: 'Ingress' | 'Egress'): Rule[] {
  const inline: Rule[] = resolve(template.Resources[id]?.Properties?.[`SecurityGroup${direction}`] ?? []);
  const apart: Rule[] = resourcesOf(template, `AWS::EC2::SecurityGroup${direction}`).map(([, { Properties }]) =>
    resolve(Properties),
  );
  return [...inline, ...apart.filter(({ GroupId }) => GroupId === id)];
}
