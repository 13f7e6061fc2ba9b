import { execFileSync } from 'child_process';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { ClientAuthentication, ClientIdentity, EksConsumer, EksPodIdentity, EksScaling, KafkaTopic } from '../../lib';
import { cluster, stack } from '../support/fixtures';
import { pythonWith } from '../support/python';

jest.setTimeout(300_000);

/** The schemas of Kubernetes, and models that were generated from the definitions of KEDA. */
const PACKAGES = ['kubernetes-validate==1.34.1', 'cloudcoil-models-keda==2.16.1.0'];

const SCRIPT = `
import json, sys
import kubernetes_validate
from cloudcoil.models.keda import v1alpha1
def problem(item):
    try:
        if item['apiVersion'].startswith('keda.sh/'):
            model = getattr(v1alpha1, item['kind']).model_validate(item)
            seen = json.loads(model.model_dump_json(by_alias=True, exclude_none=True))
            # A field that nobody knows is dropped without a word.
            return None if seen['spec'] == item['spec'] else 'unknown: ' + json.dumps(seen['spec'])
        kubernetes_validate.validate(item, '1.34', strict=True)
    except Exception as error:
        return str(error)
print(json.dumps({item['kind']: problem(item) for item in json.load(sys.stdin)}))
`;

function problems(items: unknown): Record<string, string | null> {
  const output = execFileSync(pythonWith(...PACKAGES), ['-c', SCRIPT], { input: JSON.stringify(items) });
  return JSON.parse(output.toString()) as Record<string, string | null>;
}

/** A manifest where each value of the deployment is some text. */
function manifest(way: 'irsa' | 'agent', scram: boolean): any[] {
  const of = stack();
  const authentication = [scram ? ClientAuthentication.scram() : ClientAuthentication.iam()];
  const made = new EksConsumer(of, 'Billing', {
    topic: new KafkaTopic(of, 'Paid', {
      cluster: cluster(of, 'Orders', { authentication }),
      topicName: 'paid',
      partitions: 6,
    }),
    consumerGroup: 'billing',
    workloadName: 'billing',
    image: 'team/billing:1',
    command: ['run'],
    securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(of, 'Nodes', 'sg-nodes')],
    podIdentity:
      way === 'irsa'
        ? EksPodIdentity.serviceAccount(
            iam.OpenIdConnectProvider.fromOpenIdConnectProviderArn(
              of,
              'Provider',
              'arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A',
            ),
          )
        : EksPodIdentity.podIdentityAgent({ eksClusterName: 'apps', sessionName: 'billing' }),
    identity: scram
      ? ClientIdentity.scram(secretsmanager.Secret.fromSecretNameV2(of, 'Secret', 'AmazonMSK_billing'))
      : undefined,
    credentialsSecret: scram ? 'kafka' : undefined,
    scaling: EksScaling.onLag({
      recordsPerReplica: 10,
      kedaRole: new iam.Role(of, 'Keda', { assumedBy: new iam.ServicePrincipal('pods.eks.amazonaws.com') }),
    }),
  });
  return withText(of.resolve(made.manifest));
}

function withText(value: any): any {
  if (Array.isArray(value)) {
    return value.map(withText);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const names = Object.keys(value);
  return names.length === 1 && /^(Ref|Fn::\w+)$/.test(names[0])
    ? 'known when deployed'
    : Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withText(inner)]));
}

test.each([
  ['irsa', false, []],
  ['irsa', true, []],
  ['agent', false, ['ConfigMap']],
] as const)('[136] Kubernetes and KEDA take the manifest (%s, SCRAM: %s)', (way, scram, more) => {
  const kinds = ['ServiceAccount', ...more, 'Deployment', 'TriggerAuthentication', 'ScaledObject'];
  expect(problems(manifest(way, scram))).toEqual(Object.fromEntries(kinds.map((kind) => [kind, null])));
});

test('they would say what is wrong', () => {
  const [account, deployment, authentication, scaled] = manifest('irsa', false);
  deployment.spec.template.spec.containers[0].enviroment = [];
  scaled.spec.maxReplicas = 3;
  authentication.spec.podIdentity.provider = 3;
  const found = problems([account, deployment, authentication, scaled]);
  expect(found.ServiceAccount).toBeNull();
  expect([found.Deployment, found.ScaledObject, found.TriggerAuthentication]).toEqual([
    expect.stringContaining('enviroment'),
    expect.stringContaining('unknown'),
    expect.stringContaining('provider'),
  ]);
});
